"""One module a kind of source: how its rows are fetched."""
