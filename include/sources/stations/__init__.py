"""Intake of stations and of what they read: station tables, hourly values, winds, sub-metering, and the grids they stand in."""
