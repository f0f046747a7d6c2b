"""XLSX files as people hand them in."""

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.sources.delivery import BrokenRow
from include.sources.intake import pull
from include.sources.workbooks import read_xlsx
from tests.sources.exports import ALARM, NOW, at, folder_source, stored


def saved(path: Path, *rows: list[Any]) -> Path:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(path)
    return path


def read(path: Path) -> tuple[list[tuple[int, list[str]]], list[BrokenRow]]:
    rows, broken = [], []
    for chunk in read_xlsx(path, chunk_rows=2):
        rows += zip(chunk.lines.tolist(), chunk.rows.to_numpy().tolist(), strict=True)
        broken += chunk.broken
    return rows, broken


def test_cells_become_text(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.xlsx", [], ["a", " b ", "c"], [1, 2.0, 2.5], [True, None, "x"], [None, None, None],
        [datetime.fromisoformat("2020-03-12T08:30"), date(2020, 3, 12), "0012"],
    )  # fmt: skip
    assert read(path) == (
        [(3, ["1", "2", "2.5"]), (4, ["true", "", "x"]), (6, ["2020-03-12T08:30:00", "2020-03-12T00:00:00", "0012"])], []
    )  # fmt: skip


def test_formulas_errors_and_stray_cells_are_set_apart(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", ["a", "b"], ["=1+1", 1], ["#N/A", 1], [1, 2, 3], [1, 2])
    rows, broken = read(path)
    assert rows == [(5, ["1", "2"])]
    assert [(row.line, row.text, row.reason) for row in broken] == [
        (2, "=1+1\t1", "含有公式：请粘贴为数值后重新提交"),
        (3, "#N/A\t1", "含有错误值（如#N/A）"),
        (4, "1\t2\t3", "列数不符：表头有2列，本行更多"),
    ]


def test_merged_cells_hold_their_value_once(engine: Engine, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(list(ALARM))
    for number in (1, 2):
        sheet.append(list((ALARM | {"alarm_id": f"A{number}"}).values()))
    sheet.merge_cells("C2:C3")  # one city for two rows
    workbook.save(tmp_path / "alarms.xlsx")
    result = pull(engine, folder_source(tmp_path), at("2020-03-01"), at("2020-04-01"), now=NOW)
    assert (result.new, result.quarantined) == (1, 1)
    assert stored(engine, "quarantine", "origin", "field", "reason") == [
        ("alarms.xlsx 第3行", "city_code", "必填，未填写")
    ]


def bomb(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package,
        package.open("xl/huge.xml", "w") as entry,
    ):
        for _ in range(513):
            entry.write(bytes(1 << 20))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_bytes(b""), "the workbook cannot be read"),
        (
            lambda path: path.write_text("alarm_id,event\n"),
            "the workbook cannot be read; expected an XLSX file; got BadZipFile",
        ),
        (bomb, "the workbook is too large when unpacked"),
        (lambda path: saved(path), "the sheet has no header row"),
        (lambda path: saved(path, ["a", "a"]), "a column name stands twice"),
        (
            lambda path: saved(path).write_bytes(saved(path, ["a"]).read_bytes()[:-300]),
            "the workbook cannot be read",
        ),
    ],
    ids=["empty", "csv", "bomb", "no header", "twice", "truncated"],
)
def test_a_workbook_that_cannot_be_used_is_an_error(tmp_path: Path, make, message: str) -> None:
    make(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.xlsx")
