"""Values that are no text, number or time where one belongs, whatever kind of source they come from: an error of their row."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, create_engine, text

from include.former_names import former
from include.sources.config import SourceConfig
from include.sources.delivery import Delivery, Part
from include.sources.intake import pull
from include.sources.kinds.platform import part_of
from include.sources.layout import LAYOUTS
from include.sources.mapping.language import Copy, TableMapping
from include.sources.places import Places
from include.sources.spool import Spool
from include.sources.staging import stage
from tests.sources.exports import ALARM, EXAMPLES, FEEDBACK, NOW, at, folder_source, stored, write

FORMER = former("unit_code")
PLACES = Places({"140300": "140300"}, frozenset({"140300"}), {})
MARCH = (at("2020-03-01"), at("2020-04-01"))


def staged(part: Part) -> tuple[list[str], list[str]]:
    """The kept keys of a part, and the fields for which rows were set apart."""
    spool = Spool()
    try:
        stage(spool, part, PLACES, None)
        layout = LAYOUTS[part.mapping.table]
        kept = [key for rows, _ in spool.take(layout.name) for key in rows[layout.key[0]]]
        return kept, [name for rows, _ in spool.take("rejects") for name in rows["field"]]
    finally:
        spool.close()


def told(table: str, *records: dict[str, Any], **columns: Copy) -> Part:
    content = json.loads(json.dumps(records))
    return part_of(TableMapping(table, columns), LAYOUTS[table], content, 0, Delivery(iter(()), is_cut=True))


@pytest.mark.parametrize(
    "odd", [{"name": "平定县"}, ["平定县"], [], {}, True, False, [[1]], "\ud800"], ids=repr
)
@pytest.mark.parametrize(
    "field",
    ["county", "point_name", "grid_id", "lon", "alarm_count", "started_at", "unit_code", "deadline_at"],
)
def test_an_object_a_list_or_a_truth_where_a_value_belongs_sets_its_row_apart(
    field: str, odd: object
) -> None:
    assert staged(told("alarms", ALARM, {**ALARM, "alarm_id": "A2", field: odd})) == (["A1"], [field])


def test_true_and_false_are_values_where_they_mean_something() -> None:
    assert staged(told("feedback", {**FEEDBACK, "problem_found": True})) == (["A1"], [])
    assert staged(told("feedback", {**FEEDBACK, "problem_found": [True]})) == ([], ["problem_found"])
    record = {**FEEDBACK, "event": True, "has": False}
    translated = {"event": Copy("event", {"true": "submitted"}), "problem_found": Copy("has")}
    assert staged(told("feedback", record, **translated)) == (["A1"], [])
    assert staged(told("feedback", record)) == ([], ["event"])


def test_what_nobody_asks_for_may_be_anything() -> None:
    assert staged(told("alarms", {**ALARM, "history": [{"at": 1}], "is_new": True})) == (["A1"], [])


@pytest.mark.parametrize("names", [("unit_code",), (FORMER,), ("unit_code", FORMER)])
def test_a_platform_may_name_who_is_addressed_either_way(names: tuple[str, ...]) -> None:
    record = {key: value for key, value in ALARM.items() if key not in ("unit_code", FORMER)}
    assert staged(told("alarms", record | dict.fromkeys(names, "140300"))) == (["A1"], [])


def test_a_record_without_either_name_is_set_apart() -> None:
    record = {key: value for key, value in ALARM.items() if key not in ("unit_code", FORMER)}
    kept, fields = staged(told("alarms", record))
    assert (kept, len(fields)) == ([], 1)


def test_dates_that_only_postgresql_has_are_their_row_s_error(
    engine: Engine, postgresql_url: str, tmp_path: Path
) -> None:
    names = ", ".join(ALARM)
    moments = {
        "A1": ALARM["started_at"],
        "A2": "infinity",
        "A3": "0044-03-15 BC",
        "A4": "-infinity",
        "A5": "20000-01-01",
    }
    told_from = create_engine(postgresql_url.replace("postgresql://", "postgresql+psycopg://"))
    with told_from.begin() as connection:
        connection.execute(text("drop table if exists odd_alarms"))
        kinds = {"started_at": "timestamptz", "deadline_at": "timestamp", "last_at": "date"}
        columns = ", ".join(f"{name} {kinds.get(name, 'text')}" for name in ALARM)
        connection.execute(text(f"create table odd_alarms ({columns})"))
        for number, moment in moments.items():
            row = {
                **ALARM,
                "alarm_id": number,
                "started_at": moment,
                "last_at": "2020-03-13",
                "deadline_at": None,
            }
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"insert into odd_alarms ({names}) values ({values})"), row)
        connection.execute(text("update odd_alarms set last_at = 'infinity' where alarm_id = 'A4'"))
    (tmp_path / "a.yaml").write_text(
        "tables: {alarms: {query: a.sql, columns: {last_at: {moment: '{last_at}', format: '%Y-%m-%d'}}}}",
        encoding="utf-8",
    )
    (tmp_path / "a.sql").write_text("select * from odd_alarms order by alarm_id", encoding="utf-8")
    location = told_from.url.render_as_string(hide_password=False)
    source = SourceConfig("province", "database", location, mapping=str(tmp_path / "a.yaml"))
    result = pull(engine, source, *MARCH, now=NOW)
    with told_from.begin() as connection:
        connection.execute(text("drop table odd_alarms"))
    told_from.dispose()
    assert (result.new, result.quarantined) == (1, 4)
    assert stored(engine, "alarm", "alarm_id") == [("A1",)]
    assert {field for (field,) in stored(engine, "quarantine", "field")} == {"started_at"}


def test_every_table_may_be_parquet(engine: Engine, tmp_path: Path) -> None:
    """Facts, quarantine and all are those of the same rows as CSV."""
    (tmp_path / "text").mkdir()
    (tmp_path / "typed").mkdir()
    for table, row in EXAMPLES.items():
        key = LAYOUTS[table].key[0]
        rows = [{**row, "data_origin": "模拟数据"}, {**row, key: ""}]
        write(tmp_path / "text", table, *rows)
        names = list(dict.fromkeys(name for one in rows for name in one))
        typed = {name: [one.get(name, "") for one in rows] for name in names}
        for number in ("lon", "lat", "peak_pm25_ug_m3", "west", "south", "east", "north"):
            if number in typed:
                typed[number] = pa.array([float(value) for value in typed[number]])
        if table == "alarms":
            typed["alarm_count"] = pa.array([3, 3], pa.int8())
            typed["pushed_at"] = pa.array([at("2020-03-12T08:30")] * 2, pa.timestamp("ns", "Asia/Shanghai"))
            typed["deadline_at"] = pa.nulls(2)
        if table == "contacts":
            typed["valid_from"] = pa.array([at("2020-01-01").replace(tzinfo=None)] * 2, pa.timestamp("ns"))
        if table == "feedback":
            typed["problem_found"] = [True, True]
        pq.write_table(pa.table(typed), tmp_path / "typed" / f"{table}.parquet")
    from_csv = pull(engine, folder_source(tmp_path / "text"), *MARCH, now=NOW)
    tables = {
        "alarm": (
            "alarm_id",
            "lon",
            "alarm_count",
            "peak_pm25_ug_m3",
            "pushed_at",
            "deadline_at",
            "content_hash",
        ),
        "feedback_event": ("alarm_id", "event", "problem_found", "note"),
        "problem": ("problem_id", "rectify_by", "description"),
        "grid": ("grid_id", "west", "is_hot"),
        "contact": ("address", "valid_from", "name"),
    }
    before = {table: stored(engine, table, *columns) for table, columns in tables.items()}
    assert all(before.values())
    from_parquet = pull(engine, folder_source(tmp_path / "typed"), *MARCH, now=NOW)
    assert (from_parquet.read, from_parquet.new, from_parquet.revised, from_parquet.quarantined) == (
        from_csv.read, 0, 0, from_csv.quarantined,
    )  # fmt: skip
    assert {table: stored(engine, table, *columns) for table, columns in tables.items()} == before


def test_a_drop_folder_takes_parquet(engine: Engine, tmp_path: Path) -> None:
    import os

    path = tmp_path / "alarms_1.parquet"
    pq.write_table(pa.table({name: [value] for name, value in ALARM.items()}), path)
    moment = NOW.timestamp() - 60
    os.utime(path, (moment, moment))
    source = SourceConfig("inbox", "inbox", str(tmp_path))
    assert pull(engine, source, *MARCH, now=NOW).new == 1
    assert (tmp_path / "done" / "alarms_1.parquet").exists()


def test_a_list_in_a_parquet_file_sets_its_rows_apart(engine: Engine, tmp_path: Path) -> None:
    rows = {name: [value, value] for name, value in (ALARM | {"alarm_id": "A1"}).items()}
    rows |= {"alarm_id": ["A1", "A2"], "county": [["平定县"], None], "unused": [{"a": 1}, {"a": 2}]}
    pq.write_table(pa.table(rows), tmp_path / "alarms.parquet")
    result = pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert (result.new, result.quarantined) == (0, 2)
    assert stored(engine, "quarantine", "field") == [("county",), ("county",)]


def test_a_source_that_has_no_contacts_file_any_more_is_told_of(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "alarms", {})
    path = write(tmp_path, "contacts", {}, {"address": "b@yangquan.example"})
    assert "联系人" not in "".join(pull(engine, folder_source(tmp_path), *MARCH, now=NOW).warnings)
    path.unlink()
    for _ in range(2):
        result = pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
        assert "contacts*" in "".join(result.warnings)
        assert "仍有2人" in "".join(result.warnings)
        assert stored(engine, "quarantine", "kind", "value", "state") == [("files", "contacts*", "open")]
    write(tmp_path, "contacts", {}, {"address": "b@yangquan.example"})
    assert "联系人" not in "".join(pull(engine, folder_source(tmp_path), *MARCH, now=NOW).warnings)
    assert stored(engine, "quarantine", "state") == [("replayed",)]


@pytest.mark.parametrize("name", ["alarms-2.csv.part", "alarms-2.tmp", "alarms-2.xlsx.crdownload"])
def test_what_is_still_on_its_way_is_not_named(engine: Engine, tmp_path: Path, name: str) -> None:
    write(tmp_path, "alarms", {})
    (tmp_path / name).write_text("x")
    assert not any(
        name in warning for warning in pull(engine, folder_source(tmp_path), *MARCH, now=NOW).warnings
    )


@pytest.mark.parametrize(
    ("moment", "is_read"),
    [
        ("2000-01-01T00:00", True),
        ("1999-12-31T16:00Z", True),
        ("1999-12-31T15:59:59Z", False),
        ("2099-12-31T23:59:59", True),
        ("2099-12-31T16:00Z", False),
        ("2100-01-01T00:00+09:00", True),
        ("2099-12-31T24:00", True),
    ],
)
def test_years_are_those_of_the_office_s_calendar(moment: str, is_read: bool) -> None:
    row = {**ALARM, "started_at": moment, "last_at": "", "pushed_at": "2099-12-31T24:00"}
    row |= {"last_at": "2099-12-31T24:00"}
    assert staged(told("alarms", row)) == ((["A1"], []) if is_read else ([], ["started_at"]))
