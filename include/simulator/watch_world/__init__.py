"""Worlds for the hourly watch: readings with faults, weather, meters, sources, and the truth. All of it is 模拟数据.

A world is written in the watch's input contract, its truth beside it, so that alarms and suspects can be scored from files.
The detector and the ranking of suspects import nothing of this package.
"""
