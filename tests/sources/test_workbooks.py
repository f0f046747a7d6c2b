"""XLSX files as people hand them in."""

import os
import resource
import signal
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.sources.delivery import BrokenRow
from include.sources.intake import pull
from include.sources.reading import children, workbooks
from include.sources.reading.workbook_child import LIMITS, MOST_MEMORY
from include.sources.reading.workbooks import read_workbook
from tests.sources.exports import ALARM, NOW, at, folder_source, stored

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRINGS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def saved(path: Path, *rows: list[Any]) -> Path:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(path)
    return path


def read(path: Path) -> tuple[list[tuple[int, list[str]]], list[BrokenRow]]:
    rows, broken = [], []
    for chunk in read_workbook(path, chunk_rows=2):
        rows += zip(chunk.lines.tolist(), chunk.rows.to_numpy().tolist(), strict=True)
        broken += chunk.broken
    return rows, broken


def test_cells_become_text(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.xlsx",
        [],
        ["a", " b ", "c"],
        [1, 2.0, 2.5],
        [True, None, "x"],
        [None, None, None],
        [datetime.fromisoformat("2020-03-12T08:30"), date(2020, 3, 12), "0012"],
    )
    assert read(path) == (
        [
            (3, ["1", "2", "2.5"]),
            (4, ["true", "", "x"]),
            (6, ["2020-03-12T08:30:00", "2020-03-12T00:00:00", "0012"]),
        ],
        [],
    )


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
        ("alarms.xlsx 第3行", "unit_code", "必填，未填写")
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
            r"the workbook cannot be read; expected a workbook \(xlsx, xls, et, ods\); got BadZipFile",
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


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'


def with_parts(path: Path, **parts: str) -> Path:
    """A workbook whose parts of these names (`sheet1`, `sharedStrings`, `styles`) say something else."""
    saved(path, ["a"], ["text"])
    with zipfile.ZipFile(path) as package:
        kept = {name: package.read(name) for name in package.namelist()}
    if "sharedStrings" in parts:
        kept["xl/sharedStrings.xml"] = b""
        types = kept["[Content_Types].xml"].decode()
        kept["[Content_Types].xml"] = types.replace(
            "</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{STRINGS}"/></Types>'
        ).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in kept.items():
            package.writestr(name, parts.get(Path(name).stem, content))
    return path


def rows_of(cells: str, count: int, first: int = 2) -> str:
    return "".join(
        f'<row r="{number}">{cells.format(number)}</row>' for number in range(first, first + count)
    )


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            {"sheet1": SHEET.format(HEADER + '<row r="1000000000"><c r="A1000000000"><v>1</v></c></row>')},
            r"got row 1,000,000,000",
        ),
        ({"sheet1": SHEET.format(HEADER + '<row r="1048577"><c><v>1</v></c></row>')}, r"got row 1,048,577"),
        (
            {"sheet1": SHEET.format(HEADER + rows_of('<c r="XFD{0}"><v>1</v></c>', 30_000))},
            r"got something in column 16,384 of row 2",
        ),
        (
            {"sheet1": SHEET.format(HEADER + '<row r="2"><c r="IW2"><v>1</v></c></row>')},
            r"got something in column 257 of row 2",
        ),
        (
            {
                "sheet1": SHEET.format(
                    HEADER
                    + '<row r="2"><c r="IV2"><v>1</v></c></row><row r="1000000"><c r="A1000000"><v>1</v></c></row>'
                )
            },
            r"got 1,000,000 rows by 256 columns",
        ),
        (
            {
                "sharedStrings": f'<sst xmlns="{MAIN}"><si><t>{"x" * 40_000}</t></si></sst>',
                "sheet1": SHEET.format('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'),
            },
            "40,000 characters in a cell",
        ),
        (
            {"sheet1": SHEET.format(HEADER + '<row r="2">' + "<c><v>1</v></c>" * 300_000 + "</row>")},
            "something in column 300,000",
        ),
        (
            {
                "sheet1": '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
                + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
                + "]>"
                + SHEET.format('<row r="1"><c r="A1" t="inlineStr"><is><t>&j;</t></is></c></row>')
            },
            "the workbook cannot be read",
        ),
    ],
    ids=[
        "far row",
        "row 1048577",
        "XFD",
        "column 257",
        "rectangle",
        "long text",
        "one endless row",
        "entities",
    ],
)
def test_a_workbook_that_asks_for_the_machine_costs_little_and_is_an_error(
    tmp_path: Path, parts: dict[str, str], message: str
) -> None:
    path = with_parts(tmp_path / "a.xlsx", **parts)
    largest_before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    if "larger than" in caught.value.what:
        assert caught.value.expected == LIMITS
    # The largest child so far: of an earlier test, where that was larger.
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert largest * 1024 < MOST_MEMORY or largest == largest_before
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 64 << 20


