"""Mail that comes in: read, matched to its letter and its sender, acted on or laid before a person."""
