"""A source's own columns onto those of the intake."""
