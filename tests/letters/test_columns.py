"""Columns of tables: each holds its longest word, in Chinese its longest number and moment."""

from pathlib import Path

import pytest
from docx import Document

from include.letters.document.columns import fit_columns, fitted
from include.letters.document.manuscript import Table
from include.letters.document.template_outline import write_template
from include.letters.document.word_reader import read_manuscript
from include.profile.current import load, using


@pytest.mark.parametrize(
    ("widths", "needed", "expected"),
    [
        ((40, 60), (30, 60), [40, 60]),  # all have room
        (
            (20, 50, 30),
            (30, 20, 20),
            [30, 42, 27],
        ),  # 10 are lacking: the others give in proportion to what they can spare
        ((100, 100), (10, 10), [50, 50]),  # no wider than the page
        ((50, 50), (150, 50), [75, 25]),  # too much for the page: each its share
    ],
)
def test_narrow_columns_take_room_from_those_that_have_it(
    widths: tuple[int, ...], needed: tuple[int, ...], expected: list[int]
) -> None:
    assert fitted(widths, needed, 100) == expected


def test_a_column_is_as_wide_as_its_longest_word_and_its_short_cells(tmp_path: Path) -> None:
    path = tmp_path / "x.docx"
    write_template(
        path,
        "表格｜8 14 134\n表头｜公文小表头｜No.｜Municipality｜Notes\n表行｜公文小表文字｜1 (tied)｜Southquay Docks｜<Whatever it is\n"
        "表控｜A line over everything that is as long as it likes",
    )
    document = Document(path)
    names = {style.style_id: style.name for style in document.styles}
    with using(load("harbour")):
        fit_columns(document.element.body, names)
    document.save(path)
    (table,) = (block for block in read_manuscript(path.read_bytes()).blocks if isinstance(block, Table))
    assert table.widths_mm == pytest.approx((15.2, 22.5, 118.3), abs=0.1)
    cells = [[cell.width for cell in row.cells] for row in document.tables[0].rows[:2]]
    assert cells[0] == cells[1] == [column.width for column in document.tables[0].columns]
    margins = document.tables[0]._tbl.tblPr.xpath("w:tblCellMar/w:left/@w:w | w:tblCellMar/w:right/@w:w")
    assert margins == ["60", "60"]


def test_a_chinese_column_holds_its_numbers_and_moments_and_breaks_its_words(tmp_path: Path) -> None:
    path = tmp_path / "x.docx"
    write_template(
        path,
        "表格｜10 10 136\n表头｜公文小表头｜网格编号｜报警时间｜点位名称\n表行｜公文小表文字｜S15608812345｜3月12日 10:00｜石化园区北厂界",
    )
    document = Document(path)
    names = {style.style_id: style.name for style in document.styles}
    fit_columns(document.element.body, names)
    document.save(path)
    (table,) = (block for block in read_manuscript(path.read_bytes()).blocks if isinstance(block, Table))
    number, moment, name = table.widths_mm
    assert 20 < number < 26
    assert 20 < moment < 26
    assert number + moment + name == pytest.approx(156, abs=0.2)


def test_of_a_chinese_table_marks_shares_names_and_units_of_heads_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.docx"
    write_template(
        path,
        "表格｜8 8 8 8 124\n表头｜公文小表头｜城市｜增减（百分点）｜反馈率｜标记｜备注\n"
        "表行｜公文小表文字｜第14试点市｜0.0｜14/14（100.0%）｜督办、长期3条｜石化园区北厂界外道路与建设大街延伸段交叉口",
    )
    document = Document(path)
    fit_columns(document.element.body, {style.style_id: style.name for style in document.styles})
    document.save(path)
    (table,) = (block for block in read_manuscript(path.read_bytes()).blocks if isinstance(block, Table))
    em = 9 / 72 * 25.4
    name, change, share, mark, _ = table.widths_mm
    assert name > 5.5 * em  # 第14试点市
    assert change > 4 * em  # （百分点）
    assert share > 7.5 * em
    assert mark > 6.5 * em  # 督办、长期3条
