"""Groups of verbs of the command line, one noun a module."""