def test_a_part_that_asks_for_more_memory_than_there_is_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = (
        "import include.sources.reading.workbook_child as child; child.MOST_MEMORY = 150 << 20; child.main()"
    )
    monkeypatch.setattr(children, "program", lambda module: less)
    styles = f'<styleSheet xmlns="{MAIN}"><fonts>' + "<font/>" * 400_000 + "</fonts></styleSheet>"
    with pytest.raises(InputError, match=r"larger than one that is read; .*got more memory"):
        read(with_parts(tmp_path / "a.xlsx", styles=styles))


def test_many_shared_strings_fit(tmp_path: Path) -> None:
    strings = f'<sst xmlns="{MAIN}">' + "<si/>" * 300_000 + "</sst>"
    sheet = SHEET.format(HEADER + '<row r="2"><c r="A2"><v>5</v></c></row>')
    assert read(with_parts(tmp_path / "a.xlsx", sharedStrings=strings, sheet1=sheet)) == ([(2, ["5"])], [])


def test_cells_that_are_only_formatted_do_no_harm(tmp_path: Path) -> None:
    sheet = SHEET.format(
        HEADER
        + '<row r="2"><c r="A2"><v>5</v></c><c r="XFD2" s="0"/></row><row r="1048576"><c r="A1048576" s="0"/></row>'
    )
    assert read(with_parts(tmp_path / "a.xlsx", sheet1=sheet)) == ([(2, ["5"])], [])


def test_a_child_that_says_nothing_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "program", lambda module: "import signal; signal.pause()")
    monkeypatch.setattr(workbooks, "_PATIENCE", 0)
    with pytest.raises(InputError, match="got more than 60 s"):
        read(saved(tmp_path / "a.xlsx", ["a"]))


@pytest.mark.parametrize(
    "program",
    ["import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "print('{}')", "raise SystemExit(3)"],
)
def test_a_child_that_ends_early_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(children, "program", lambda module: program)
    with pytest.raises(InputError, match="larger than one that is read"):
        read(saved(tmp_path / "a.xlsx", ["a"]))


def test_a_reader_that_is_left_ends_its_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[children.Reader] = []

    @contextmanager
    def noted(*arguments: Any, **options: Any) -> Iterator[children.Reader]:
        with children.child(*arguments, **options) as reader:
            started.append(reader)
            yield reader

    monkeypatch.setattr(workbooks, "child", noted)
    path = with_parts(tmp_path / "a.xlsx", sheet1=SHEET.format(HEADER + rows_of("<c><v>1</v></c>", 100_000)))
    chunks = read_workbook(path, chunk_rows=10)
    next(chunks)
    (reader,) = started
    assert reader.pid is not None
    os.kill(reader.pid, 0)
    chunks.close()
    assert reader.returncode == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(reader.pid, 0)


def test_the_child_knows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MAIL_SERVER", "secret")
    told = "import json, os; print(json.dumps({'error': {'what': ' '.join(sorted(os.environ))}}))"
    monkeypatch.setattr(children, "program", lambda module: told)
    with pytest.raises(InputError) as caught:
        read(saved(tmp_path / "a.xlsx", ["a"]))
    assert "AIRFLOW" not in str(caught.value)
