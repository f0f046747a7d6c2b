"""Suspects in a 提示函: an annex, a sentence with its footnote, lines of the mail; nothing of it where nobody is suspected."""

import io
from dataclasses import replace

import openpyxl

from include.letters.bulletin import compose_bulletin
from include.letters.composition import Letter, compose_notice
from include.supervision.bulletin_figures import BulletinFigures, RepeatSuspect
from include.supervision.figures import AlarmSuspects, NoticeFigures, Suspected, from_json, to_json
from tests.letters import samples
from tests.letters.bulletins import ISSUE as BULLETIN_ISSUE
from tests.letters.bulletins import bulletin
from tests.letters.reading import docx_footnotes, docx_texts, pdf_text, squeezed

FIRST = Suspected(
    "甲厂", "high", "位于上风向1.2公里，期间生产负荷正常、治污设备停运", "Q1", "enterprise", 0.7
)
SECOND = Suspected("=乙<厂>", "low", "不在上风向，距高值站点3.0公里", "Q2", "enterprise", 0.1)
ALARM = AlarmSuspects("A1", "T85711", "井陉矿区", "南孟村东", samples.at(12, 8), (FIRST, SECOND))
UNSEEN = replace(ALARM, alarm_id="not listed", suspects=(replace(FIRST, name="丙厂"),))


def content(letter: Letter, role: str) -> bytes:
    found = letter.file(role)  # type: ignore[arg-type]
    assert found is not None
    return found.content


def test_the_suspects_of_the_listed_alarms_stand_in_every_form_of_the_letter() -> None:
    figures = samples.notice(suspects=(ALARM, UNSEEN))
    assert from_json(NoticeFigures, to_json(figures)) == figures
    letter = compose_notice(figures, samples.ISSUE)
    page = pdf_text(content(letter, "pdf"))
    for words in (
        "其中1条报警有疑似来源（见附件2）",
        "疑似来源核查建议表",
        "甲厂高位于上风向1.2公里",
        "=乙<厂>低不在上风向",
    ):
        assert words in squeezed(page), words
    assert any("高：可能性在一半以上" in note for note in docx_footnotes(content(letter, "docx")))
    text, html = content(letter, "text").decode(), content(letter, "html").decode()
    assert f"疑似来源（建议核查）：甲厂，可能性高：{FIRST.reason}\n   其次：=乙<厂>，可能性低" in text
    assert "=乙&lt;厂&gt;，可能性低" in html
    assert "低：不足两成" in text
    assert all("丙厂" not in one for one in (page, text, html))


NOBODY = Suspected("来源不明", "high", "清单内单位均不能较好解释", "unlisted", "unlisted", 0.6, ())
BESIDE = AlarmSuspects(
    "A2", "T85711", "井陉矿区", "南孟村东", samples.at(11, 8), (NOBODY, replace(SECOND, basis=()))
)


def test_the_sentence_of_the_text_says_what_was_compared_and_of_how_many_nobody_is_known() -> None:
    wind, meters, former = (replace(FIRST, basis=(name,)) for name in ("wind", "meters", "former"))
    said = {
        (
            replace(ALARM, suspects=(wind,)),
        ): "按风向和距离比对，其中1条报警有疑似来源（见附件2），建议优先核查。",
        (replace(ALARM, suspects=(wind, meters)),): "按风向、距离和分表计电比对，其中1条",
        (replace(ALARM, suspects=(meters, former)),): "按距离、分表计电和历史问题比对，其中1条",
        (
            replace(BESIDE, alarm_id="A1"),
        ): "按距离比对，其中1条报警以来源不明的可能性为最大（见附件2），建议在高值点周边现场排查。",
        (replace(ALARM, suspects=(wind,)), BESIDE): (
            "按风向和距离比对，其中1条报警有疑似来源（见附件2），建议优先核查；另有1条报警以来源不明的可能性为最大，建议在高值点周边现场排查。"
        ),
    }
    for alarms, words in said.items():
        letter = compose_notice(samples.notice(suspects=alarms), samples.ISSUE)
        assert any(words in squeezed(text) for text in docx_texts(content(letter, "docx"))), words


def test_nothing_is_printed_where_nobody_is_suspected() -> None:
    letter = compose_notice(samples.notice(), samples.ISSUE)
    said = [
        pdf_text(content(letter, "pdf")),
        content(letter, "text").decode(),
        content(letter, "html").decode(),
    ]
    assert all("疑似" not in one for one in said)
    assert not any("疑似" in note for note in docx_footnotes(content(letter, "docx")))


REPEATS = (
    RepeatSuspect("Q1", "enterprise", "甲厂", 3, 2, ("G1", "G2"), samples.at(12, 8), 1.9, "high", FIRST.reason),
    RepeatSuspect("7", "site", "=乙<工地>", 2, 0, ("G1",), samples.at(11, 8), 0.5, "medium", SECOND.reason),
)  # fmt: skip


def test_the_repeat_suspects_stand_in_the_bulletin_its_annex_and_its_workbook() -> None:
    figures = bulletin(repeat_suspects=REPEATS)
    assert from_json(BulletinFigures, to_json(figures)) == figures
    letter = compose_bulletin(figures, BULLETIN_ISSUE)
    page = squeezed(pdf_text(content(letter, "pdf")))
    for words in (
        "多次列为疑似来源的单位和点位",
        "按风向、距离、分表计电和历史问题比对，本期有2个单位或点位在2条以上报警中被列为疑似来源：甲厂（3条）、=乙<工地>（2条），见附件2。均为疑似，建议优先核查，不作为认定依据。",
        "甲厂企业32G1、G2高位于上风向1.2公里",
        "=乙<工地>工地20G1中不在上风向",
    ):
        assert words in page, words
    book = openpyxl.load_workbook(io.BytesIO(content(letter, "xlsx")))
    rows = [[cell.value for cell in row] for row in book["疑似来源"].iter_rows(min_row=2)]
    assert [(row[0], row[1], *row[3:5]) for row in rows] == [("Q1", "甲厂", 3, 2), ("7", "=乙<工地>", 2, 0)]


def test_a_bulletin_without_repeat_suspects_says_nothing_of_them_but_in_its_rules() -> None:
    page = squeezed(pdf_text(content(compose_bulletin(bulletin(), BULLETIN_ISSUE), "pdf")))
    assert "列为疑似来源" not in page


def test_a_city_with_repeat_suspects_and_without_readings_of_grids_has_their_annex() -> None:
    figures = bulletin(
        repeat_suspects=REPEATS, grids=(), counties=(), high_areas=(), highest=(), rising=(), warnings=None
    )
    page = squeezed(pdf_text(content(compose_bulletin(figures, BULLETIN_ISSUE), "pdf")))
    assert "甲厂（3条）、=乙<工地>（2条），见附件2" in page
    assert "甲厂企业32G1、G2高" in page
