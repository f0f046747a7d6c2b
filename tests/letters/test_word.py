"""The Word templates: one place for the wording, which a clerk may change; what the PDF cannot show is refused."""

import io
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from PIL import Image

from include.errors import CompositionError, InputError
from include.letters.composition import compose_document, compose_notice
from include.letters.document import template_outline, templates
from include.letters.document.template_outline import outline, write_template
from include.letters.document.word import TemplatePicture, chinese_number, compose_docx
from include.letters.document.word_reader import read_manuscript
from include.letters.document.word_styles import WORD_STYLES
from tests.letters.reading import docx_part, docx_texts, pdf_text
from tests.letters.samples import ISSUE, notice

AT = datetime(2020, 3, 13, tzinfo=UTC)
SHIPPED = templates.SHIPPED
VALUES = {"标识": "", "红头": False}


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes the template `x.docx` from an outline, in a folder of templates of its own."""
    monkeypatch.setattr(templates, "_folders", lambda: (tmp_path, SHIPPED))

    def write(text: str) -> Path:
        path = tmp_path / "x.docx"
        write_template(path, text)
        return path

    return write


def test_a_clerks_change_of_wording_reaches_docx_and_pdf(
    template: Callable[[str], Path], tmp_path: Path
) -> None:
    shutil.copy(SHIPPED / "notice.docx", tmp_path / "notice.docx")
    document = Document(tmp_path / "notice.docx")
    for paragraph in document.paragraphs:
        for run in paragraph.runs:
            run.text = run.text.replace("查明原因，尽快补报", "查明原因，立即补报")
    added = document.paragraphs[-1].insert_paragraph_before("请贵局统筹安排。")
    assert added.style.name == "Normal"  # what Word gives to pasted text: laid out as text of the letter
    document.save(tmp_path / "notice.docx")
    letter = compose_notice(notice(), ISSUE)
    for role, read in (("docx", lambda content: "".join(docx_texts(content))), ("pdf", pdf_text)):
        file = letter.file(role)  # type: ignore[arg-type]
        assert file is not None
        assert "查明原因，立即补报" in read(file.content)
        assert "请贵局统筹安排。" in read(file.content)


def test_words_split_into_runs_and_curly_quotes_as_word_leaves_them_still_work(
    template: Callable[[str], Path],
) -> None:
    path = template("公文正文｜占位")
    document = Document(path)
    paragraph = document.paragraphs[0]
    paragraph.runs[0].text = "{"
    paragraph.add_run("{ 名 }")
    paragraph.add_run("}等{% if 名 == “甲” %}是{% endif %}")
    document.save(path)
    assert docx_texts(compose_docx("x.docx", VALUES | {"名": "甲"}, "局", AT)) == ["甲等是"]


def test_a_name_that_nobody_knows_is_an_error_with_its_place(template: Callable[[str], Path]) -> None:
    template("公文正文｜{{ 不存在的名 }}条")
    with pytest.raises(CompositionError) as caught:
        compose_docx("x.docx", VALUES, "局", AT)
    assert "x.docx: the template cannot be filled in: '不存在的名' is undefined" in str(caught.value)


def test_a_slip_in_a_tag_is_an_error_that_shows_the_words_around_it(template: Callable[[str], Path]) -> None:
    template("公文正文｜报警{{ 名 条")
    with pytest.raises(
        CompositionError, match=r"^x\.docx: the template cannot be filled in.*got .*报警.*correct the wording"
    ):
        compose_docx("x.docx", VALUES | {"名": "甲"}, "局", AT)


def test_sections_left_out_leave_no_gap_in_the_numbering(template: Callable[[str], Path]) -> None:
    template(
        "公文一级标题｜{{ 节号() }}、甲\n公文控制｜{%p if 有 %}\n公文一级标题｜{{ 节号() }}、乙\n公文控制｜{%p endif %}\n"
        "公文一级标题｜{{ 节号() }}、丙"
    )
    assert docx_texts(compose_docx("x.docx", VALUES | {"有": True}, "局", AT)) == [
        "一、甲",
        "二、乙",
        "三、丙",
    ]
    assert docx_texts(compose_docx("x.docx", VALUES | {"有": False}, "局", AT)) == ["一、甲", "二、丙"]


def test_headings_count_in_chinese() -> None:
    assert [chinese_number(n) for n in (1, 9, 10, 11, 20, 99)] == ["一", "九", "十", "十一", "二十", "九十九"]
    with pytest.raises(ValueError, match="from 1 to 99, got 0"):
        chinese_number(0)


@pytest.mark.parametrize(
    ("tag", "said"), [("w:numPr", "自动编号"), ("w:vMerge", "纵向合并"), ("w:txbxContent", "文本框")]
)
def test_what_the_pdf_cannot_show_is_refused(template: Callable[[str], Path], tag: str, said: str) -> None:
    path = template("公文正文｜甲")
    document = Document(path)
    document.paragraphs[0]._p.get_or_add_pPr().append(OxmlElement(tag))
    document.save(path)
    with pytest.raises(CompositionError, match=f"x.docx: Word content that the PDF cannot show; got {said}"):
        read_manuscript(compose_docx("x.docx", VALUES, "局", AT), "x.docx")


def test_subscripts_bold_breaks_spans_and_footnotes_are_read(template: Callable[[str], Path]) -> None:
    template("公文正文｜PM~2.5~**重**m^3^[[注~x~]]\n表格｜20 136\n表控｜合计\n表行｜公文表格文字｜一｜<二")
    manuscript = read_manuscript(compose_docx("x.docx", VALUES, "局", AT))
    text, table = manuscript.blocks[:2]
    runs = [(run.text, run.is_bold, run.position, [part.text for part in run.footnote]) for run in text.runs]  # type: ignore[union-attr]
    assert runs == [
        ("PM", False, "", []),
        ("2.5", False, "sub", []),
        ("重", True, "", []),
        ("m", False, "", []),
        ("3", False, "super", []),
        ("", False, "", ["注", "x"]),
    ]
    assert [[(cell.span, cell.paragraphs[0].text) for cell in row] for row in table.rows] == [
        [(2, "合计")],
        [(1, "一"), (1, "二")],
    ]  # type: ignore[union-attr]
    assert table.widths_mm == (20.0, 136.0)  # type: ignore[union-attr]


def test_a_picture_of_the_values_is_in_both_with_its_alternative_text(
    template: Callable[[str], Path],
) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(buffer, "PNG")
    template("公文标题｜函\n公文图｜{{ 图 }}\n公文图题｜图1 反馈率")
    values = VALUES | {"图": TemplatePicture(buffer.getvalue(), 80, "各市“反馈率”<柱状图>")}
    document = compose_document("x", values, "局", AT)
    assert document.title == "函"
    picture = read_manuscript(document.docx).blocks[1]
    assert (picture.content, picture.width_mm, picture.alt) == (
        buffer.getvalue(),
        80.0,
        "各市“反馈率”<柱状图>",
    )  # type: ignore[union-attr]
    assert compose_document("x", values, "局", AT) == document


def test_the_docx_has_the_form_of_an_official_letter() -> None:
    file = compose_notice(notice(is_simulated=True), ISSUE).file("docx")
    assert file is not None
    document = Document(io.BytesIO(file.content))
    section = document.sections[0]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(margin.mm) for margin in margins] == [37, 35, 28, 26]
    text = document.styles["公文正文"]
    faces = {name: document.styles[name].element.rPr.rFonts for name in ("公文正文", "公文标题")}
    assert [one.get(qn("w:eastAsia")) for one in faces.values()] == ["仿宋_GB2312", "方正小标宋简体"]
    assert {one.get(qn("w:hAnsi")) for one in faces.values()} == {
        "Times New Roman"
    }  # which stands in for no Chinese face
    assert (text.font.name, text.font.size.pt, text.paragraph_format.line_spacing.pt) == (
        "Times New Roman",
        16,
        28.95,
    )
    assert document.styles["公文标题"].paragraph_format.alignment == WD_ALIGN_PARAGRAPH.CENTER
    for part in (
        section.header,
        section.first_page_header,
        section.even_page_header,
        section.footer,
        section.first_page_footer,
        section.even_page_footer,
    ):
        assert part.paragraphs[0].text == "模拟数据"
    for table in document.tables:
        rows = table._tbl.tr_lst
        assert rows[0].xpath("w:trPr/w:tblHeader")
        assert all(row.xpath("w:trPr/w:cantSplit") for row in rows)
    signature, date = (
        next(p for p in document.paragraphs if p.style.name == name) for name in ("公文署名", "公文日期")
    )
    assert [p._p.pPr.ind.attrib.values() for p in (signature, date)] == [["640", "200"], ["800", "250"]]
    properties = document.core_properties
    assert (properties.title, properties.author) == ("关于热点网格排查反馈情况提示的函", "热点网格远程监督组")
    assert properties.modified == datetime(2020, 3, 13, 0, 30, tzinfo=UTC)
    assert 'w:numFmt w:val="decimalEnclosedCircleChinese"' in docx_part(file.content, "word/document.xml")


def test_no_control_tag_is_left_in_a_letter() -> None:
    file = compose_notice(notice(), ISSUE).file("docx")
    assert file is not None
    assert "公文控制" not in {
        paragraph.style.name for paragraph in Document(io.BytesIO(file.content)).paragraphs
    }
    assert "{" not in "".join(docx_texts(file.content))


@pytest.mark.parametrize("name", ["notice.docx", "reminder.docx"])
def test_an_outline_is_the_whole_of_a_shipped_template(name: str, tmp_path: Path) -> None:
    text = outline((SHIPPED / name).read_bytes())
    write_template(tmp_path / name, text)
    assert outline((tmp_path / name).read_bytes()) == text
    assert {line.split("｜")[0].split()[0] for line in text.splitlines()} <= {
        *WORD_STYLES,
        "表格",
        "表头",
        "表控",
        "表行",
    }


def test_a_template_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x.docx"
    path.write_bytes(b"a clerk's work")
    with pytest.raises(InputError, match="the template exists, and a clerk may have changed it"):
        write_template(path, "公文正文｜甲")
    assert path.read_bytes() == b"a clerk's work"


def test_an_outline_with_an_unknown_style_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="outline line 2: unknown style; expected a name of word_styles; got 正文"
    ):
        write_template(tmp_path / "x.docx", "公文正文｜甲\n正文｜乙")
    assert not (tmp_path / "x.docx").exists()


def test_show_prints_the_outline(capsys: pytest.CaptureFixture[str]) -> None:
    assert template_outline.main(["show", str(SHIPPED / "reminder.docx")]) == 0
    assert "公文主送｜{{ 主送机关 }}：\n" in capsys.readouterr().out
    assert template_outline.main(["help"]) == 2
