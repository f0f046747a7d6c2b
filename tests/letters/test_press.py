"""The form of the PDF: GB/T 9704's measures, tables over pages, glyphs, fonts, pictures."""

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pylopdf_fonts_zh_cn as wheel
import pypdf
import pytest
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from PIL import Image

from include.errors import CompositionError, InputError
from include.letters.composition import compose_notice
from include.letters.document import press, templates
from include.letters.document.manuscript import Manuscript, Paragraph, Picture, Run, Table
from include.letters.document.press import print_pdf
from include.letters.document.typefaces import load_typefaces
from tests.letters.reading import pdf_pages, pdf_places, squeezed
from tests.letters.samples import ISSUE, PREVIEW, notice, problem_row

AT = datetime(2020, 3, 13, tzinfo=UTC)


def paragraph(text: str, style: str = "公文正文") -> Paragraph:
    return Paragraph(style, (Run(text),))


def manuscript(*blocks: Paragraph | Picture | Table) -> Manuscript:
    return Manuscript("函", "局", "", blocks)


def notice_pdf(**changes: int) -> bytes:
    file = compose_notice(notice(**changes), ISSUE).file("pdf")
    assert file is not None
    return file.content


def test_a_line_holds_28_characters_and_a_page_22_lines() -> None:
    full = print_pdf(manuscript(paragraph("国" * 28 * 22, "公文主送")), AT)
    assert pdf_pages(full) == ["\n".join(["国" * 28] * 22)]
    more = print_pdf(manuscript(paragraph("国" * 28 * 25, "公文主送")), AT)
    assert [page.count("国") for page in pdf_pages(more)] == [28 * 22, 28 * 3]


def test_a_paragraph_is_indented_by_two_characters() -> None:
    assert pdf_pages(print_pdf(manuscript(paragraph("国" * 31)), AT)) == ["国" * 26 + "\n" + "国" * 5]


def test_the_page_is_a4_with_the_margins_of_an_official_letter() -> None:
    pdf = print_pdf(manuscript(paragraph("国" * 28 * 22, "公文主送")), AT)
    box = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].mediabox
    mm = 72 / 25.4
    assert (round(box.width / mm), round(box.height / mm)) == (210, 297)
    places = pdf_places(pdf)
    assert {round(x / mm, 1) for _, x, _ in places} == {28.0}
    base_lines = sorted({round(297 * mm - y, 1) for _, _, y in places})
    assert len(base_lines) == 22
    assert base_lines[0] == pytest.approx(37 * mm + 0.88 * 15.75, abs=0.2)
    assert base_lines[-1] < (297 - 35) * mm


def test_the_header_of_a_long_table_is_on_every_page_and_no_row_is_torn() -> None:
    tables = [page for page in pdf_pages(notice_pdf(rows=60)) if "点位名称" in page and "报警时间" in page]
    assert len(tables) >= 3
    rows = [
        line.split()[1]
        for page in tables
        for line in page.splitlines()
        if line.split()[1:2] and line.split()[1][0] == "T"
    ]
    assert sorted(set(rows)) == [f"T{85710 + n}" for n in range(1, 61)]
    assert all("序号 网格编号 区县" in page for page in tables)


def test_page_numbers_stand_outside_and_not_on_the_first_page() -> None:
    pages = pdf_pages(notice_pdf(rows=40))
    assert "— 1 —" not in pages[0]
    assert [page.splitlines()[-1].strip() for page in pages[1:4]] == ["— 2 —", "— 3 —", "— 4 —"]


@pytest.mark.parametrize("problems", range(1, 9))
def test_the_signature_never_stands_without_text(problems: int) -> None:
    """However long the text is, its address or the last of its annexes is on the page of the date, over the table that follows there."""
    figures = notice(problems=0)
    figures = replace(
        figures, problems=tuple(problem_row(n, category="类别" * 6 + str(n)) for n in range(problems))
    )
    file = compose_notice(figures, ISSUE).file("pdf")
    assert file is not None
    signed = next(page for page in pdf_pages(file.content) if "（联系人" in page)
    assert squeezed(signed).index("热点网格排查反馈表（电子表格，另附）") < squeezed(signed).index(
        "热点网格远程监督组2020年"
    )
    assert "热点网格远程监督组\n2020年3月13日\n（联系人：王建国，电话：010-12345678）" in signed


def test_the_date_begins_two_characters_right_of_the_signature() -> None:
    for issuer in ("值班室", "热点网格远程监督组", "生态环境部生态环境执法局"):
        blocks = (
            paragraph("正文", "公文正文"),
            paragraph(issuer, "公文署名"),
            paragraph("2020年3月13日", "公文日期"),
        )
        left = {text: x for text, x, _ in pdf_places(print_pdf(manuscript(*blocks), AT))}
        assert left["2020年3月13日"] - left[issuer] == pytest.approx(2 * 15.75, abs=0.1)


