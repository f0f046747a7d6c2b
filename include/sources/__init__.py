"""Where facts come from: files, an inbox, a platform's API, a database; one check for all, quarantine, and the ledger."""
