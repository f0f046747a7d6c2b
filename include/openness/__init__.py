"""What is open to the public: a month's figures with small counts merged, as pages and data that need no server."""
