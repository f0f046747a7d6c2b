"""Every number of the hourly watch, with its unit and its reason.

No numeric alarm rule is published, so all of them are this project's own defaults (系统默认). A change of a number is a
new `edition`; an alarm keeps the edition that it was raised under.
"""

from dataclasses import dataclass, field
from typing import Final

from include.periods import office_zone

EDITION: Final = "watch-2026-11.6"


@dataclass(frozen=True)
class QualityRules:
    """When an hourly mean of one station is not used."""

    memory_hours: int = 12  # how far back a flag looks
    least_samples: int = 6  # five-minute values of twelve; the mean of fewer is worth little
    lowest_ug_m3: float = 0.0  # below: a fault of the instrument
    highest_ug_m3: float = 985.0  # at and above: the end of an optical counter's scale (999, 1000, 65535)
    stuck_hours: int = 3  # so many equal values in a row, where values carry decimals
    stuck_hours_whole: int = 6  # and where the value is a whole number, which repeats by chance
    dead_share: float = 0.33  # below this share of the surroundings a station says nothing about the air
    # A value so far below the day's own middle (30 % above, mirrored) is never smoke: it tells how the network scatters.
    low_log_ratio: float = 0.26
    spike_log_ratio: float = 0.6  # a jump of one station alone, within one hour, by this log-ratio: 单站突跳


@dataclass(frozen=True)
class GainRules:
    """The gain of a station (log-ratio to the surroundings outside its own grid), learnt from its daily facts."""

    days: int = 14  # daily facts that are read; longer, and drift is not followed
    least_hours: int = 8  # hours of a day that make a daily fact usable
    # A gain that drifts: of these windows (last days, the shortest first) the longest counts whose median agrees with that of each
    # shorter one, within so many deviations of a median of its days.
    windows: tuple[int, ...] = (3, 4, 7, 14)
    window_deviations: float = 2.5
    window_least_sd: float = 0.06  # log; scatter of a day is taken to be at least this
    jump_log_ratio: float = 0.18  # the last day stands this far from the days before …
    jump_spread: float = 0.2  # … and is steady (a source is not): the gain has jumped
    same_log_ratio: float = 0.12  # days that belong to the same gain after a jump
    day_sd: float = 0.08  # log; scatter of a daily log-ratio about the gain
    prior_sd: float = 0.22  # log; scatter of gains of sensors as delivered
    rounds: int = 3  # the neighbours' own gains are taken out so often


@dataclass(frozen=True)
class BackgroundRules:
    """The surroundings' level at a grid, from nodes: other grids (their lower stations) and official stations."""

    damp_growth: float = 0.045  # swelling of optical counters: 1 + this × rh / (100 - rh) …
    damp_most_pct: float = 95.0  # … with rh no higher than this
    damp_most_log: float = (
        0.4  # hours that stand farther from the day's median say nothing of a station's own swelling
    )
    damp_slope_sd: float = (
        0.35  # scatter of stations' own swelling about the curve, as a share of its logarithm
    )
    damp_noise: float = 0.2  # log; of an hour, when that share is learnt
    damp_scatter: float = 0.2  # of a station's own swelling about that curve, as a share
    offset_ug_m3: float = 5.0  # added before the logarithm: offsets and rounding rule below it
    nodes: int = 10  # nearest nodes that speak for a grid
    within_km: float = 80.0  # farther nodes are other air
    range_km: float = 30.0  # the correlation of residuals falls to 1/e
    node_sd: float = 0.06  # log; scatter of a node's level that is not the air's
    least_sd: float = 0.06  # log; spatial spread of the air, at least
    most_sd: float = 0.6  # log; and at most
    nugget_sd: float = 0.05  # log; what a grid's own air differs from the smooth field
    # Share of hours in which a grid has other air than its neighbours tell: fronts, banks of haze …
    front_share: float = 0.05
    front_sd: float = 0.3  # log; … different by about this
    front_step: float = 0.07  # log; how finely such air is looked at
    absent_sd: float = 0.5  # log; how well the level is known where no node speaks


