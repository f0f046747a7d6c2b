"""Rasters, inventories and tables from files, as the choice of hotspot grids reads them. Needs the extra requirements-rasters.txt."""
