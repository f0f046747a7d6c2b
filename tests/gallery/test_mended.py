"""What was seen on pages of the gallery once, and mended."""

import io
from typing import Any

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH

from include.letters.composition import Letter
from include.letters.document.press import settled
from include.profile.current import load, using
from tests.gallery.cases import cases
from tests.gallery.pages import Page, pages_of


def letter_of(name: str) -> Letter:
    """The letter of one case, composed in its office."""
    case = next(one for one in cases() if one.name == name)
    with using(load(case.profile)):
        return case.compose()


def content(letter: Letter, role: str) -> bytes:
    file = letter.file(role)
    assert file is not None
    return file.content


def page_with(pages: list[Page], words: str) -> Page:
    return next(page for page in pages if any(text.words.startswith(words) for text in page.texts))


def test_an_annex_with_a_picture_starts_a_page_and_the_rules_are_not_torn_from_their_title() -> None:
    pages = pages_of(content(letter_of("bulletin-first-half"), "pdf"))
    of_air = next(page for page in pages if any(text.words == "附件1" for text in page.texts))
    assert of_air.number > page_with(pages, "报送邮箱").number  # whose page is more than a fifth full
    assert of_air.number == page_with(pages, "（二）其他污染物").number
    assert page_with(pages, "数据和规则说明").number == page_with(pages, "数据完整性").number


def test_paragraphs_with_long_numbers_are_ragged_in_word() -> None:
    document = Document(io.BytesIO(content(letter_of("bulletin-clusters"), "docx")))
    left = [one.text for one in document.paragraphs if one.alignment == WD_ALIGN_PARAGRAPH.LEFT]
    assert any("对超期未反馈的3条报警（涉及R" in text for text in left)
    assert "报送邮箱：fankui@example.org" in left
    assert not any(text.startswith("现将") for text in left)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("notice-answered", "3月12日24时前推送的报警均已反馈、核减或结案"),
        ("harbour-notice-answered", "All alarms pushed before 12 March 24:00 are answered"),
    ],
)
def test_all_is_said_of_the_window(name: str, expected: str) -> None:
    """An alarm of the morning of the letter is none of its figures: it may be open."""
    letter = letter_of(name)
    docx = " ".join(one.text for one in Document(io.BytesIO(content(letter, "docx"))).paragraphs)
    for text in (docx, content(letter, "html").decode(), content(letter, "text").decode()):
        assert expected in text


class Unsettled:
    """What Typst warns of where its pages still move."""

    diagnostic = "layout did not converge within 5 attempts"


@pytest.mark.parametrize(("unsettled", "tries"), [(0, [{}]), (1, [{}, {"joins": "pairs"}])])
def test_where_pages_still_move_fewer_annexes_follow(unsettled: int, tries: list[dict[str, str]]) -> None:
    """In the PDF and in the pages of the gallery."""
    asked: list[dict[str, str]] = []

    def compiled(joins: dict[str, str]) -> tuple[Any, Any]:
        asked.append(joins)
        return "made", [Unsettled()] if len(asked) <= unsettled else []

    assert settled(compiled) == ("made", [])
    assert asked == tries


@pytest.mark.parametrize("name", ["notice-red-head", "bulletin-first-half"])
def test_the_signature_has_words_with_it_and_the_page_before_is_full(name: str) -> None:
    """附件说明 flows with the text where an annex follows the signature; where that starts a page, the last paragraph comes along."""
    pages = pages_of(content(letter_of(name), "pdf"))
    signed = page_with(pages, "（联系人")
    words = [text.words for text in signed.texts if text.size > 12 and not text.is_margin]
    assert words[0].startswith("3." if name == "notice-red-head" else "请你市针对上述事项")
    before = pages[signed.number - 2]
    assert (
        min(text.base for text in before.texts if not text.is_margin and text.size > 12)
        < 0.35 * before.height
    )


def test_a_row_of_many_lines_may_part_and_a_picture_leaves_no_blank() -> None:
    first = pages_of(content(letter_of("dissection"), "pdf"))[0]
    assert any(text.words.startswith("2020年3月8日") or text.words == "核查情况" for text in first.texts)
    pages = pages_of(content(letter_of("bulletin-whole-lattice"), "pdf"))
    of_map = page_with(pages, "图3")
    assert (
        min(text.base for text in pages[of_map.number - 2].texts if not text.is_margin) < 0.2 * of_map.height
    )


@pytest.mark.parametrize(("name", "is_told"), [("bulletin-no-data", False), ("bulletin-lasting", True)])
def test_the_rules_explain_only_what_the_letter_has(name: str, is_told: bool) -> None:
    document = Document(io.BytesIO(content(letter_of(name), "docx")))
    explained = {row.cells[0].text for table in document.tables for row in table.rows}
    assert {"平均浓度", "数据完整性"} <= explained
    for words in ("高值区", "图的读法", "重点企业", "疑似来源"):
        assert (words in explained) == is_told
