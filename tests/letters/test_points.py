"""The point first: the box 要点 of what leaders and cities get, in the document and in the mail, whatever the figures are."""

from dataclasses import replace

import pytest

from include.letters.bulletin import compose_bulletin
from include.letters.composition import Letter
from include.letters.document.word_reader import read_manuscript
from include.letters.overview import compose_overview
from include.letters.summary import compose_summary
from include.supervision.bulletin_figures import FollowUp
from include.supervision.rule_codes import FollowUpRule
from tests.letters import bulletins, summaries
from tests.letters.reading import pdf_pages, squeezed


def points(letter: Letter) -> list[str]:
    """The box's lines, which are on the first page and in the mail."""
    docx, pdf, html, text = (letter.file(role) for role in ("docx", "pdf", "html", "text"))
    assert docx is not None
    assert pdf is not None
    assert html is not None
    assert text is not None
    lines = [
        block.text
        for block in read_manuscript(docx.content).blocks
        if getattr(block, "style", "") == "公文要点"
    ]
    first_page = squeezed(pdf_pages(pdf.content)[0])
    for line in lines:
        assert squeezed(line) in first_page
    for line in lines[1:]:
        assert line.replace("PM2.5", "PM₂.₅") in html.content.decode()
        assert line.replace("PM2.5", "PM₂.₅") in text.content.decode()
    return lines


@pytest.fixture(autouse=True)
def _few_pixels() -> object:
    with bulletins.small_pictures(), summaries.small_pictures():
        yield


def test_a_summary_begins_with_figures_changes_and_what_is_asked() -> None:
    assert points(compose_summary(summaries.plain(), summaries.ISSUE)) == [
        "要点",
        "数字　推送报警6条，已反馈5/6（83.3%），超期1条，发现问题4个；长期未反馈1条。",
        "变化　推送：较上期（3条）增加3条；超期：与上期持平（上期为3月1日至3日）。",
        "请办　督促阳泉市（1条）反馈超期7天以内的报警；销号长期未反馈报警1条；剖析反复报警网格1个。",
    ]


def test_a_summary_of_nothing_says_so() -> None:
    assert points(compose_summary(summaries.nothing(), summaries.ISSUE)) == [
        "要点",
        "数字　没有推送报警。",
        "变化　本期和上期均没有推送报警（上期为3月1日至3日）。",
        "请办　没有需要另行督促的事项，继续日常调度。",
    ]


def test_a_bulletin_and_one_without_data() -> None:
    assert points(compose_bulletin(bulletins.bulletin(), bulletins.ISSUE)) == [
        "要点",
        "数字　PM2.5平均52μg/m³，在39个城市中由低到高排名第7位；推送报警12条，已反馈11/12（91.7%）；3月31日24时前推送的尚未反馈3条，其中已超期2条。",
        "变化　浓度同比下降20.0%，较3月上半月上升5.0%；可比的5个热点网格中上升3个、下降2个。",
        "请办　剖析连续预警网格1个；补报超期报警2条；2020年4月11日前书面报送排查和整改情况。",
    ]
    assert points(compose_bulletin(bulletins.without_air(), bulletins.ISSUE)) == [
        "要点",
        "数字　PM2.5数据不足；没有推送报警。",
        "变化　没有可比数据。",
        "请办　核查PM2.5数据缺失的原因；2020年4月11日前书面报送排查和整改情况。",
    ]


def test_overdue_alarms_are_asked_for_whatever_else_is() -> None:
    rules: tuple[FollowUpRule, ...] = (
        "warned_again",
        "high_without_problem",
        "rising_without_alarm",
        "overdue",
        "rectification_overdue",
    )
    asked = tuple(FollowUp(rule, number, 9, ("T1",)) for number, rule in enumerate(rules, start=1))
    crowded = replace(bulletins.bulletin(), follow_ups=asked)
    assert points(compose_bulletin(crowded, bulletins.ISSUE))[-1] == (
        "请办　剖析连续预警网格1个；补报超期报警4条；完成逾期整改5个；2020年4月11日前书面报送排查和整改情况。"
    )


def test_an_overview_of_39_cities_and_of_one_without_data() -> None:
    lines = points(compose_overview(bulletins.overview(), bulletins.OVERVIEW_ISSUE))
    assert lines[:3] == [
        "要点",
        "数字　PM2.5平均44μg/m³；推送报警76条，已反馈75/76（98.7%），超期1条，发现问题39个；预警网格1个。",
        "变化　浓度同比下降10.0%，与上期持平；可比的38个城市中上升19个、下降19个。",
    ]
    assert lines[3].startswith("请办　督促")
    assert lines[3].endswith("；督促反馈超期报警1条。")
