"""Times that may begin or end at what they name: a part of a day goes by what says it, whatever the order or grouping of the files, and
is refused where nothing does; so with hours, times, minutes, and every table of stations. `mapping try` says what an import does."""

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.periods import office_zone
from include.sources.air.hours import scales
from include.sources.air.quality import ImportResult, import_air_quality
from include.sources.every_table import TABLES
from include.sources.mapping.files import load
from include.sources.mapping.language import TableMapping
from include.sources.mapping_trial import Trial, try_mapping
from include.sources.stations.intake import StationImport, import_stations
from include.store.air_days import layout_hours
from include.store.engine import open_engine, reading
from include.store.hourly import read_hours as read_air
from include.store.station_hours import STATION_HOURS, WINDS, HourTable, read_hours

NOW = datetime(2026, 5, 20, 1, tzinfo=UTC)
AIR = {
    "hours": "columns: {place: 市, hour: {moment: '{日}', hours: 时}, pm25_ug_m3: 值}",
    "times": "columns: {place: 市, hour: {moment: '{日} {时}'}, pm25_ug_m3: 值}",
    "format": "columns: {place: 市, hour: {moment: '{日} {时}', format: '%Y-%m-%d %H:%M'}, pm25_ug_m3: 值}",
    "minutes": "every: {minutes: 60}\ncolumns: {place: 市, hour: {moment: '{日} {时}'}, pm25_ug_m3: 值}",
}
STATIONS = {
    "station_hours": "columns: {station_id: 站, hour: {moment: '{日}', hours: 时}, pm25_ug_m3: 值}",
    "station_minutes": "columns: {station_id: 站, observed_at: {moment: '{日} {时}'}, pm25_ug_m3: 值}",
    "winds": "columns: {station_id: 站, hour: {moment: '{日} {时}'}, wind_from_deg: {constant: 90}, wind_speed_m_s: 值}",
}
Told = dict[str, Iterable[int]]  # of each day its hours


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path):
    shutil.copy(sqlite_template, tmp_path / "supervision.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'supervision.db'}")
    yield engine
    engine.dispose()


def mapping_of(folder: Path, table: str, columns: str) -> TableMapping:
    path = folder / f"{table}.yaml"
    path.write_text(f"tables:\n  {table}:\n    " + columns.replace("\n", "\n    ") + "\n")
    return load(path, office_zone(), TABLES).tables[0]


def air_file(folder: Path, name: str, days: Told, *, form: str) -> Path:
    """The value is a hundred times the day of March and the hour as it is printed."""
    rows = (
        f"北京,2026-03-{day},{hour if form == 'hours' else f'{hour:02}:00'},{100 * int(day) + hour}\n"
        for day, hours in days.items()
        for hour in hours
    )
    (folder / f"{name}.csv").write_text("市,日,时,值\n" + "".join(rows))
    return folder / f"{name}.csv"


def take_air(
    store: Engine, folder: Path, form: str, *groups: Iterable[tuple[str, Told]]
) -> tuple[list[ImportResult | str], dict[str, float]]:
    """Imports groups of files one after the other; what each came to (the error of one of which nothing was taken), and what is stored."""
    mapping, results = mapping_of(folder, "air", AIR[form]), list[ImportResult | str]()
    for group in groups:
        paths = [air_file(folder, name, days, form=form) for name, days in group]
        try:
            results.append(import_air_quality(store, folder / "air", paths, now=NOW, mapping=mapping))
        except InputError as error:
            results.append(error.what)
    return results, stored_air(folder)


def stored_air(folder: Path) -> dict[str, float]:
    days = [datetime(2026, 3, day).date() for day in range(9, 15)]  # noqa: DTZ001 - a date
    rows = read_air(folder / "air", "city", days)
    if rows.empty:
        return {}
    at = [f"{day:%d} {hour:02}" for day, hour in zip(rows["observed_on"], rows["hour"], strict=True)]
    return {key: value for key, value in zip(at, rows["pm25_ug_m3"].tolist(), strict=True) if value == value}


