"""The commands of ``proda``, one file each; ``base`` holds what they share, ``proda_core.__main__`` puts them together.

The only place that reads, runs and writes.  A command checks what it was given, imports what it needs, works, and says what it
did.
"""
