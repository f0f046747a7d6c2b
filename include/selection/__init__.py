"""Choosing the hotspot grids: values and frames in, values and frames out; no file, no store, no clock."""
