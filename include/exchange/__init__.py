"""Levels that talk to each other: the platform contract served to offices below, and their reports taken; and, below, reports sent up."""
