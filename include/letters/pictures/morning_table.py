"""The morning table as a picture for a chat group: unit, 已反馈/应反馈, overdue; the worst first."""

from __future__ import annotations

from typing import Final

from matplotlib.figure import Figure

from include.language import say
from include.letters.document.manuscript import width_em
from include.letters.group_words import morning_rows
from include.letters.pictures.chart_style import (
    BAND,
    INK,
    MARK_RED,
    SOFT,
    WIDTH_MM,
    blank_figure,
    png,
    styled,
)
from include.periods import moment_label
from include.supervision.figures import DailyFigures

_ROW_MM: Final = 6.5
_HEAD_MM: Final = 18.0
_MOST_ROWS: Final = 60
_DPI: Final = 130  # read on a phone; well under what a chat takes
_SIZE_PT, _PT_MM = 10.0, 25.4 / 72
_COLUMNS: Final = (4.0, 78.0, 128.0)  # mm from the left: unit, share, overdue


def morning_picture(figures: DailyFigures) -> bytes:
    """PNG; same figures, same bytes."""
    return png(_table(figures), _DPI)


@styled
def _table(figures: DailyFigures) -> Figure:
    rows = morning_rows(figures)
    shown = rows[:_MOST_ROWS]
    lines = max(1, len(shown)) + (1 if len(rows) > len(shown) else 0)
    height = _HEAD_MM + _ROW_MM * (lines + 1) + 3
    figure, axes = blank_figure(height, (0, 0, 0, 0), is_simulated=figures.is_simulated)
    axes.set_xlim(0, WIDTH_MM)
    axes.set_ylim(height, 0)
    axes.axis("off")
    title = say("{label}反馈情况（近7日）", label=figures.period.label)
    axes.text(_COLUMNS[0], 7, title, size=12, color=INK, va="center")
    as_of = say("截至{as_of}", as_of=moment_label(figures.period.as_of))
    axes.text(_COLUMNS[0], 14, as_of, size=8.5, color=SOFT, va="center")
    head = (say("单位"), say("已反馈/应反馈"), say("超期"))
    cells = [(name, f"{done}/{due}", str(late) if late else "—") for name, done, due, late in shown]
    if not cells:
        cells = [(say("近7日推送的报警没有已到时限的"), "", "")]
    if len(rows) > len(shown):
        cells.append((say("另有{count}个单位", count=len(rows) - len(shown)), "", ""))
    for number, texts in enumerate([head, *cells]):
        top = _HEAD_MM + _ROW_MM * number
        if number % 2 == 0:
            axes.axhspan(top, top + _ROW_MM, color=BAND, linewidth=0)
        for column, following, text in zip(_COLUMNS, (*_COLUMNS[1:], 0.0), texts, strict=True):
            is_late = number > 0 and column == _COLUMNS[2] and text not in ("—", "")
            colour = SOFT if number == 0 else MARK_RED if is_late else INK
            size = _fitting(text, following - column) if following else _SIZE_PT
            axes.text(column, top + _ROW_MM / 2, text, size=size, color=colour, va="center")
    return figure


def _fitting(text: str, room_mm: float) -> float:
    """The size (points) at which a text stays in its column: smaller for a long one."""
    wide_mm = max(width_em(text), 1.0) * _PT_MM
    return min(_SIZE_PT, (room_mm - 2) / wide_mm)
