"""The office's mailbox on a mail server: what lies in it, fetched in bounded pieces, and put away afterwards. IMAP or POP3, over TLS."""
