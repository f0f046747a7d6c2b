"""A city's own chain of an alarm: pure. Who holds it, which step comes next, who may take it, until when, and what may not be."""