def hours_of(day: int, hours: Iterable[int], *, is_end: bool) -> dict[str, float]:
    return {f"{day} {hour - is_end:02}": 100.0 * day + hour for hour in hours}


OPEN = "the hours of the file may begin or end at what they name"
PART, BEGINS, ENDS = {"11": range(8, 18)}, {"10": range(24)}, {"12": range(1, 25)}


@pytest.mark.parametrize("form", AIR)
@pytest.mark.parametrize(
    "part",
    [range(8, 18), range(2, 24), range(1, 11), range(12, 24), [8]],
    ids=lambda part: f"{min(part)}-{max(part)}",
)
def test_a_part_of_a_day_that_nothing_explains_is_refused(
    store: Engine, tmp_path: Path, form: str, part: Iterable[int]
) -> None:
    assert take_air(store, tmp_path, form, [("part", {"11": part})]) == ([OPEN], {})


@pytest.mark.parametrize("form", ["hours", "times", "minutes"])
@pytest.mark.parametrize(("whole", "is_end"), [(BEGINS, False), (ENDS, True)])
@pytest.mark.parametrize("way", ["before", "after", "in an earlier import"])
def test_a_part_of_a_day_goes_by_a_whole_one(
    store: Engine, tmp_path: Path, form: str, whole: Told, is_end: bool, way: str
) -> None:
    own, part = ("whole", whole), ("part", PART)
    groups = {"before": [[own, part]], "after": [[part, own]], "in an earlier import": [[own], [part]]}[way]
    results, found = take_air(store, tmp_path, form, *groups)
    assert not any(isinstance(result, str) or result.rejected for result in results)
    (day,) = whole
    assert found == hours_of(int(day), whole[day], is_end=is_end) | hours_of(11, PART["11"], is_end=is_end)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("is_one", [True, False])
def test_files_of_a_header_that_contradict_each_other_explain_no_part(
    store: Engine, tmp_path: Path, order: tuple[int, ...], is_one: bool
) -> None:
    files = [("a", BEGINS), ("b", ENDS), ("part", PART)]
    told = [files[place] for place in order]
    groups = [told] if is_one else [[each] for each in told if each[0] != "part"] + [[files[2]]]
    results, found = take_air(store, tmp_path, "hours", *groups)
    assert found == hours_of(10, range(24), is_end=False) | hours_of(12, range(1, 25), is_end=True)
    refused = [
        result if isinstance(result, str) else error.what
        for result in results
        for error in getattr(result, "rejected", [None])
        if isinstance(result, str) or error
    ]
    assert refused == [OPEN]
    said = [
        note
        for result in results
        if not isinstance(result, str)
        for note in result.notes
        if "同一表头" in note
    ]
    assert len(said) == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_first_hours_of_a_day_beside_hours_1_to_24(
    store: Engine, tmp_path: Path, order: tuple[int, int]
) -> None:
    files = [("first", {"11": range(8)}), ("ends", ENDS)]
    ((result,), found) = take_air(store, tmp_path, "hours", [files[place] for place in order])
    assert not isinstance(result, str)
    assert [error.what for error in result.rejected] == [OPEN]
    assert found == hours_of(12, range(1, 25), is_end=True)


@pytest.mark.parametrize("form", ["hours", "times", "format"])
def test_days_from_1_to_midnight_are_whole_only_if_their_hours_end(
    store: Engine, tmp_path: Path, form: str
) -> None:
    """The last midnight is that of the next date; so are all in between."""
    days: Told = {"10": range(1, 24), "11": range(24), "12": [0]}
    assert take_air(store, tmp_path, form, [("a", days)]) == ([OPEN], {})
    assert take_air(store, tmp_path, form, [("b", {"10": range(13, 24), "11": [0]})]) == ([OPEN], {})
    _, found = take_air(store, tmp_path, form, [("c", {"10": range(24), "11": [0]})])
    assert found == hours_of(10, range(24), is_end=False) | {"11 00": 1100.0}