def test_the_file_says_what_it_is_and_is_tagged() -> None:
    reader = pypdf.PdfReader(io.BytesIO(notice_pdf()))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == (
        "关于热点网格排查反馈情况提示的函",
        "热点网格远程监督组",
    )
    assert reader.metadata["/CreationDate"] == "D:20200313003000Z"
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "zh-CN"
    assert [item.title for item in reader.outline if not isinstance(item, list)][:2] == [
        "一、报警及反馈情况",
        "二、超期未反馈情况",
    ]


def test_marks_stand_on_every_page_and_a_red_head_only_when_asked() -> None:
    figures = notice(rows=30, is_simulated=True)
    pdf = compose_notice(figures, PREVIEW, red_head=True).file("pdf")
    assert pdf is not None
    pages = pdf_pages(pdf.content)
    assert all(page.count("模拟数据　预览稿 未签发") == 2 for page in pages)
    assert "热点网格远程监督组" in pages[0]
    assert "（预览稿，未签发）" in "".join(pages)
    assert "〔2020〕" not in "".join(pages)
    assert "热点网格远程监督组" not in pdf_pages(notice_pdf())[0]


def test_a_fixed_character_without_a_glyph_names_itself_and_its_place() -> None:
    with pytest.raises(CompositionError) as caught:
        compose_notice(notice(), replace(ISSUE, issuer="监督组🏭"))
    assert str(caught.value).startswith(
        "notice.docx 公文署名: no typeface has the character '🏭' (U+1F3ED); got 监督组🏭;"
    )


def test_a_warning_of_typst_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    form = tmp_path / press.FORM
    form.write_text('#set text(font: "No Such Typeface")\n文', encoding="utf-8")
    monkeypatch.setattr(templates, "_folders", lambda: (tmp_path, templates.SHIPPED))
    with pytest.raises(CompositionError, match="unknown font family"):
        print_pdf(manuscript(paragraph("文")), AT)


def test_an_operators_fonts_go_first_and_the_wheel_fills_their_gaps(
    named_font: Callable[[str, str], Path],
) -> None:
    folder = named_font("仿宋_GB2312", "国家")
    faces = load_typefaces(folder)
    assert faces.roles["fangsong"][0] == "仿宋_GB2312"
    assert faces.roles["hei"][0] == "Noto Sans SC"
    pdf = print_pdf(manuscript(paragraph("国家鄠")), AT, fonts_dir=folder)
    fonts = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/Font"].values()
    names = {font.get_object()["/BaseFont"].split("+")[1] for font in fonts}
    assert len(names) == 2
    assert any(name.startswith("NotoSerifSC") for name in names)
    assert pdf_pages(pdf) == ["国家鄠"]


def test_a_fonts_folder_without_fonts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no fonts in this folder"):
        load_typefaces(tmp_path)


def test_a_picture_keeps_its_alternative_text() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(buffer, "PNG")
    blocks = (Picture(buffer.getvalue(), 80, "各市反馈率柱状图"), paragraph("图1 反馈率", "公文图题"))
    reader = pypdf.PdfReader(io.BytesIO(print_pdf(manuscript(*blocks), AT)))
    assert len(reader.pages[0].images) == 1
    assert "各市反馈率柱状图" in _alternatives(reader.root_object["/StructTreeRoot"])


def _alternatives(node: pypdf.generic.DictionaryObject) -> list[str]:
    found = [str(node["/Alt"])] if "/Alt" in node else []
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        kid = kid.get_object()
        if isinstance(kid, pypdf.generic.DictionaryObject):
            found += _alternatives(kid)
    return found


@pytest.fixture
def named_font(tmp_path: Path) -> Callable[[str, str], Path]:
    """Makes a folder with one small font of a family name that covers a few characters."""

    def make(family: str, characters: str) -> Path:
        path = tmp_path / "fonts" / "font.otf"
        path.parent.mkdir()
        shutil.copy(wheel.sans_path(), path)
        with TTFont(path) as font:
            options = Options()
            options.drop_tables += ["GPOS", "GSUB", "BASE", "VORG"]
            subsetter = Subsetter(options)
            subsetter.populate(text=characters)
            subsetter.subset(font)
            names = font["name"]
            names.names = []
            for identifier, text in ((1, family), (2, "Regular"), (4, family), (6, "FangSongGB2312")):
                names.setName(text, identifier, 3, 1, 0x409)
            font.save(path)
        return path.parent

    return make


def test_many_short_annexes_are_set_although_each_place_depends_on_the_one_before() -> None:
    annexes = [
        part
        for number in range(1, 9)
        for part in (
            Paragraph("公文附件标记", (Run(f"附件{number}"),), starts_page=True),
            paragraph("国" * 28 * (number % 3 * 4 + 1), "公文主送"),
        )
    ]
    pages = pdf_pages(print_pdf(manuscript(paragraph("国" * 28), *annexes), AT))
    text = "".join(pages)
    assert [f"附件{number}" in text for number in range(1, 9)] == [True] * 8
    assert "附件1" not in pages[0]
    assert len(pages) < 9
