"""A letter as a document: the Word template, what is read back from it, and the press (Typst)."""
