"""Air-quality files as archives and networks write them, small."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, insert

from include.store.engine import writing
from include.store.tables import grid

NOW = datetime(2026, 3, 20, 1, tzinfo=UTC)
HOURS = range(24)
LONG_HEADER = "date,hour,城市,AQI,PM2.5,PM2.5_24h,PM10,CO"


def long_text(day: str, cities: Mapping[str, Sequence[object]], header: str = LONG_HEADER) -> str:
    """One row a city and hour; PM2.5 as given, PM10 twice it where it is a number, CO 0.5."""
    lines = [header]
    for name, values in cities.items():
        for hour, value in enumerate(values):
            pm10 = 2 * value if isinstance(value, int | float) else ""
            lines.append(f"{day},{hour},{name},50,{value},30.0,{pm10},0.5")
    return "\n".join(lines) + "\n"


def wide_text(day: str, cities: Mapping[str, Sequence[object]], kind: str = "PM2.5") -> str:
    """One row an hour, one column a city."""
    columns = list(cities.values())
    rows = [
        f"{day},{hour},{kind}," + ",".join(str(values[hour]) for values in columns)
        for hour in range(len(columns[0]))
    ]
    return "\n".join([f"date,hour,type,{','.join(cities)}", *rows]) + "\n"


def readings_text(rows: Sequence[tuple[str, str, object]], place: str = "grid_id") -> str:
    """One row a grid and hour."""
    return (
        "\n".join([f"{place},hour,pm25_ug_m3", *(f"{name},{hour},{value}" for name, hour, value in rows)])
        + "\n"
    )


def put(path: Path, text: str, encoding: str = "utf-8-sig") -> Path:
    """Writes a file as archives do: UTF-8 with BOM."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def add_grids(engine: Engine, cities: Mapping[str, str], county: str = "盂县") -> None:
    """Grids (id → unit_code) in the table of grids."""
    rows = [
        {
            "grid_id": name,
            "unit_code": code,
            "county": county,
            "name": f"{name}号网格",
            "is_hot": True,
            "is_monitored": True,
            "source": "test",
            "is_simulated": False,
            "received_at": NOW,
            "content_hash": "0" * 64,
        }
        for name, code in cities.items()
    ]
    with writing(engine) as connection:
        connection.execute(insert(grid), rows)
