"""The tables of the watch's input, as shared layouts: what a file, a page of the platform or a query must hold.

Bounds of values are those of instruments; what lies outside is no reading (65535 and −999 are what instruments send for none).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from include.sources.layout import GRIDS, Field, Layout
from include.sources.reading.tables import is_table

KINDS: Final = ("micro", "official", "weather")
MOST_SAMPLES: Final = 12  # five-minute values in an hour

STATIONS: Final = Layout(
    "stations",
    (
        Field("station_id", longest=64),
        Field("kind", "choice", choices=KINDS),
        Field("unit_code", "city", longest=64),
        Field("grid_id", required=False, longest=64),
        Field("lon", "number", least=-180, most=180),
        Field("lat", "number", least=-90, most=90),
        Field("valid_from", "date", required=False),
        Field("valid_to", "date", required=False),
    ),
    key=("station_id", "valid_from"),
    orders=(("valid_from", "valid_to"),),
)

STATION_HOURS: Final = Layout(
    "station_hours",
    (
        Field("station_id", longest=64),
        Field("hour", "moment"),
        Field("pm25_ug_m3", "number", required=False, least=0, most=5000),
        Field("pm10_ug_m3", "number", required=False, least=0, most=10_000),
        Field("rh_pct", "number", required=False, least=0, most=105),
        Field("temperature_c", "number", required=False, least=-60, most=80),
        Field("sample_count", "integer", required=False, least=0, most=MOST_SAMPLES),
    ),
    key=("station_id", "hour"),
    changes=("hour",),
)

STATION_MINUTES: Final = Layout(
    "station_minutes",
    (
        Field("station_id", longest=64),
        Field("observed_at", "moment"),
        *(field for field in STATION_HOURS.fields if field.type == "number"),
    ),
    key=("station_id", "observed_at"),
    changes=("observed_at",),
)

WINDS: Final = Layout(
    "winds",
    (
        Field("station_id", longest=64),
        Field("hour", "moment"),
        Field("wind_from_deg", "number", required=False, least=0, most=360),
        Field("wind_speed_m_s", "number", required=False, least=0, most=100),
    ),
    key=("station_id", "hour"),
    changes=("hour",),
)

# A negative power (a meter that runs backwards) is kept, named and never counted: the rules of sub-metering tell the meter.
SUBMETERS: Final = Layout(
    "submeter_hours",
    (
        Field("enterprise_id", longest=64),
        Field("hour", "moment"),
        Field("production_kw", "number", required=False, least=-1_000_000, most=1_000_000),
        Field("treatment_kw", "number", required=False, least=-1_000_000, most=1_000_000),
    ),
    key=("enterprise_id", "hour"),
    changes=("hour",),
)

# In the order in which intake stores them: what refers to something comes after it.
STATION_LAYOUTS: Final[dict[str, Layout]] = {
    layout.name: layout for layout in (GRIDS, STATIONS, STATION_HOURS, STATION_MINUTES, WINDS, SUBMETERS)
}
HOUR_LAYOUTS: Final = ("station_hours", "station_minutes", "winds", "submeter_hours")
# Values without which an hour says nothing.
MEASURED: Final[dict[str, tuple[str, ...]]] = {
    "station_hours": ("pm25_ug_m3", "pm10_ug_m3", "rh_pct", "temperature_c"),
    "winds": ("wind_from_deg", "wind_speed_m_s"),
    "submeter_hours": ("production_kw", "treatment_kw"),
}
# A column that must be there although single values may be missing.
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "station_hours": ("pm25_ug_m3",),
    "station_minutes": ("pm25_ug_m3",),
    "winds": ("wind_from_deg", "wind_speed_m_s"),
    "submeter_hours": ("production_kw", "treatment_kw"),
}
# What a file's name begins with; the longer beginning decides.
_BEGINNINGS: Final = tuple(STATION_LAYOUTS)


def table_of(path: Path) -> str | None:
    """Which table a file holds, by its name; None for a foreign file (and for one that is hidden or unfinished)."""
    name = path.name.lower()
    if not is_table(path) or name.startswith((".", "~$")):
        return None
    found = [table for table in _BEGINNINGS if name.startswith(table)]
    return max(found, key=len, default=None)
