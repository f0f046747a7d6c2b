"""Mail that comes back, pure: bytes in, what it is, which letter it answers, who sent it and when it reached us out. No I/O, no clock."""
