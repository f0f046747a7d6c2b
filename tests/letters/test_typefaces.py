"""The typefaces of official letters: what is found, what stands in, real bold where there is one, and the standards of the PDF."""

import io
import shutil
from dataclasses import replace
from pathlib import Path

import pylopdf_fonts_zh_cn as wheel
import pypdf
import pytest
from fontTools.ttLib import TTFont

from include.letters.composition import compose_notice
from include.letters.document import fonts_check
from include.letters.document.typefaces import load_typefaces
from include.profile.current import office, using
from tests.letters.samples import ISSUE, notice


@pytest.fixture
def own_fonts(tmp_path: Path) -> Path:
    """A folder with a 仿宋 and with a bold 黑体, made from the wheel's faces."""
    for family, weight in (("仿宋", 400), ("黑体", 700)):
        path = tmp_path / f"{weight}.otf"
        shutil.copy(wheel.sans_path(), path)
        with TTFont(path) as face:
            face["name"].names = []
            for number, text in ((1, family), (2, "Regular"), (3, family), (4, family), (6, f"Own{weight}")):
                face["name"].setName(text, number, 3, 1, 0x409)
            face["OS/2"].usWeightClass = weight
            face.save(path)
    return tmp_path


def test_what_is_found_and_what_stands_in(own_fonts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {row.role: row for row in fonts_check.found_typefaces(own_fonts)}
    assert (found["fangsong"].family, found["fangsong"].is_official, found["fangsong"].has_bold) == (
        "仿宋",
        True,
        False,
    )
    assert (found["hei"].family, found["hei"].has_bold) == ("黑体", True)
    assert fonts_check.main([str(own_fonts)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "正文 仿宋：仿宋（无粗体，加粗处以描边代替）" in lines
    assert any(
        line.startswith("标题 小标宋：Noto Serif SC") and "缺：方正小标宋简体" in line for line in lines
    )


def test_a_folder_without_fonts_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fonts_check.main([str(tmp_path)]) == 2
    assert "no fonts in this folder" in capsys.readouterr().err


def test_only_the_faces_that_are_used_are_embedded(own_fonts: Path) -> None:
    file = compose_notice(notice(), ISSUE, fonts_dir=own_fonts).file("pdf")
    assert file is not None
    page = pypdf.PdfReader(io.BytesIO(file.content)).pages[0]
    names = {str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()}
    assert len(names) >= 2
    assert all(name[7] == "+" for name in names)  # subsets
    assert load_typefaces(own_fonts).bold == ("hei",)


def test_pdf_standards_are_kept_on_request() -> None:
    with using(replace(office(), pdf_standards=("a-2a", "ua-1"))):
        file = compose_notice(notice(), ISSUE).file("pdf")
    assert file is not None
    told = pypdf.PdfReader(io.BytesIO(file.content)).root_object["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in told
    assert "<pdfuaid:part>1</pdfuaid:part>" in told
