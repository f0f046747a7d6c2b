"""A mapping proposed for a file that nobody described yet: what its first rows show, and what they leave open."""
