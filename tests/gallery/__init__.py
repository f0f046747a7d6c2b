"""Letters to look at: every kind with ordinary and extreme figures, as pages and mails of one HTML file, and the checks of their layout."""
