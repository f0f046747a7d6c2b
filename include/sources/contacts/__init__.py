"""Contacts: what sources tell, what a person decided, and where they differ."""
