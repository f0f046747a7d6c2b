"""A list of hotspot grids from its proposal to the date it is in force, on both databases."""

import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import shapely
from sqlalchemy import Engine, select

from include.errors import InputError, StateError
from include.letters.pictures.selection_map import ListMap, selection_map
from include.office import grid_lists
from include.office.grid_files import geojson, list_files, listed, unit_reasons
from include.store import tables
from include.store.archive import Archive
from include.store.engine import reading, writing
from include.store.grid_lists import hot_grids_on, places_on, with_list_in_force, without_later_places
from include.store.statements import frame
from tests.letters.reading import pdf_text
from tests.office.lists import SHIJIAZHUANG, YANGQUAN, choice

NOW = datetime(2026, 1, 20, 2, tzinfo=UTC)
BY = {"now": NOW, "actor": "王科长"}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def proposed(engine: Engine, archive: Archive, **more: object) -> int:
    return grid_lists.propose(engine, archive, choice(**more), **BY)  # type: ignore[arg-type]


def hot(engine: Engine, archive: Archive, list_id: int) -> set[str]:
    rows = grid_lists.view(engine, archive, list_id).rows
    return set(rows["grid_id"][rows["is_hot"]])


def test_a_choice_becomes_a_list_once_whatever_is_repeated(engine: Engine, archive: Archive) -> None:
    first = proposed(engine, archive)
    assert proposed(engine, archive) == first
    assert proposed(engine, archive, name="另一份") != first
    lists = grid_lists.all_lists(engine)
    assert lists[["name", "state", "hot", "decided"]].to_numpy().tolist() == [
        ["另一份", "proposed", 4, 0],
        ["2025年热点网格", "proposed", 4, 0],
    ]
    with reading(engine) as connection:
        kept = set(frame(connection, "archived_files", mail_since_at=NOW)["sha256"])
    assert set(lists["table_sha256"]) | set(lists["manifest_sha256"]) <= kept == set(archive.objects())
    assert hot(engine, archive, first) == set(choice().table["grid_id"][choice().table["is_hot"]])


def test_who_stands_alone_follows_what_persons_decided(engine: Engine, archive: Archive) -> None:
    own = proposed(engine, archive)
    warning = "周边没有相邻的热点网格"

    def alone() -> set[str]:
        rows = grid_lists.view(engine, archive, own).rows
        assert rows["words"].str.contains(warning).tolist() == rows["is_isolated"].tolist()
        return set(rows["grid_id"][rows["is_isolated"]])

    table = choice().table
    stays, *others = sorted(table["grid_id"][table["is_hot"]])
    for grid_id in others:
        grid_lists.strike(engine, own, grid_id, reason="在水库上", **BY)
    assert alone() == {stays}
    cell = table[table["grid_id"] == stays].iloc[0]
    is_beside = (table["row"] == cell["row"]) & ((table["west"] - cell["east"]).abs() < 1e-5)
    beside = table.loc[is_beside, "grid_id"].iloc[0]
    grid_lists.add(engine, archive, own, beside, reason="新建园区", **BY)
    assert alone() == set()
    grid_lists.strike(engine, own, stays, reason="看错了", **BY)
    assert alone() == {beside}
    grid_lists.release(engine, own, date(2026, 2, 1), reason="审核通过", **BY)
    rows = listed(grid_lists.view(engine, archive, own), {YANGQUAN: "阳泉市"})
    assert rows["grid_id"][rows["is_isolated"]].tolist() == [beside]


def test_a_person_strikes_out_adds_and_takes_back_each_with_a_reason(
    engine: Engine, archive: Archive
) -> None:
    own = proposed(engine, archive)
    before = hot(engine, archive, own)
    gone = min(before)
    other = choice().table.loc[~choice().table["is_hot"], "grid_id"].iloc[0]
    grid_lists.strike(engine, own, gone, reason="在水库上", **BY)
    grid_lists.add(engine, archive, own, other, reason="新建园区", **BY)
    assert hot(engine, archive, own) == before - {gone} | {other}
    rows = grid_lists.view(engine, archive, own).rows.set_index("grid_id")
    assert rows.loc[gone, "words"].startswith("人工剔除：在水库上。")
    assert rows.loc[other, "words"].startswith("人工增补：新建园区。2025年PM2.5为")
    grid_lists.add(engine, archive, own, gone, reason="看错了", **BY)
    grid_lists.strike(engine, own, other, reason="也看错了", **BY)
    assert hot(engine, archive, own) == before
    audit = tables.audit.c
    with reading(engine) as connection:
        said = connection.execute(
            select(audit.subject_id, audit.action, audit.actor, audit.reason).order_by(audit.audit_id)
        ).all()
    assert [tuple(row) for row in said] == [
        (str(own), "propose", "王科长", "2025年热点网格"),
        (f"{own} {gone}", "strike", "王科长", "在水库上"),
        (f"{own} {other}", "add", "王科长", "新建园区"),
        (f"{own} {gone}", "add", "王科长", "看错了"),
        (f"{own} {other}", "strike", "王科长", "也看错了"),
    ]


