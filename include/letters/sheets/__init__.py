"""Workbooks that go with letters."""
