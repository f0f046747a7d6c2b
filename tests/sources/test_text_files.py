"""CSV as it really comes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.errors import InputError
from include.sources.delivery import BrokenRow
from include.sources.reading.text_files import read_csv

TEXT = "编号,区县\nA1,平定县\nA2,盂县\n"
WIDTH = "列数不符：表头有2列，本行有{}列"


def read(path: Path, **settings) -> tuple[list[tuple[int, list[str]]], list[BrokenRow]]:
    rows, broken = [], []
    for chunk in read_csv(path, **settings):
        rows += zip(chunk.lines.tolist(), chunk.rows.to_numpy().tolist(), strict=True)
        broken += chunk.broken
    return rows, broken


def written(folder: Path, content: bytes | str) -> Path:
    path = folder / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_every_usual_encoding_is_read(tmp_path: Path, encoding: str, ends: str) -> None:
    path = written(tmp_path, TEXT.replace("\n", ends).encode(encoding))
    assert read(path) == ([(2, ["A1", "平定县"]), (3, ["A2", "盂县"])], [])


def test_no_line_end_at_the_end(tmp_path: Path) -> None:
    assert read(written(tmp_path, TEXT.rstrip())) == ([(2, ["A1", "平定县"]), (3, ["A2", "盂县"])], [])


def test_quotes_commas_and_line_ends_inside_a_field(tmp_path: Path) -> None:
    path = written(tmp_path, '编号,区县\nA1,"平定县,\n""东""部"\n\nA2,盂县\n')
    assert read(path) == ([(2, ["A1", '平定县,\n"东"部']), (5, ["A2", "盂县"])], [])


@pytest.mark.parametrize("tail", ["", '"q",x\n'], ids=["plain", "with quotes"])
def test_lines_of_another_width_are_set_apart(tmp_path: Path, tail: str) -> None:
    path = written(tmp_path, "a,b\n1\n2,2\n3,3,3\n4,4\n5\n" + tail)
    rows, broken = read(path)
    assert rows == [(3, ["2", "2"]), (5, ["4", "4"])] + ([(7, ["q", "x"])] if tail else [])
    assert broken == [
        BrokenRow(2, "1", WIDTH.format(1)),
        BrokenRow(4, "3,3,3", WIDTH.format(3)),
        BrokenRow(6, "5", WIDTH.format(1)),
    ]


def test_a_quote_that_is_never_closed_costs_one_line(tmp_path: Path) -> None:
    rows, broken = read(written(tmp_path, 'a,b\n1,"1\n2,2\n3,3\n'))
    assert rows == [(3, ["2", "2"]), (4, ["3", "3"])]
    assert [(row.line, row.text) for row in broken] == [(2, '1,"1')]


@pytest.mark.parametrize("main", ["utf-8", "gb18030"])
def test_a_line_in_another_encoding_is_set_apart(tmp_path: Path, main: str) -> None:
    other = {"utf-8": "gb18030", "gb18030": "utf-8"}[main]
    path = written(
        tmp_path, TEXT.encode(main) + "A3,太原市清徐县\n".encode(other) + "A4,寿阳县\n".encode(main)
    )
    rows, broken = read(path)
    assert rows == [(2, ["A1", "平定县"]), (3, ["A2", "盂县"]), (5, ["A4", "寿阳县"])]
    assert [row.line for row in broken] == [4]
    assert "编码" in broken[0].reason


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file has no header row"),
        (b"\n\n", "the file has no header row"),
        (TEXT.encode("utf-16"), "the file is UTF-16"),
        (b"a,b,a\n1,2,3\n", "a column name stands twice in the header; got a"),
        (b"a,b\n" + b"x" * (1 << 21), "a line is longer than one that is read"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(written(tmp_path, content))


@given(
    lines=st.lists(st.text(st.sampled_from('ab,"é\u00e9汉'), max_size=8), max_size=12),
    quote=st.booleans(),
    chunk_rows=st.integers(1, 5),
)
def test_no_line_is_ever_lost(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], quote: bool, chunk_rows: int
) -> None:
    """Every line that is not empty is in a row or is a broken row, whichever way the file is read."""
    content = "a,b\n" + "\n".join(lines) + ('\n"q",1' if quote else "")
    path = written(tmp_path_factory.mktemp("csv"), content)
    rows, broken = read(path, chunk_rows=chunk_rows)
    numbers = [number for number, _ in rows] + [row.line for row in broken]
    assert len(set(numbers)) == len(numbers)
    text = content.split("\n")
    covered = set()
    for number, values in rows:
        covered |= set(range(number, number + sum(value.count("\n") for value in values) + 1))
    for row in broken:
        covered |= set(range(row.line, row.line + row.text.count("\n") + 1))
    assert covered | {1} >= {number for number, line in enumerate(text, 1) if line}


@given(
    rows=st.lists(
        st.lists(st.text(st.sampled_from("ab é汉1"), min_size=1, max_size=4), min_size=1, max_size=4),
        max_size=20,
    )
)
def test_the_quick_way_and_the_careful_way_agree(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    body = "".join(",".join(row) + "\n" for row in rows)
    plain = read(written(folder, "a,b\n" + body))
    careful = read(written(folder, '"a",b\n' + body))
    assert plain == careful
