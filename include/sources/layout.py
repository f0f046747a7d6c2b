"""The tables of intake: each column's type and bounds, the key, and what counts as a change. The file formats are these.

`include/sources/checks.py` checks rows against them, `mapping.py` maps a source's own columns onto them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from include.profile.current import office
from include.rules import FEEDBACK_EVENTS
from include.store.tables import CONTACT_ROLES

Type = Literal[
    "text", "city", "region", "integer", "number", "moment", "promise", "date", "flag", "choice", "email"
]

DATA_ORIGIN: Final = (
    "data_origin"  # last column of every table; its value `rules.SIMULATED_LABEL` marks 模拟数据
)
# Before the coordinates that a unit or county should be derived from and that lie in none.
OUTSIDE: Final = "\N{EMPTY SET}"
_LONGEST_TEXT = 10_000  # characters of a note or description


@dataclass(frozen=True)
class Field:
    """One column. `longest` in characters; `least` and `most` inclusive, in the unit of the column's name.

    A `promise` is a moment, or a date that means the end of that day. Only `is_long` text may have several lines.
    """

    name: str
    type: Type = "text"
    required: bool = True
    longest: int = 255
    least: float = float("-inf")
    most: float = float("inf")
    choices: tuple[str, ...] = ()
    is_long: bool = False

    @property
    def allowed(self) -> tuple[str, ...]:
        """The values of a `choice`: its own, or the office's categories of problems."""
        return self.choices or office().categories


@dataclass(frozen=True)
class Layout:
    """One table of intake.

    changes   the columns whose instants say when the row changed; empty: reference data, read whole each time
    last_only the last of them alone is the change (a revision); otherwise each of them is one
    orders    pairs of columns of which the first may not be later (or greater) than the second
    key       what identifies a record at its source
    """

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    changes: tuple[str, ...] = ()
    last_only: bool = False
    orders: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns in file order, without `data_origin`."""
        return tuple(field.name for field in self.fields)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that a file must have."""
        return tuple(field.name for field in self.fields if field.required)


def _long(name: str, *, required: bool) -> Field:
    return Field(name, required=required, longest=_LONGEST_TEXT, is_long=True)


ALARMS: Final = Layout(
    "alarms",
    (
        Field("alarm_id", longest=64),
        Field("grid_id", longest=64),
        Field("unit_code", "city"),
        Field("county", longest=64),
        Field("point_name"),
        Field("lon", "number", required=False, least=-180, most=180),
        Field("lat", "number", required=False, least=-90, most=90),
        Field("started_at", "moment"),
        Field("last_at", "moment"),
        Field("alarm_count", "integer", least=1, most=100_000),
        Field("peak_pm25_ug_m3", "number", required=False, least=0, most=100_000),
        Field("pushed_at", "moment"),
        Field("deadline_at", "moment", required=False),
        Field("revised_at", "moment", required=False),
    ),
    key=("alarm_id",),
    changes=("pushed_at", "revised_at"),
    last_only=True,
    orders=(
        ("started_at", "last_at"),
        ("started_at", "pushed_at"),
        ("pushed_at", "deadline_at"),
        ("pushed_at", "revised_at"),
    ),
)

FEEDBACK: Final = Layout(
    "feedback",
    (
        Field("alarm_id", longest=64),
        Field("event", "choice", choices=FEEDBACK_EVENTS),
        Field("event_at", "moment"),
        Field("unit", required=False),
        Field("inspector", required=False),
        Field("problem_found", "flag", required=False),
        _long("note", required=False),
        Field("inspected_at", "moment", required=False),
    ),
    key=("alarm_id", "event", "event_at"),
    changes=("event_at",),
)

PROBLEMS: Final = Layout(
    "problems",
    (
        Field("problem_id", longest=64),
        Field("alarm_id", longest=64),
        Field("category", "choice"),
        _long("description", required=True),
        Field("found_at", "moment"),
        Field("status", required=False, longest=32),
        Field("rectify_by", "promise", required=False),
        Field("rectified_at", "moment", required=False),
    ),
    key=("problem_id",),
    changes=("found_at", "rectified_at"),
    orders=(("found_at", "rectify_by"), ("found_at", "rectified_at")),
)

GRIDS: Final = Layout(
    "grids",
    (
        Field("grid_id", longest=64),
        Field("unit_code", "city"),
        Field("county", longest=64),
        Field("name"),
        Field("west", "number", required=False, least=-180, most=180),
        Field("south", "number", required=False, least=-90, most=90),
        Field("east", "number", required=False, least=-180, most=180),
        Field("north", "number", required=False, least=-90, most=90),
        Field("is_hot", "flag"),
        Field("is_monitored", "flag"),
    ),
    key=("grid_id",),
    orders=(("west", "east"), ("south", "north")),
)

CONTACTS: Final = Layout(
    "contacts",
    (
        Field("region_code", "region"),
        Field("role", "choice", choices=CONTACT_ROLES),
        Field("name", longest=128),
        Field("address", "email", longest=254),
        Field("phone", required=False, longest=64),
        Field("valid_from", "date"),
        Field("valid_to", "date", required=False),
    ),
    key=("region_code", "role", "address", "valid_from"),
    orders=(("valid_from", "valid_to"),),
)

# In the order in which intake stores them: what refers to something comes after it.
LAYOUTS: Final[dict[str, Layout]] = {
    layout.name: layout for layout in (GRIDS, CONTACTS, ALARMS, FEEDBACK, PROBLEMS)
}

POLLUTANTS: Final = ("pm25_ug_m3", "pm10_ug_m3", "so2_ug_m3", "no2_ug_m3", "co_mg_m3", "o3_ug_m3")
# Air quality. A row is a place and an hour with a column a pollutant, or a place, hour and pollutant with its `value`; `city` is
# what the stations of a place are averaged into. Days have `o3_8h_ug_m3`.
AIR: Final = Layout(
    "air",
    (
        Field("place", longest=255),
        Field("city", required=False, longest=255),
        Field("hour", "moment"),
        Field("pollutant", required=False, longest=64),
        Field("value", "number", required=False),
        Field("unit", required=False, longest=32),
        *(Field(name, "number", required=False) for name in (*POLLUTANTS, "o3_8h_ug_m3")),
    ),
    key=("place", "hour"),
)
