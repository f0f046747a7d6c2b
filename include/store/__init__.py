"""Facts, letters and the outbox in a relational store: SQLite by default, PostgreSQL by URL."""
