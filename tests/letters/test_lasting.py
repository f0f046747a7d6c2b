"""持续偏高 in a 通报函: a sentence, a table of the annex, a sheet; nothing of it where no grid stands so."""

import io

import openpyxl

from include.letters.bulletin import compose_bulletin
from include.letters.composition import Letter
from include.supervision.bulletin_figures import BulletinFigures, LastingGrid
from include.supervision.figures import from_json, to_json
from tests.letters.bulletins import ISSUE, bulletin
from tests.letters.reading import pdf_text, squeezed

LASTING = (
    LastingGrid("T1", "井陉县", "北村", 3, 28, 27, 28, 30.5, 60.0),
    LastingGrid("T2", "井陉县", "=南<村>", 4, 20, 15, 28, 12.2, 25.14),
)


def content(letter: Letter, role: str) -> bytes:
    found = letter.file(role)  # type: ignore[arg-type]
    assert found is not None
    return found.content


def test_lasting_grids_stand_in_the_letter_its_annex_and_its_workbook() -> None:
    figures = bulletin(lasting=LASTING)
    assert from_json(BulletinFigures, to_json(figures)) == figures
    letter = compose_bulletin(figures, ISSUE)
    page = squeezed(pdf_text(content(letter, "pdf")))
    for words in (
        "持续偏高的网格",
        "截至本期末的28天内，有2个网格的全部微站多数日子明显高于周边：井陉县T1网格（高出周边约60.0%）、井陉县T2网格（高出周边约25.1%），见附件2。",
        "T1井陉县北村328/2827/2830/60.0%",
        "T2井陉县=南<村>420/2815/2012/25.1%",
    ):
        assert words in page, words
    book = openpyxl.load_workbook(io.BytesIO(content(letter, "xlsx")))
    rows = [[cell.value for cell in row] for row in book["持续偏高"].iter_rows(min_row=2)]
    assert rows == [
        ["T1", "井陉县", "北村", 3, 28, 27, 28, 30.5, 60],
        ["T2", "井陉县", "=南<村>", 4, 20, 15, 28, 12.2, 25.14],
    ]


def test_a_bulletin_without_lasting_grids_says_nothing_of_them() -> None:
    assert "持续偏高" not in squeezed(pdf_text(content(compose_bulletin(bulletin(), ISSUE), "pdf")))


def test_a_city_with_lasting_grids_and_without_readings_of_grids_has_their_annex() -> None:
    figures = bulletin(
        lasting=LASTING, grids=(), counties=(), high_areas=(), highest=(), rising=(), warnings=None
    )
    assert "T1井陉县北村328/28" in squeezed(pdf_text(content(compose_bulletin(figures, ISSUE), "pdf")))
