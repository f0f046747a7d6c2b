"""How the simulated cities behave. Invented for the demo: it says nothing about the real cities' work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from include.profile.values import Profile
from include.simulator.season import SEASON, Season


@dataclass(frozen=True)
class Pace:
    """How a city answers. Shares are of its alarms, 0 to 1; `unanswered` only weighs cities against each other."""

    acknowledge_minutes: float  # median
    answer_hours: float  # median of the answers that are on time
    late: float
    returned: float
    unanswered: float


PACES: Final = {
    "quick": Pace(acknowledge_minutes=8, answer_hours=4.0, late=0.006, returned=0.03, unanswered=0.05),
    "steady": Pace(acknowledge_minutes=20, answer_hours=8.0, late=0.016, returned=0.045, unanswered=0.12),
    "slow": Pace(acknowledge_minutes=55, answer_hours=14.0, late=0.07, returned=0.07, unanswered=5.0),
}


@dataclass(frozen=True)
class Habit:
    """One city: its name in pinyin (for addresses), how often alarms are raised there (relative), its pace."""

    unit_code: str
    pinyin: str
    weight: float
    pace: Pace


def _habit(unit_code: str, pinyin: str, weight: float, pace: str = "steady") -> tuple[str, Habit]:
    return unit_code, Habit(unit_code, pinyin, weight, PACES[pace])


HABITS: Final[dict[str, Habit]] = dict(
    (
        _habit("110000", "beijing", 0.8, "quick"),
        _habit("120000", "tianjin", 1.3),
        _habit("130100", "shijiazhuang", 1.7, "quick"),
        _habit("130200", "tangshan", 1.6),
        _habit("130400", "handan", 1.5),
        _habit("130500", "xingtai", 1.4),
        _habit("130600", "baoding", 1.5),
        _habit("130900", "cangzhou", 1.2),
        _habit("131000", "langfang", 0.9, "quick"),
        _habit("131100", "hengshui", 0.9, "slow"),
        _habit("140100", "taiyuan", 1.2),
        _habit("140300", "yangquan", 0.8),
        _habit("140400", "changzhi", 0.8),
        _habit("140500", "jincheng", 0.7, "quick"),
        _habit("140700", "jinzhong", 1.0),
        _habit("140800", "yuncheng", 1.1, "slow"),
        _habit("141000", "linfen", 1.4),
        _habit("141100", "lvliang", 0.8, "slow"),
        _habit("370100", "jinan", 1.1, "quick"),
        _habit("370300", "zibo", 1.1),
        _habit("370800", "jining", 1.0),
        _habit("371400", "dezhou", 1.0),
        _habit("371500", "liaocheng", 1.0),
        _habit("371600", "binzhou", 0.8),
        _habit("371700", "heze", 1.1, "slow"),
        _habit("410100", "zhengzhou", 1.2, "quick"),
        _habit("410200", "kaifeng", 0.8),
        _habit("410300", "luoyang", 1.0),
        _habit("410500", "anyang", 1.4),
        _habit("410600", "hebi", 0.6, "quick"),
        _habit("410700", "xinxiang", 1.0),
        _habit("410800", "jiaozuo", 0.9),
        _habit("410900", "puyang", 0.8),
        _habit("411200", "sanmenxia", 0.5),
        _habit("610100", "xian", 1.4, "quick"),
        _habit("610200", "tongchuan", 0.4),
        _habit("610300", "baoji", 0.7),
        _habit("610400", "xianyang", 1.1),
        _habit("610500", "weinan", 1.0, "slow"),
    )
)


def plays_the_season(profile: Profile) -> bool:
    """Whether the office addresses the units whose published season the demo region reproduces."""
    return set(HABITS) <= {unit.unit_code for unit in profile.addressees()}


PROVINCE_PINYIN: Final = {
    "110000": "beijing",
    "120000": "tianjin",
    "130000": "hebei",
    "140000": "shanxi",
    "370000": "shandong",
    "410000": "henan",
    "610000": "shaanxi",
}


@dataclass(frozen=True)
class Silence:
    """A city from which nothing is heard between two midnights (`end` exclusive); it answers afterwards."""

    unit_code: str
    start: date
    end: date


@dataclass(frozen=True)
class StubbornGrid:
    """A grid that alarms on every day of its spans (`end` exclusive), always for the same causes."""

    grid_id: str
    unit_code: str
    county: str
    place: str  # how its point names begin
    lon: float
    lat: float
    spans: tuple[tuple[date, date], ...]
    categories: tuple[str, ...]

    def days(self, season: Season = SEASON) -> list[int]:
        """The days of the season, counted from 0, on which it alarms whatever else happens."""
        return [
            day
            for start, end in self.spans
            for day in range((start - season.start).days, (end - season.start).days)
        ]


SILENCE: Final = Silence("130900", date(2020, 3, 9), date(2020, 3, 16))

T85711: Final = StubbornGrid(
    grid_id="T85711",
    unit_code="140300",
    county="郊区",
    place="荫营镇",
    lon=113.58,
    lat=37.94,
    spans=(
        (date(2020, 3, 5), date(2020, 3, 13)),
        (date(2020, 3, 19), date(2020, 3, 24)),
        (date(2020, 4, 10), date(2020, 4, 14)),
        (date(2020, 5, 18), date(2020, 5, 21)),
    ),
    categories=("扬尘（裸土堆场）", "垃圾露天倾倒"),
)