def test_what_cannot_be_decided_is_refused(engine: Engine, archive: Archive) -> None:
    own = proposed(engine, archive)
    inside, outside = min(hot(engine, archive, own)), "R0001C0001"
    with pytest.raises(InputError, match="needs its reason"):
        grid_lists.strike(engine, own, inside, reason=" ", **BY)
    with pytest.raises(StateError, match="not in the list"):
        grid_lists.strike(engine, own, outside, reason="不在", **BY)
    with pytest.raises(StateError, match="in the list already"):
        grid_lists.add(engine, archive, own, inside, reason="已在", **BY)
    with pytest.raises(InputError, match="no such cell in the lattice"):
        grid_lists.add(engine, archive, own, outside, reason="不在", **BY)
    with pytest.raises(InputError, match="no such list"):
        grid_lists.view(engine, archive, 999)
    grid_lists.reject(engine, own, reason="数据有误", **BY)
    for act in (
        lambda: grid_lists.strike(engine, own, inside, reason="太晚", **BY),
        lambda: grid_lists.reject(engine, own, reason="再次", **BY),
        lambda: grid_lists.release(engine, own, date(2026, 2, 1), reason="太晚", **BY),
    ):
        with pytest.raises(StateError, match="the list is decided already"):
            act()


def test_a_released_list_is_in_force_from_its_date_until_the_next(engine: Engine, archive: Archive) -> None:
    first = proposed(engine, archive)
    grid_lists.release(engine, first, date(2026, 2, 1), reason="审核通过", **BY)
    grids = tuple(sorted(hot(engine, archive, first)))
    second = proposed(engine, archive, name="下一份", old=grids, shift=0.9)
    with pytest.raises(StateError, match="begins later is released already"):
        grid_lists.release(engine, second, date(2026, 1, 31), reason="太早", **BY)
    grid_lists.release(engine, second, date(2027, 2, 1), reason="审核通过", **BY)
    with reading(engine) as connection:
        on = {
            day: hot_grids_on(connection, day)
            for day in (date(2026, 1, 31), date(2026, 2, 1), date(2027, 1, 31), date(2027, 2, 1))
        }
        known = frame(connection, "grids_on_map")
        flags = with_list_in_force(connection, known, date(2026, 2, 1))
    assert on[date(2026, 1, 31)] is None
    for day in (date(2026, 2, 1), date(2027, 1, 31)):
        assert tuple(on[day]["grid_id"].sort_values()) == grids  # type: ignore[index]
    assert set(on[date(2027, 2, 1)]["grid_id"]) == hot(engine, archive, second)  # type: ignore[index]
    # Their places are known now; whether they are hot is said by the lists.
    assert set(grids) <= set(known["grid_id"])
    assert not known["is_hot"].any()
    assert set(flags["grid_id"][flags["is_hot"]]) == set(grids)
    rows = grid_lists.compare(engine, first, second)
    assert set(rows["grid_id"][rows["change"] != "new"]) == set(grids)


def test_a_list_may_not_begin_before_a_bulletin_that_left(engine: Engine, archive: Archive) -> None:
    own = proposed(engine, archive)
    at = datetime(2026, 1, 31, 16, tzinfo=UTC)
    values = {
        "kind": "bulletin",
        "addressee": YANGQUAN,
        "unit_code": YANGQUAN,
        "period_kind": "half_month",
        "period_start": date(2026, 1, 16),
        "period_end": date(2026, 2, 1),
        "start_at": at - timedelta(days=16),
        "end_at": at,
        "as_of": at,
        "revision": 1,
        "letter_key": "bulletin_140300",
        "state": "released",
        "state_reason": "",
        "state_at": at,
        "is_stuck": False,
        "is_simulated": True,
        "figures_json": "{}",
        "subject": "通报",
        "composed_at": at,
    }
    with writing(engine) as connection:
        connection.execute(tables.letter.insert().values(**values))
    with pytest.raises(StateError, match="bulletin that has left"):
        grid_lists.release(engine, own, date(2026, 1, 31), reason="太早", **BY)
    grid_lists.release(engine, own, date(2026, 2, 1), reason="审核通过", **BY)


