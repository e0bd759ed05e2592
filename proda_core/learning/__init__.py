"""From profiles to parameters everywhere: what carries the retrieved parameters from soil profiles to every land cell.

- ``weights``: trained networks in a file, tensors with a description, never anything that runs when it is opened
"""