@dataclass(frozen=True)
class FilterRules:
    """Evidence of an hour, the filter of a grid (quiet, exceedance, fault of one station), and what is raised."""

    memory_hours: int = 12  # the filter starts anew this many hours before the hour it judges
    # Chance that a rise begins in a quiet hour. True events begin in one hour of 250; smaller rises, which the evidence cannot
    # tell apart in their first hour, are ten times as many.
    start_per_hour: float = 0.05
    stay: float = 0.8  # chance that it goes on for another hour (five hours in the mean)
    fault_per_hour: float = 0.00001  # chance that one of a grid's stations jumps, sticks or is moved
    fault_stay: float = 0.98  # chance that it stays so for another hour
    fault_shift: float = 0.15  # log; a station that stands lower above the air is in no fault
    wide_share: float = 0.2  # of the surrounding grids that rise at once: above this, not one grid's matter
    wide_evidence: float = 10.0  # log; taken off the evidence for each unit of share above it
    city_share: float = 0.1  # of the city's other grids that rise at once; above this likewise …
    city_evidence: float = 25.0  # … log, for each unit of share
    # Shares of a grid's stations that an exceedance reaches: a narrow plume, a broad one.
    hit_shares: tuple[float, ...] = (0.25, 0.65)
    most_stations: int = 6  # of a grid, that count one by one
    least_excess_ug_m3: float = 25.0  # an exceedance: this much …
    least_excess_share: float = 0.30  # … and this share above the surroundings
    edge_share: float = 0.65  # evidence begins at this part of both
    excess_scale: float = 0.7  # log; mean height of exceedances above the edge
    station_sd: float = 0.06  # log; scatter of a good station's hourly mean
    spread_share: float = 0.6  # of a station's daily spread (which holds the air's own) that is its scatter
    absolute_ug_m3: float = 2.5  # scatter that does not shrink with the level
    wild_share: float = 0.002  # of hours are single wild values
    wild_density: float = 0.25  # per log unit: wild values lie anywhere in four log units
    most_evidence: float = 9.0  # log; no hour weighs more for an exceedance
    least_evidence: float = -4.0  # log; nor against it
    raise_at: float = 0.25  # probability from which a grid-hour is raised
    # The same in air so damp that nobody knows how much a counter swells.
    damp_from_pct: float = 96.0
    raise_damp_at: float = 0.7
    # The same where one station alone spoke in the grid: nothing else tells its air.
    raise_alone_at: float = 0.992
    # Share of both thresholds that the highest station must show to be raised, where a second one shows as much.
    raise_share: float = 0.75
    lone_share: float = 0.9  # the same where only one of several stations stands high
    alone_share: float = 1.2  # the same where one station alone spoke in the grid
    # Evidence (log) of the hour before that makes one station's exceedance two hours long.
    second_hour_evidence: float = 0.5
    hold_at: float = 0.2  # and down to which it stays raised


@dataclass(frozen=True)
class EpisodeRules:
    """How raised grid-hours become alarms."""

    gap_hours: int = 6  # a new alarm needs so many quiet hours before it; otherwise it is the same one
    longest_hours: int = 36  # a grid without such a pause for so long stands in the list of lasting excess
    start_back_hours: int = 3  # how far the first hour may lie before the deciding one


@dataclass(frozen=True)
class ConfidenceRules:
    """The chance that an hour is a true exceedance, by what came true on worlds of four simulators (docs/watch.md): a logistic function
    of the filter's probability, of a second station and a second hour, and of how the network scatters."""

    constant: float = -0.55
    logit: float = 0.57  # for each unit of the probability's logit …
    least_logit: float = -1.0  # … within these
    most_logit: float = 6.0
    second_station: float = 0.33  # where two stations or more were reached
    second_hour: float = 0.83  # where the hour before spoke for an exceedance too
    # For each unit of ln(share of low hours / low_share): what falls by chance rises by chance.
    scatter: float = -1.33
    low_share: float = 0.02  # of a station's hours stand low in a fair network; before its days tell …
    low_hours: float = 48.0  # … this counts as so many hours
    raise_at: float = 0.53  # an hour of less is not raised
    most: float = 0.98


@dataclass(frozen=True)
class LastingRules:
    """When a grid's standing above its surroundings is lasting: for the half-monthly bulletin, never an alarm."""

    window_days: int = 28  # are looked at, to the last day of the half-month
    days: int = 10  # days with data; fewer is weather
    least_share: float = 0.2  # above the surroundings, as a share
    least_ug_m3: float = 10.0  # and as a concentration
    least_deviations: float = 2.0  # of what gains of the grid's sensors may feign
    least_share_of_days: float = 0.6  # of the days stand above by `least_share`


@dataclass(frozen=True)
class WatchRules:
    """All numbers of the watch (系统默认), frozen under one edition."""

    edition: str = EDITION
    quality: QualityRules = field(default_factory=QualityRules)
    gain: GainRules = field(default_factory=GainRules)
    background: BackgroundRules = field(default_factory=BackgroundRules)
    filter: FilterRules = field(default_factory=FilterRules)
    episode: EpisodeRules = field(default_factory=EpisodeRules)
    confidence: ConfidenceRules = field(default_factory=ConfidenceRules)
    lasting: LastingRules = field(default_factory=LastingRules)

    @property
    def zone(self) -> str:
        """Whose natural days are meant: the office's."""
        return office_zone().key

    @property
    def hours_back(self) -> int:
        """Hours of readings before `start` that `judge_hours(start, …)` needs."""
        return self.filter.memory_hours + 1 + self.quality.memory_hours

    @property
    def hours_back_of_next(self) -> int:
        """The same where the hours before `start` were judged already."""
        return 1 + self.quality.memory_hours

    @property
    def episode_back(self) -> int:
        """Judged grid-hours before `start` that `episodes(start, …)` needs."""
        return self.episode.longest_hours + self.episode.gap_hours + self.episode.start_back_hours


DEFAULT_RULES: Final = WatchRules()
