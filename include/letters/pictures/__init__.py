"""Maps and charts of the letters."""
