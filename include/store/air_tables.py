"""The tables of air quality, warning grids and key enterprises, on the same metadata as include/store/tables.py.

Hourly values, and the daily means of grids and stations, are in Parquet (include/store/hourly.py).
"""

from typing import Any, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
)

from include.store.columns import Instant
from include.store.tables import metadata

WARNING_REASONS: Final = ("level", "year_on_year", "over_previous")


def _provenance() -> list[Column[Any]]:
    return [
        Column("source", String(64), nullable=False, comment="name of the source that told it"),
        Column("is_simulated", Boolean, nullable=False, comment="at least one value was 模拟数据"),
        Column("received_at", Instant, nullable=False, comment="when we learnt it (audit only)"),
    ]


def _mean(name: str, meaning: str) -> list[Column[Any]]:
    stem = name.removesuffix("_ug_m3").removesuffix("_mg_m3")
    return [
        Column(
            name,
            Float,
            comment=f"mean of the hours present, {meaning}; a figure only where the hours suffice",
        ),
        Column(f"{stem}_hours", Integer, nullable=False, comment="valid hourly values of the natural day"),
    ]


air_layout = Table(
    "air_layout",
    metadata,
    Column(
        "layout_hash", String(64), primary_key=True, comment="SHA-256 of a mapping's name and a file's header"
    ),
    Column("last_hour", Integer, primary_key=True, comment="23: hours 0 to 23; 24: hours 1 to 24"),
    Column("seen_at", Instant, nullable=False, comment="when the first such file was read"),
    CheckConstraint("last_hour in (23, 24)", name="last_hour"),
    comment="Which hours files of one header print: it tells those of a part of a day, which say nothing themselves.",
)

city_day = Table(
    "city_day",
    metadata,
    Column("unit_code", ForeignKey("city.unit_code"), primary_key=True),
    Column("observed_on", Date, primary_key=True, comment="natural Beijing day, hours 0 to 23"),
    *_mean("pm25_ug_m3", "μg/m³"),
    *_mean("pm10_ug_m3", "μg/m³"),
    *_mean("so2_ug_m3", "μg/m³"),
    *_mean("no2_ug_m3", "μg/m³"),
    *_mean("co_mg_m3", "mg/m³"),
    Column(
        "o3_8h_ug_m3",
        Float,
        comment="highest 8-hour mean of the day, μg/m³; a figure only where the windows suffice",
    ),
    Column(
        "o3_8h_windows", Integer, nullable=False, comment="8-hour means with at least 6 valid hours, of 17"
    ),
    Column(
        "is_given",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="the source gave the daily means (日均值（来源给出）): they rest on no hours of ours and count as whole days",
    ),
    *_provenance(),
    Index(None, "observed_on"),
    comment="One city on one day: daily means, dust included, and how many hours they rest on.",
)

air_day = Table(
    "air_day",
    metadata,
    Column("dataset", String(16), primary_key=True, comment="city, grid, station"),
    Column("observed_on", Date, primary_key=True),
    Column("places", Integer, nullable=False, comment="cities, grids or stations with at least one value"),
    Column(
        "valid_places", Integer, nullable=False, comment="those with enough hours of PM2.5 for a daily mean"
    ),
    Column(
        "pm25_hours", Integer, nullable=False, comment="valid hourly values of PM2.5, all places together"
    ),
    *_provenance(),
    comment="The ledger of air quality: one day of one dataset, as last imported.",
)

dust_hour = Table(
    "dust_hour",
    metadata,
    Column("unit_code", ForeignKey("city.unit_code"), primary_key=True),
    Column("observed_on", Date, primary_key=True),
    Column("hour", Integer, primary_key=True, comment="0 to 23, as in the hourly values"),
    *_provenance(),
    comment="One hour of a city under dust (沙尘): left out of the 扣除沙尘 figure only.",
)

warning_month = Table(
    "warning_month",
    metadata,
    Column("month", Date, primary_key=True, comment="first day of the month"),
    Column("grids", Integer, nullable=False, comment="grids with readings in the month"),
    Column("valid_grids", Integer, nullable=False, comment="those with a valid monthly mean"),
    Column("is_simulated", Boolean, nullable=False, comment="at least one reading was 模拟数据"),
    Column("set_at", Instant, nullable=False, comment="when it was last computed (audit only)"),
    Column(
        "readings_sha256",
        String(64),
        nullable=False,
        server_default="",
        comment="of the readings, grids and regions it was judged from; where they change, it is judged again",
    ),
    comment="One month whose warning grids were set.",
)

warning_rank = Table(
    "warning_rank",
    metadata,
    Column("month", ForeignKey("warning_month.month", ondelete="CASCADE"), primary_key=True),
    Column("reason", String(16), primary_key=True, comment="level, year_on_year, over_previous"),
    Column("grid_id", String(64), primary_key=True),
    Column("unit_code", ForeignKey("city.unit_code"), nullable=False),
    Column(
        "rank",
        Integer,
        nullable=False,
        comment="in the city, ties share it: 1 warned (预警), 2 and 3 near (临界预警)",
    ),
    Column("pm25_ug_m3", Float, nullable=False, comment="monthly mean, μg/m³"),
    Column("yoy_pct", Float, comment="year-on-year, %; empty where a month used is not valid"),
    Column("pop_pct", Float, comment="over the month before, %; empty where a month used is not valid"),
    Index(None, "grid_id", "month"),
    CheckConstraint(f"reason in ({', '.join(repr(reason) for reason in WARNING_REASONS)})", name="reason"),
    comment="One grid that was among the worst three of its city for one reason in one month. Counts are derived from these.",
)

enterprise = Table(
    "enterprise",
    metadata,
    Column("source", String(64), primary_key=True, comment="name of the table that it was imported with"),
    Column("enterprise_id", String(64), primary_key=True, comment="its number at that source"),
    Column("name", String(255), nullable=False),
    Column("industry", String(255), nullable=False),
    Column(
        "unit_code",
        ForeignKey("city.unit_code"),
        nullable=False,
        comment="that it lies in, by its coordinates",
    ),
    Column(
        "county",
        String(64),
        nullable=False,
        comment="that it lies in; as told where that agrees (a development zone)",
    ),
    Column("lon", Float, nullable=False, comment="degrees, WGS84"),
    Column("lat", Float, nullable=False, index=True, comment="degrees, WGS84"),
    Column("is_simulated", Boolean, nullable=False, comment="made by the simulator (模拟数据)"),
    Column("received_at", Instant, nullable=False, comment="when we learnt it (audit only)"),
    Column(
        "lines",
        Text,
        nullable=False,
        server_default="",
        comment="its production lines where the table has a row for each: number, name and industry, one a line of text",
    ),
    Index(None, "unit_code"),
    comment="A key enterprise (重点企业). An import replaces the rows of its source, whole.",
)
