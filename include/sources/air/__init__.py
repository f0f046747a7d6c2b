"""Air quality: files of hours into the store, by day."""
