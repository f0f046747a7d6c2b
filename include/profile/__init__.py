"""The installation profile: an office as data. Reading and checking a folder, and what holds on a date; no store."""
