"""The charts of the public pages: words beside each other, whatever the numbers and however many months."""

import pytest

from include.openness.charts import Bar, bar_chart
from tests.gallery.svg import svg_findings

_HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50" font-size="10">'


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("months", "pushed"),
    [(1, 0), (1, 123456), (4, 7), (4, 411), (12, 1553), (12, None), (26, 28117), (40, 99)],
)
def test_no_words_of_a_chart_touch(lang: str, months: int, pushed: int | None) -> None:
    names = [f"{place % 12 + 1}月" if lang == "zh" else "Sep" for place in range(months)]
    years = [str(2019 + place // 12) if place % 12 == 0 and months > 12 else "" for place in range(months)]
    answered = None if pushed is None else pushed - pushed // 9
    bars = [Bar(name, pushed, answered, year) for name, year in zip(names, years, strict=True)]
    svg = bar_chart("各月推送", bars, lang, is_simulated=True)
    assert svg_findings(svg) == []
    for year in filter(None, years):
        assert f">{year}</text>" in svg.decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<text x="10" y="20">12</text><text x="30" y="20">12</text>', []),
        ('<text x="10" y="20">12</text><text x="15" y="20">34</text>', ["text over text: '12' and '34'"]),
        ('<text x="95" y="20">123</text>', ["text outside the picture: '123'"]),
        (
            '<text x="20" y="20">12</text><text x="30" y="40" transform="rotate(-90 30 40)">345678</text>',
            ["text over text: '12' and '345678'"],
        ),
    ],
)
def test_each_kind_of_fault_is_found(text: str, expected: list[str]) -> None:
    assert svg_findings(f"{_HEAD}{text}</svg>".encode()) == expected
