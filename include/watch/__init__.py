"""The hourly watch: from stations' readings to alarms. Pure: frames in, frames out; no I/O, no clock, no simulator.

    days   = station_days(stations, hours, first, last, rules)            daily fact a station; append-only
    judged = judge_hours(stations, hours, days, start, end, rules)        .station_hours, .grid_hours
    found  = episodes(judged.grid_hours, start, end, rules)               alarms, as known at `end`
    held   = suppressed(judged.grid_hours, found, start, end, rules)      what was held back and why
    air    = cells(stations, grids, judged, rules)                        the 500 m surface
    rising = lasting_excess(days, first, last, rules)                     grids that stand above for weeks

Input frames are the contract's: `stations`, `grids`, `hours` (station_id, hour with time zone or UTC, pm25_ug_m3,
pm10_ug_m3, rh_pct, temperature_c, sample_count); `unit_code` there is the unit's code. Unknown stations are left out, missing
columns but `station_id`, `hour`, `pm25_ug_m3` count as unknown values.

How far back a caller must reach, so that any window in any order gives the same bits (values beyond change nothing):

    judge_hours(start, …)   readings from `start - rules.hours_back` hours; daily facts of the `rules.gain.days` days before the
                            day of `start - rules.hours_back`
    episodes(start, …)      judged grid-hours from `start - rules.episode_back` hours
    station_days(first, …)  readings from `rules.quality.memory_hours` hours before `first`

A late or corrected reading of day D changes the daily fact of D, and with it the hours of the `rules.gain.days` days after.
Judged hours are functions of facts: they may be stored and read again instead of being judged anew.
"""

from include.watch.days import VERDICTS, station_days
from include.watch.episodes import episodes
from include.watch.held_back import REASONS, suppressed
from include.watch.hours import Judged, judge_hours
from include.watch.lasting import lasting_excess
from include.watch.readings import FLAGS
from include.watch.rows import tied
from include.watch.rules import DEFAULT_RULES, EDITION, WatchRules
from include.watch.surface import cell_table, cells

__all__ = [
    "DEFAULT_RULES",
    "EDITION",
    "FLAGS",
    "REASONS",
    "VERDICTS",
    "Judged",
    "WatchRules",
    "cell_table",
    "cells",
    "episodes",
    "judge_hours",
    "lasting_excess",
    "station_days",
    "suppressed",
    "tied",
]
