"""Every number of the ranking of suspects and of the sub-metering rules, with its unit and its reason.

None is published: all are this project's own defaults (系统默认). A change of a number is a new `edition`, which every
stored suspect keeps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

EDITION: Final = "suspects-2026-11.4"

SUSPECTS_TOLD: Final = 3  # of an alarm in a letter: what a team can check in a day
LEAST_TOLD: Final = 0.05  # a second or third suspect below this chance is all but ruled out and not told


@dataclass(frozen=True)
class ReachRules:
    """Which readings and which candidates speak in an alarm."""

    candidates_km: float = 5.5  # from the grid's centre: beyond, hardly one culprit in a hundred
    most_stations: int = 8  # of the alarm's grid
    most_hours: int = 10  # of an alarm: those in which its stations stood highest
    hours_before: int = 1  # the hour before the first belongs to it: an exceedance begins within an hour
    least_increment_ug_m3: float = 5.0  # below, an increment is the sensors' scatter
    beside_km: float = 0.3  # nearer to a station than this, the wind's direction says less and less
    usual_peak_ug_m3: float = 40.0  # highest increment of an ordinary alarm: above it the source is near
    most_strength: float = 1.5  # log: what a highest increment far from that says no more than
    cone_floor: float = (
        0.05  # a share of the smoke that no wind explains: no candidate is ruled out by wind alone
    )


@dataclass(frozen=True)
class WindRules:
    """The wind at a grid, from masts that stand elsewhere."""

    most_masts: int = 3  # the nearest
    within_km: float = 80.0  # farther masts say nothing of this wind
    near_km: float = 15.0  # a mast's weight falls to half at this distance
    calm_m_s: float = 0.5  # a mean vector below it has no direction: calm (静风)
    spread_deg: float = 33.0  # how far the wind at the grid turns from a mast's at 2 m/s and more
    spread_calm_deg: float = 75.0  # more the weaker it blows, up to this
    earlier_share: float = 0.35  # weight of the hour before: smoke of 1 to 3 km away left then
    check_hours: int = 72  # a mast is judged by its last hours up to the one in question …
    check_pairs: int = 12  # … where so many pairs of hours (or of hours with its neighbour) had wind
    steady_cosine: float = (
        0.35  # mean cosine from hour to hour below which its directions are noise: not used (real masts 0.8)
    )
    opposed_cosine: float = (
        -0.4
    )  # mean cosine to another mast below which one of them tells 'to' for 'from' …
    opposed_hours: int = 24  # … over at least so many of the last `check_hours` with wind at both
    opposed_neighbours: int = 5  # the nearest masts within reach that have a say
    least_neighbours: int = 2  # with fewer nobody can tell which of two is wrong: both are used


@dataclass(frozen=True)
class MeterRules:
    """When a metered hour says running, idle or off. Shares are of what the enterprise usually draws."""

    days_back: int = 7  # whole days before the alarm's first hour from which the usual is learnt
    least_hours: int = 12  # running hours without which nothing is usual
    least_days: int = 3  # days with a value at an hour of the day without which no hour is unusual
    running_share: float = 0.3  # of the upper quartile of production: above, the line runs
    idle_share: float = 0.4  # of the usual treatment power a unit of production: below, the treatment idles
    off_share: float = (
        0.1  # of the usual treatment power at the least running load: below, the treatment stands
    )
    habit_share: float = 0.019  # of its running hours an innocent treatment idles by chance
    habit_hours: float = 80.0  # … as if so many hours of that had been seen: a few odd hours are no habit
    habit_most: float = (
        2.0  # log: a treatment that idles all the time (a meter on the wrong line) says no more
    )
    highest_kw: float = 200_000.0  # above: a total (kWh) or a wrong unit, not the power of a line


@dataclass(frozen=True)
class SubmeterRule:
    """One rule of 疑似治污设施不正常运行: `least_hours` of one enterprise and day."""

    code: str
    least_hours: int
    words: str
    reason: str


@dataclass(frozen=True)
class Weights:
    """The score is a sum; the chance of each candidate its softmax. Fitted on worlds of five physics, ordinary and hard; with each
    physics held out in turn the chances stay right (docs/suspects.md)."""

    cone: float = 1.43  # a log unit of the cone
    distance: float = -0.79  # a kilometre to the stations that rose
    peak_distance: float = -1.45  # a log unit of the distance to the station that rose most
    strength: float = -0.4  # a kilometre, for each log unit of the highest increment over the usual one
    idle: float = 3.55  # the treatment idles in all of the alarm's hours, against a candidate without meter
    normal: float = -1.51  # line and treatment run in all of them
    off: float = -4.2  # the line stands in all of them (fitted -5.1: a meter may be on the wrong line)
    lost: float = 2.0  # the meter is silent in all of them (fitted 2.9: gaps have harmless reasons too)
    habit: float = 1.05  # a log unit of how much more often than usual its treatment idled in the days before
    unusual_normal: float = 4.57  # line and treatment run in hours in which the line never does
    industry: float = 0.78  # see INDUSTRY_PRIORS
    former: float = 0.63  # 系统默认, not fitted: twice as likely beside a former problem
    kind_prior: float = 0.9  # see KIND_PRIORS
    # 来源不明: as likely as an enterprise without a meter at 1.3 km, abreast of the wind.
    unlisted: float = -1.02


# Terms and weights of editions whose suspects may still be stored: their points are told by these.
_EDITION_2: Final = MappingProxyType(
    {
        "cone": 1.4,
        "distance": -1.27,
        "log_distance": -1.65,
        "idle": 3.1,
        "normal": -1.27,
        "off": -4.2,
        "lost": 1.6,
        "unusual_hour": 1.8,
        "industry": 0.65,
        "former": 0.7,
        "kind_prior": 1.0,
        "unlisted": -1.6,
    }
)
_EDITION_3: Final = MappingProxyType(
    {
        "cone": 1.26,
        "distance": -1.14,
        "log_distance": -1.49,
        "idle": 2.8,
        "normal": -1.14,
        "off": -3.8,
        "lost": 1.45,
        "unusual_hour": 1.6,
        "industry": 0.59,
        "former": 0.63,
        "kind_prior": 0.9,
        "unlisted": -1.45,
    }
)
FORMER_WEIGHTS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "suspects-2026-11": _EDITION_2,
        "suspects-2026-11.2": _EDITION_2,
        "suspects-2026-11.3": _EDITION_3,
    }
)

# 系统默认, not fitted (no world has them): what stands beside the enterprises, against one of them at the same place.
KIND_PRIORS: Final[Mapping[str, float]] = MappingProxyType(
    {"enterprise": 0.0, "fire": 1.0, "problem": 0.5, "site": -0.5, "road": -1.5}
)

SUBMETER_RULES: Final = (
    SubmeterRule("idle", 2, "生产用电正常、治污设备停运", "one hour may be a change of filters"),
    SubmeterRule("shorter", 3, "治污设备运行时间短于生产", "start-up and shut-down take an hour each"),
    SubmeterRule("lost", 2, "生产期间分表计电数据中断或异常", "one missing hour is the network's"),
    SubmeterRule(
        "stopped", 2, "停产限产期间仍有生产用电", "a line that is being shut down runs on for an hour"
    ),
)

# 系统默认: what a plant of the industry puts out for its size, as the logarithm of a relative strength; others 0.
INDUSTRY_PRIORS: Final[Mapping[str, float]] = MappingProxyType(
    {"钢铁": 1.0, "焦化": 0.6, "供热": 0.8, "锅炉": 0.8, "铸造": 0.4, "砖瓦": 0.4, "水泥": 0.3, "耐火": 0.2}
)


@dataclass(frozen=True)
class SuspectRules:
    """All numbers of the ranking (系统默认), frozen under one edition."""

    edition: str = EDITION
    reach: ReachRules = field(default_factory=ReachRules)
    wind: WindRules = field(default_factory=WindRules)
    meter: MeterRules = field(default_factory=MeterRules)
    weights: Weights = field(default_factory=Weights)
    submeter: tuple[SubmeterRule, ...] = SUBMETER_RULES
    high_from: float = 0.5  # 高: more likely than all others together
    medium_from: float = 0.2  # 中: down to one in five; below 低
    same_place_km: float = 0.05  # two candidates so close share one place (同址)
    former_km: float = 0.3  # a former problem this close to an enterprise is counted as the enterprise's
    fire_hours: int = 12  # a fire seen so long before the first hour, or until the last, may still smoke
    kept: int = 11  # suspects kept of an alarm; the rest share what is left of the chance
    former_days: int = 90  # former problems of the grid: open, or found within so many days

    def level_of(self, chance: float) -> str:
        """high, medium or low."""
        return "high" if chance >= self.high_from else "medium" if chance >= self.medium_from else "low"


DEFAULT_RULES: Final = SuspectRules()
