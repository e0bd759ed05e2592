"""Runnable measurements, each a ratio against a stated baseline in the same run; never part of the tests."""
