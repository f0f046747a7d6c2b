"""Letters: figures in, files out. No store, no clock, no network; see `composition` for the way through.

Importing this package, or `composition`, loads none of the heavy libraries: they come with the first letter.
"""