def test_the_files_of_a_list_are_the_same_bytes_and_say_why() -> None:
    of = grid_lists.view_of(choice())
    units = {YANGQUAN: "阳泉市", SHIJIAZHUANG: "石家庄市"}
    first, again = (dict(list_files(grid_lists.view_of(choice()), units, "某办公室")) for _ in range(2))
    assert sorted(first) == [
        "grids.csv",
        "hot_grids.csv",
        "hot_grids.geojson",
        "manifest.json",
        "map.png",
        "为什么是这个网格_石家庄市.pdf",
        "为什么是这个网格_阳泉市.pdf",
    ]
    assert first == again
    assert len(pd.read_csv(io.BytesIO(first["grids.csv"]))) == len(of.table)
    text = pdf_text(unit_reasons(of, YANGQUAN, "阳泉市", "某办公室"))
    for words in (
        "热点网格遴选说明",
        "选出热点网格2个",
        "为什么是这个网格",
        "系统默认",
        "缺少2023、2024年",
        "模拟数据",
        "SHA-256",
    ):
        assert words in text, words
    rows = listed(of, units)
    for grid_id in rows["grid_id"][rows["unit_code"] == YANGQUAN]:
        assert grid_id in text
    assert '"data_origin":"模拟数据"' in geojson(of, units).decode()
    with pytest.raises(InputError, match="no cell of this unit"):
        unit_reasons(of, "370100", "济南市", "某办公室")


def test_of_two_lists_from_one_date_the_later_decision_is_in_force(engine: Engine, archive: Archive) -> None:
    first, second = proposed(engine, archive), proposed(engine, archive, name="更正", shift=0.9)
    day = date(2026, 2, 1)
    grid_lists.release(engine, second, day, reason="审核通过", **BY)
    later = {**BY, "now": NOW + timedelta(hours=1)}
    grid_lists.release(engine, first, day, reason="还是用第一份", **later)
    with reading(engine) as connection:
        assert set(hot_grids_on(connection, day)["grid_id"]) == hot(engine, archive, first)  # type: ignore[index]
    lists = grid_lists.all_lists(engine).set_index("list_id")["is_superseded"]
    assert (bool(lists[first]), bool(lists[second])) == (False, True)


def test_letters_of_before_a_list_do_not_speak_of_the_places_it_made_known(
    engine: Engine, archive: Archive
) -> None:
    own = proposed(engine, archive)
    with writing(engine) as connection:
        connection.execute(
            tables.grid.insert().values(
                grid_id="370102-001",
                unit_code=YANGQUAN,
                county="城区",
                name="一号",
                west=113.5,
                south=37.8,
                east=113.53,
                north=37.83,
                is_hot=True,
                is_monitored=True,
                source="file",
                is_simulated=False,
                received_at=NOW,
                content_hash="0" * 64,
            )
        )
    grid_lists.release(engine, own, date(2026, 2, 16), reason="审核通过", **BY)
    later = proposed(engine, archive, name="下一份", shift=0.9)
    grid_lists.release(engine, later, date(2027, 2, 16), reason="审核通过", **BY)
    with reading(engine) as connection:
        known = frame(connection, "grids_on_map")
        spoken = {
            day: set(places_on(connection, day).index) for day in (date(2026, 2, 15), date(2026, 2, 16))
        }
        shown = without_later_places(connection, known, date(2026, 2, 16))
        before = without_later_places(connection, known, date(2026, 2, 15))
    first, second = hot(engine, archive, own), hot(engine, archive, later)
    assert second - first
    assert set(known["grid_id"]) == {"370102-001"} | first | second
    assert spoken[date(2026, 2, 15)] == {"370102-001"} == set(before["grid_id"])
    assert spoken[date(2026, 2, 16)] == first
    assert set(shown["grid_id"]) == {"370102-001"} | first


def test_a_struck_grid_is_no_longer_to_carry_micro_stations(engine: Engine, archive: Archive) -> None:
    own = proposed(engine, archive, monitored_share=1.0)
    gone, *_ = sorted(hot(engine, archive, own))
    assert "拟设微站" in grid_lists.view(engine, archive, own).rows.set_index("grid_id")["words"][gone]
    grid_lists.strike(engine, own, gone, reason="在水库上", **BY)
    row = grid_lists.view(engine, archive, own).rows.set_index("grid_id").loc[gone]
    assert not row["is_monitored"]
    assert "拟设微站" not in row["words"]
    assert row["words"].startswith("人工剔除：在水库上。")
    grid_lists.add(engine, archive, own, gone, reason="看错了", **BY)
    again = grid_lists.view(engine, archive, own).rows.set_index("grid_id").loc[gone]
    assert again["is_monitored"]
    assert "拟设微站" in again["words"]


def test_names_on_the_map_cover_no_micro_station() -> None:
    own = grid_lists.view_of(choice(monitored_share=1.0))
    rows = own.rows[own.rows["is_hot"]]
    outline = shapely.box(113.45, 37.75, 113.9, 37.95)
    figure = selection_map(ListMap(rows, [("城区", outline), ("长安区", outline)], "热点网格", True))
    axes = figure.axes[0]
    [stations] = [line for line in axes.lines if line.get_marker() == "o" and line.get_markersize() == 2.2]
    names = [text for text in axes.texts if text.get_text() in ("城区", "长安区")]
    assert len(names) == 2
    assert stations.get_zorder() > max(text.get_zorder() for text in names)
    figure.draw_without_rendering()
    marks = axes.transData.transform(stations.get_xydata())
    assert len(marks) == 4
    for text in names:
        box = text.get_window_extent()
        assert not any(box.contains(x, y) for x, y in marks)
