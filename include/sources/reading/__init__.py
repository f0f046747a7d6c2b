"""File formats into rows of text, bounded."""
