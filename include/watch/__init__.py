"""The hourly watch: from stations' readings to alarms. Pure: frames in, frames out; no I/O, no clock, no simulator.

    days   = station_days(stations, hours, first, last, rules)            daily fact a station; append-only
    gains  = station_gains(stations, days, first, last, rules)            what the hours of a day are judged with
    judged = judge_hours(stations, hours, gains, start, end, rules)       .station_hours, .grid_hours
    found  = episodes(judged.grid_hours, start, end, rules)               alarms, as known at `end`
    held   = suppressed(judged.grid_hours, found, start, end, rules)      what was held back and why
    air    = cells(stations, grids, judged, rules)                        the 500 m surface
    rising = lasting_excess(days, first, last, rules)                     grids that stand above for weeks

Input frames are the contract's: `stations`, `grids`, `hours` (station_id, hour with time zone or UTC, pm25_ug_m3,
pm10_ug_m3, rh_pct, temperature_c, sample_count); `unit_code` there is the unit's code. Unknown stations are left out, missing
columns but `station_id`, `hour`, `pm25_ug_m3` count as unknown values.

How far back a caller must reach, so that any window in any order gives the same bits (values beyond change nothing):

    judge_hours(start, …)   readings from `start - rules.hours_back` hours; gains of the days of `start - (memory_hours + 1)` hours
                            to the last one. With judged `earlier` hours: `rules.hours_back_of_next` and one hour
    station_gains(first, …) daily facts of the `rules.gain.days` days before `first`
    episodes(start, …)      judged grid-hours from `start - rules.episode_back` hours
    station_days(first, …)  readings from `rules.quality.memory_hours` hours before `first`

A late or corrected reading of day D changes the daily fact of D, and with it the hours of the `rules.gain.days` days after.
Judged hours are functions of facts: they may be stored and read again instead of being judged anew.
"""

from include.watch.bars import with_bars
from include.watch.days import VERDICTS, station_days, station_gains
from include.watch.episodes import episodes
from include.watch.explained import neighbours
from include.watch.held_back import REASONS, standing_out, stands_out, suppressed
from include.watch.hours import Judged, judge_hours
from include.watch.lasting import lasting_excess
from include.watch.network import StationOrder, station_order
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
    "StationOrder",
    "WatchRules",
    "cell_table",
    "cells",
    "episodes",
    "judge_hours",
    "lasting_excess",
    "neighbours",
    "standing_out",
    "stands_out",
    "station_days",
    "station_gains",
    "station_order",
    "suppressed",
    "tied",
    "with_bars",
]
