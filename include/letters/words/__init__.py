"""Words of the letters that are worked out, not written in a template."""
