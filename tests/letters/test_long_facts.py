"""Facts of any length are printed whole: free texts, names, and names without a place to break."""

import io
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from include.letters.composition import compose_notice
from include.supervision.figures import Issue
from tests.gallery import computed
from tests.gallery.findings import page_findings
from tests.gallery.pages import pages_of
from tests.letters import samples

_STORY = "现场核查发现料场北侧约两千平方米砂石未苫盖，雾炮机停用，进出车辆未冲洗，道路积尘明显。" * 25
_NAME = "某某经济技术开发区石化园区北厂界外道路与建设大街延伸段交叉口东北侧约三百米处" * 6
_END = "完毕尾"


def _printed(pdf: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


def _with_descriptions(words: str) -> bytes:
    rows = computed.ordinary()
    return _pdf(rows, [one | {"description": words} for one in computed.found_by(rows)])


def _pdf(rows: list[dict[str, Any]], found: list[dict[str, Any]], issue: Issue = samples.ISSUE) -> bytes:
    letter = compose_notice(computed.notice(rows, found), issue)
    return next(one.content for one in letter.files if one.content.startswith(b"%PDF"))


@pytest.mark.parametrize("signs", [100, 300, 500, 1000])
def test_a_long_description_of_a_problem_is_printed_to_its_end(signs: int) -> None:
    short, long = _with_descriptions(_END), _with_descriptions(_STORY[:signs] + _END)
    assert _printed(long).count(_END) == _printed(short).count(_END) > 0
    assert page_findings(pages_of(long)) == []


@pytest.mark.parametrize("signs", [60, 156, 200])
def test_a_long_name_of_a_point_loses_no_row(signs: int) -> None:
    rows = computed.ordinary()
    before = _printed(_pdf(rows, computed.found_by(rows)))
    rows = [one | {"point_name": one["grid_id"] + _NAME[:signs] + _END} for one in rows]
    pdf = _pdf(rows, computed.found_by(rows))
    after = _printed(pdf)
    told = {one["grid_id"] for one in rows if one["grid_id"] in before}
    assert told
    assert all(f"{one}{_NAME[:6]}" in after for one in told)
    assert after.count(_END) >= len(told)
    assert page_findings(pages_of(pdf)) == []


def test_a_name_without_blanks_stays_on_the_paper() -> None:
    rows = [one | {"point_name": "Longname" * 13} for one in computed.ordinary()]
    issue = replace(samples.ISSUE, contact="Contact" * 15, phone="1" * 104)
    pdf = _pdf(rows, computed.found_by(rows), issue)
    assert "Contact" * 15 in _printed(pdf)
    assert "1" * 104 in _printed(pdf)
    assert page_findings(pages_of(pdf)) == []