def test_hours_from_their_beginning_to_their_end_say_it_themselves(store: Engine, tmp_path: Path) -> None:
    mapping = mapping_of(tmp_path, "air", "columns: {place: 市, hour: 时, pm25_ug_m3: 值}")
    rows = "".join(f"北京,2026-03-11 {hour:02}:00-{hour + 1:02}:00,{hour}\n" for hour in range(8, 18))
    (tmp_path / "a.csv").write_text("市,时,值\n" + rows)
    import_air_quality(store, tmp_path / "air", [tmp_path / "a.csv"], now=NOW, mapping=mapping)
    assert stored_air(tmp_path) == {f"11 {hour:02}": hour for hour in range(8, 18)}


@pytest.mark.parametrize(("label", "is_end"), [("start", False), ("end", True)])
def test_a_mapping_that_says_it_is_obeyed(store: Engine, tmp_path: Path, label: str, is_end: bool) -> None:
    columns = AIR["hours"].replace("hours: 时", f"hours: 时, hour_label: {label}")
    path = air_file(tmp_path, "part", PART, form="hours")
    mapping = mapping_of(tmp_path, "air", columns)
    result = import_air_quality(store, tmp_path / "air", [path], now=NOW, mapping=mapping)
    assert (stored_air(tmp_path), result.rejected) == (hours_of(11, PART["11"], is_end=is_end), ())


@pytest.mark.parametrize("steps", [(5, 725), (725, 1445)], ids=["first half", "second half"])
def test_halves_of_a_day_of_minutes_are_labelled_by_their_end_where_one_of_them_prints_24(
    store: Engine, tmp_path: Path, steps: tuple[int, int]
) -> None:
    columns = "every: {minutes: 5}\ncolumns: {place: 市, hour: 时, pm25_ug_m3: 值}"
    mapping = mapping_of(tmp_path, "air", columns)
    paths = []
    for first, last in ((5, 725), (725, 1445)):
        at = range(first, last, 5)
        rows = (
            f"北京,2026-03-11 {minute // 60:02}:{minute % 60:02},{(minute - 5) // 60 + 1}\n" for minute in at
        )
        paths.append(tmp_path / f"{first}.csv")
        paths[-1].write_text("市,时,值\n" + "".join(rows))
    if steps[0] != 5:
        paths.reverse()
    import_air_quality(store, tmp_path / "air", paths, now=NOW, mapping=mapping)
    assert stored_air(tmp_path) == {f"11 {hour:02}": hour + 1.0 for hour in range(24)}


def station_file(folder: Path, table: str, name: str, days: Told) -> Path:
    rows = (
        f"M1,2026-03-{day},{hour if table == 'station_hours' else f'{hour:02}:00'},{hour}\n"
        for day, hours in days.items()
        for hour in hours
    )
    (folder / f"{name}.csv").write_text("站,日,时,值\n" + "".join(rows))
    return folder / f"{name}.csv"


def take_stations(store: Engine, folder: Path, table: str, *files: tuple[str, Told]) -> StationImport:
    mapping = mapping_of(folder, table, STATIONS[table])
    paths = [station_file(folder, table, name, days) for name, days in files]
    return import_stations(store, folder / "days", paths, now=NOW, mappings=[mapping])


def stored_hours(
    folder: Path, table: HourTable = STATION_HOURS, name: str = "pm25_ug_m3"
) -> dict[str, float]:
    start, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    rows = read_hours(folder / "days", table, start, end).to_pandas()
    at = rows["hour"].dt.tz_convert(office_zone()).dt.strftime("%d %H")
    return dict(zip(at, rows[name].astype("float64").round(4), strict=True))


