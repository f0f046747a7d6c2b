"""A store full of canaries: every value that must not be public is a word of its own, searched in every byte."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from include.openness.publishing import publish
from include.store.engine import reading
from include.store.tables import metadata
from tests.openness.region import NOW, UNTIL, copied, region_house

# What may be public of the text columns of the store; whatever else is text gets a canary.
PUBLIC = {
    ("city", "unit_code"),
    ("city", "unit_name"),
    ("city", "province_code"),
    ("city", "province_name"),
    ("region_member", "unit_code"),
    ("region_member", "region"),
    ("alarm", "unit_code"),
    ("alarm", "county"),
    ("problem", "category"),
}
# Columns whose words are codes that the figures are reckoned with, or keys by which rows find each other.
CODES = {"event", "alarm_id", "data_origin", "rules_version"}
FORBIDDEN = (
    ("alarm", "point_name"),
    ("alarm", "grid_id"),
    ("alarm", "source"),
    ("feedback_event", "unit"),
    ("feedback_event", "inspector"),
    ("feedback_event", "note"),
    ("problem", "description"),
    ("problem", "status"),
    ("problem", "problem_id"),
    ("contact", "name"),
    ("contact", "address"),
    ("contact", "phone"),
    ("grid", "name"),
)


def canary(table: str, column: str) -> str:
    return f"zq{table.replace('_', '')}{column.replace('_', '')}xw"


def test_no_forbidden_value_is_in_any_byte_of_a_publication(tmp_path: Path) -> None:
    with region_house(tmp_path / "made") as made:
        house = copied(made, tmp_path / "copy")
        put: list[str] = []
        with house.engine.begin() as connection:
            connection.exec_driver_sql("pragma foreign_keys = off")
            for table, column in FORBIDDEN:
                word = canary(table, column)
                done = connection.execute(text(f"update {table} set {column} = '{word}' || rowid"))
                put += [word] * bool(done.rowcount)
            # Coordinates that can be told from every other number, on alarms and grids.
            connection.execute(text("update alarm set lon = 113.987654321, lat = 37.123456789"))
            connection.execute(
                text("update grid set west = 113.98765, east = 114.98765, south = 37.12345, north = 38.12345")
            )
            connection.execute(text("update alarm set peak_pm25_ug_m3 = 913.573"))
        assert len(put) >= 10
        publish(house, UNTIL, tmp_path / "site", now=NOW + timedelta(days=1), actor="zqactorxw")
        with reading(house.engine) as connection:
            alarms = [
                str(one)
                for one in connection.execute(text("select distinct alarm_id from alarm limit 500")).scalars()
            ]
    forbidden = [
        "zq",
        "87654321",
        "23456789",
        "98765",
        "12345",
        "913.573",
        house.issuer.contact,
        house.issuer.phone,
    ]
    files = [path for path in (tmp_path / "site").rglob("*") if path.is_file()]
    assert len(files) > 100
    for path in files:
        content = path.read_bytes().replace(path.name.encode(), b"")
        if path.name == "SHA256SUMS":
            continue  # digests may hold any digits
        shown = content.decode()
        if path.name == "datapackage.json":
            shown = "\n".join(line for line in shown.splitlines() if '"hash"' not in line)
        found = [word for word in forbidden if word in shown]
        assert not found, (path, found)
        assert not [one for one in alarms if f">{one}<" in shown or f",{one}," in shown], path


def test_every_column_of_text_about_alarms_is_public_or_has_its_canary() -> None:
    told = {"alarm", "feedback_event", "problem", "contact", "grid"}
    columns = {
        (table.name, column.name)
        for table in metadata.tables.values()
        if table.name in told
        for column in table.columns
        if column.type.__class__.__name__ in ("String", "Text") and column.name not in CODES
    }
    silent = {
        name
        for name in columns
        if name[1]
        in ("content_hash", "source", "region_code", "role", "fixed_by", "grid_id", "unit_code", "county")
    }
    assert columns - silent - PUBLIC == set(FORBIDDEN) - silent
