"""Matplotlib for pictures on paper: axes without ticks make none, and a text is measured once, not in every picture anew.

The pictures are the same to the last pixel as without it. Some of the names that are overridden are matplotlib's own; its version is locked.
"""

from functools import cache, lru_cache
from threading import get_ident
from typing import Any, Final, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Tick, XAxis, YAxis
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.mathtext import MathTextParser
from matplotlib.textpath import TextToPath
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

_KEPT: Final = 1024  # texts: those of several letters
_Measures = tuple[float, float, float]


def plain_axes(figure: Figure, place: tuple[float, float, float, float]) -> Axes:
    """Axes with a ground and a frame, without ticks and labels, as maps and legends need; `place`: left, bottom, width and height as shares of
    the figure."""
    axes = _PlainAxes(figure, place)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(NullLocator())
        axis.set_visible(False)
    for side in axes.spines.values():
        side.set_position(("outward", 0.0))  # as drawn ticks would
        side.set_visible(False)
    figure.add_axes(axes)
    return axes


def rgba(figure: Figure, dpi: int) -> NDArray[np.uint8]:
    """The drawn figure: rows of pixels of red, green, blue and alpha."""
    figure.dpi = dpi
    renderer = _Renderer(*figure.canvas.get_width_height(), dpi)
    figure.draw(renderer)
    return np.asarray(renderer.buffer_rgba())  # type: ignore[no-untyped-call]


class _UntickedX(XAxis):
    majorTicks = minorTicks = cast("list[Tick]", ())


class _UntickedY(YAxis):
    majorTicks = minorTicks = cast("list[Tick]", ())


class _PlainAxes(Axes):
    def _init_axis(self) -> None:
        self.xaxis, self.yaxis = _UntickedX(self, clear=False), _UntickedY(self, clear=False)


class _Renderer(RendererAgg):
    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(width, height, dpi)  # type: ignore[no-untyped-call]
        self.mathtext_parser = _parser(get_ident())
        self._text2path = _Outlines()

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> _Measures:
        return _measured(s, prop.copy(), self.dpi) if not ismath else self._measure(s, prop, ismath)

    def _measure(self, s: str, prop: FontProperties, ismath: Any) -> _Measures:
        found: _Measures = super().get_text_width_height_descent(s, prop, ismath)  # type: ignore[no-untyped-call]
        return found

    def _get_font_height_metrics(self, prop: FontProperties) -> tuple[float | None, ...]:
        return _line_heights(prop.copy(), self.dpi)


class _Outlines(TextToPath):
    def get_text_path(
        self, prop: FontProperties, s: str, ismath: Any = False, *, features: Any = None, language: Any = None
    ) -> Any:
        if ismath or features or language:
            return super().get_text_path(prop, s, ismath, features=features, language=language)
        unsized = prop.copy()
        unsized.set_size(self.FONT_SCALE)
        return _outlined(s, unsized)


@cache
def _parser(_thread: int) -> Any:
    """Of one thread, as fonts are."""
    return MathTextParser("path")


@lru_cache(_KEPT)
def _measured(text: str, font: FontProperties, dpi: float) -> _Measures:
    """Width, height and descent of a text in pixels."""
    return _Renderer(1, 1, dpi)._measure(text, font, False)


@lru_cache(_KEPT)
def _outlined(text: str, font: FontProperties) -> tuple[Any, Any]:
    """Vertices of a text's outlines, and what each is."""
    vertices, codes = TextToPath().get_text_path(font, text)
    return np.array(vertices), np.array(codes)


@lru_cache(_KEPT)
def _line_heights(font: FontProperties, dpi: float) -> tuple[float | None, ...]:
    """Ascent, descent and gap of a line in pixels, as the font states them; None: it does not, and matplotlib goes by its letters."""
    face = get_font(findfont(font))
    told, head = face.get_sfnt_table("OS/2"), face.get_sfnt_table("head")
    if told is None or head is None:
        return None, None, None
    pixels = 1 / head["unitsPerEm"] * font.get_size_in_points() * dpi / 72
    return told["sTypoAscender"] * pixels, -told["sTypoDescender"] * pixels, told["sTypoLineGap"] * pixels
