"""Places: datums, county boundaries, regions with validity dates, 3 km grids. WGS84 unless a name says otherwise."""