@pytest.mark.parametrize("table", STATIONS)
def test_tables_of_stations_follow_the_same_rule(store: Engine, tmp_path: Path, table: str) -> None:
    with pytest.raises(InputError, match="may begin or end"):
        take_stations(store, tmp_path, table, ("part", PART))
    own = (WINDS, "wind_speed_m_s") if table == "winds" else (STATION_HOURS, "pm25_ug_m3")
    assert stored_hours(tmp_path, *own) == {}
    done = take_stations(store, tmp_path, table, ("part", PART), ("whole", ENDS))
    assert done.rejected == []
    shift = 1 if table != "station_minutes" else 5 / 60
    expected = {
        f"{day} {int(hour - shift):02}": float(hour) for day, hours in (ENDS | PART).items() for hour in hours
    }
    assert stored_hours(tmp_path, *own) == expected


def test_stations_that_contradict_each_other_explain_no_part(store: Engine, tmp_path: Path) -> None:
    done = take_stations(store, tmp_path, "station_hours", ("part", PART), ("a", BEGINS), ("b", ENDS))
    assert [error.what for error in done.rejected] == [OPEN]
    assert len([note for note in done.notes if "同一表头" in note]) == 1


def test_a_table_of_our_own_names_begins(store: Engine, tmp_path: Path) -> None:
    rows = "".join(f"M1,2026-03-11T{hour:02}:00:00+08:00,{hour}\n" for hour in range(8, 18))
    (tmp_path / "station_hours.csv").write_text("station_id,hour,pm25_ug_m3\n" + rows)
    import_stations(store, tmp_path / "days", [tmp_path / "station_hours.csv"], now=NOW)
    assert stored_hours(tmp_path) == {f"11 {hour:02}": hour for hour in range(8, 18)}


def tried(store: Engine, path: Path, mapping: TableMapping, *others: Path) -> Trial:
    with reading(store) as connection:
        known = {header: scales(hours) for header, hours in layout_hours(connection).items()}
    return try_mapping(path, mapping, now=NOW, others=others, known=known)


@pytest.mark.parametrize("table", ["air", *STATIONS])
def test_a_trial_says_what_an_import_does(store: Engine, tmp_path: Path, table: str) -> None:
    def put(name: str, days: Told) -> Path:
        if table == "air":
            return air_file(tmp_path, name, days, form="hours")
        return station_file(tmp_path, table, name, days)

    mapping = mapping_of(tmp_path, table, AIR["hours"] if table == "air" else STATIONS[table])
    part, whole = put("part", PART), put("whole", ENDS)
    with pytest.raises(InputError, match="may begin or end"):
        tried(store, part, mapping)
    when = {"air": "3月11日 7时至8时", "station_minutes": "11日 07:55"}.get(table, "11日 07:00")
    assert when in tried(store, part, mapping, whole).lines[0]
    if table == "air":
        import_air_quality(store, tmp_path / "air", [whole], now=NOW, mapping=mapping)
    else:
        import_stations(store, tmp_path / "days", [whole], now=NOW, mappings=[mapping])
    assert when in tried(store, part, mapping).lines[0]


def test_minutes_of_an_hour_in_two_imports_are_not_joined_and_said(store: Engine, tmp_path: Path) -> None:
    columns = (
        "every: {minutes: 5}\ncolumns: {place: 市, hour: {moment: '{时}', hour_label: start}, pm25_ug_m3: 值}"
    )
    mapping = mapping_of(tmp_path, "air", columns)
    paths = []
    for minutes in (range(0, 45, 5), range(45, 60, 5)):
        paths.append(tmp_path / f"{minutes[0]}.csv")
        rows = "".join(f"北京,2026-03-11 12:{minute:02},{minute + 1}\n" for minute in minutes)
        paths[-1].write_text("市,时,值\n" + rows)
    first, second = (
        import_air_quality(store, tmp_path / "air", [path], now=NOW, mapping=mapping) for path in paths
    )
    assert (stored_air(tmp_path), first.notes) == ({"11 12": 21.0}, ())
    assert second.notes[0] == (
        "分钟值不足或均值为零而按缺测处理的小时值1个（如110000 2026-03-11 12时：3个，须9个；一小时的分钟值分在几个文件的，请一次读入）"
    )
    import_air_quality(store, tmp_path / "air", paths, now=NOW, mapping=mapping)
    assert stored_air(tmp_path) == {"11 12": 28.5}
