"""Bar charts as SVG, in words of one language: by month, pushed and answered. The table beside each says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil
from typing import Final

from include.openness.words import simulated_mark, translator

_WIDTH, _HEIGHT, _LEFT, _BASE, _TOP = 640.0, 260.0, 52.0, 212.0, 60.0
_PUSHED, _ANSWERED = "#9cc3e4", "#1f5f99"
_STEPS: Final = (1, 2, 5)
_SIZE, _SMALL = 13, 10  # of words, and of upright ones


@dataclass(frozen=True)
class Bar:
    """One month: its label and counts; None for what is merged or withheld. `year` stands below the label, where months of several years
    stand beside each other."""

    label: str
    pushed: int | None
    answered: int | None
    year: str = ""


def bar_chart(title: str, bars: Sequence[Bar], lang: str, *, is_simulated: bool) -> bytes:
    """Two bars a month, with their numbers above, upright where these are too wide; a month that is merged says so in its place."""
    t = translator(lang)
    most = max([bar.pushed or 0 for bar in bars] + [1])
    step = _step(most)
    top = ceil(most / step) * step
    marked = f"{simulated_mark()} {title}" if is_simulated else title
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-labelledby="title about" '
        'font-family="sans-serif" font-size="13" fill="#1b2733">',
        f'<title id="title">{escape(marked)}</title>',
        f'<desc id="about">{escape("; ".join(_told(bar, lang) for bar in bars))}</desc>',
        f'<rect width="{_WIDTH:.0f}" height="{_HEIGHT:.0f}" fill="#fff"/>',
    ]
    for value in range(0, top + 1, step):
        y = _y(value, top)
        parts.append(f'<path d="M{_LEFT:.0f} {y:.1f}H{_WIDTH - 8:.0f}" stroke="#d4dbe1"/>')
        parts.append(f'<text x="{_LEFT - 6:.0f}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    place = (_WIDTH - 8 - _LEFT) / max(len(bars), 1)
    width = min(place * 0.34, 46.0)
    is_upright = _width_of(str(most)) > width + 2
    every = ceil((max(_width_of(bar.label) for bar in bars) + 4) / place) if bars else 1
    for number, bar in enumerate(bars):
        middle = _LEFT + (number + 0.5) * place
        told = ((bar.label, 18),) if number % every == 0 else ()
        for words, below in (*told, (bar.year, 34)):
            if words:
                parts.append(_text(middle, _BASE + below, words))
        if bar.pushed is None or bar.answered is None:
            words = t("合并")
            parts.append(_text(middle, _BASE - 8, words, is_upright=_width_of(words) + 4 > place))
            continue
        for count, left, colour in (
            (bar.pushed, middle - width - 1, _PUSHED),
            (bar.answered, middle + 1, _ANSWERED),
        ):
            y = _y(count, top)
            parts.append(
                f'<rect x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="{_BASE - y:.1f}" fill="{colour}" stroke="#1f5f99" stroke-width=".6"/>'
                + _text(left + width / 2, y - 4, str(count), is_upright=is_upright)
            )
    legend = ((_LEFT, _PUSHED, t("推送")), (_LEFT + 110, _ANSWERED, t("已反馈")))
    for x, colour, words in legend:
        parts.append(
            f'<rect x="{x:.0f}" y="8" width="14" height="12" fill="{colour}" stroke="#1f5f99" stroke-width=".6"/>'
            f'<text x="{x + 19:.0f}" y="18">{escape(words)}</text>'
        )
    if is_simulated:
        parts.append(f'<text x="{_WIDTH - 8:.0f}" y="18" text-anchor="end">{escape(simulated_mark())}</text>')
    parts.append("</svg>\n")
    return "".join(parts).encode()


def _text(middle: float, base: float, words: str, *, is_upright: bool = False) -> str:
    """Words around `middle`; upright ones read from below and begin at their base."""
    if not is_upright:
        return f'<text x="{middle:.1f}" y="{base:.1f}" text-anchor="middle">{escape(words)}</text>'
    x = middle + _SIZE / 3
    return f'<text x="{x:.1f}" y="{base:.1f}" font-size="{_SMALL}" transform="rotate(-90 {x:.1f} {base:.1f})">{escape(words)}</text>'


def _width_of(words: str) -> float:
    """About how wide words are: a sign of Chinese is square."""
    return _SIZE * sum(0.58 if one.isascii() else 1.0 for one in words)


def _told(bar: Bar, lang: str) -> str:
    t = translator(lang)
    if bar.pushed is None or bar.answered is None:
        return f"{bar.label}: {t('合并')}"
    return f"{bar.label}: {t('推送')} {bar.pushed}, {t('已反馈')} {bar.answered}"


def _y(value: int, top: int) -> float:
    return _BASE - (_BASE - _TOP) * value / top


def _step(most: int) -> int:
    """A round step that gives at most six lines."""
    size = 1
    while True:
        for step in _STEPS:
            if step * size * 5 >= most:
                return step * size
        size *= 10
