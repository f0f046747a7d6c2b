"""How pictures look, and how one becomes a PNG: fonts from the same wheel as the letters, colours, the mark 模拟数据.

Colours form one row from light (good) to dark (poor), ColorBrewer's YlOrBr: it differs in lightness too, so that a
black-and-white print and colour-blind eyes read the same; what matters is also written, outlined or hatched.
"""

import io
from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any, Final, Literal, TypeVar

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from include.language import say
from include.letters.pictures.canvas import rgba
from include.rules import SIMULATED_LABEL
from include.supervision.figures import Share

WIDTH_MM: Final = 156.0  # of the text of a letter
DPI: Final = 200
INK, SOFT, GRID, BAND, MARK_RED = "#1a2129", "#5f6b76", "#d5dae0", "#eef1f4", "#c00000"
DONE, UNDONE = "#b7c9dc", "#1f4e79"  # light and dark of one blue: settled, open

SHADES: Final = ("#fff7d6", "#fed98e", "#fe9929", "#cc5c0c", "#6e2403")  # from light (good) to dark (poor)

# Feedback rate in classes: the least share of each, its words, its colour.
RATE_CLASSES: Final[tuple[tuple[float, str, str], ...]] = (
    (1.0, "100%", SHADES[0]),
    (0.9, "90%～不足100%", SHADES[1]),
    (0.8, "80%～不足90%", SHADES[2]),
    (0.6, "60%～不足80%", SHADES[3]),
    (0.0, "不足60%", SHADES[4]),
)
NO_ALARMS: Final = "无到期报警"
NO_ALARMS_LOOK: Final[dict[str, Any]] = {"facecolor": "white", "edgecolor": SOFT, "hatch": "////"}
HEAVY: Final[list[Any]] = [withStroke(linewidth=0.6, foreground=INK)]  # the wheel has no bold cut
_MM: Final = 1 / 25.4
_NEARLY_WHITE: Final = 249  # of a palette: its white is a mean with what lies close to it
F = TypeVar("F")


def styled(draw: Callable[[F], Figure]) -> Callable[[F], Figure]:
    """Draws in the letters' typeface; matplotlib's own settings stay as they are."""

    @wraps(draw)
    def drawn(figures: F) -> Figure:
        with matplotlib.rc_context(_look()):
            return draw(figures)

    return drawn


def rate_class(share: Share) -> int | None:
    """The place of a share in `RATE_CLASSES`; None for a zero denominator."""
    if not share.of:
        return None
    return next(place for place, (least, _, _) in enumerate(RATE_CLASSES) if share.n >= least * share.of)


def rate_colour(share: Share) -> str:
    """The colour of a share that has a denominator, on bars and map alike."""
    place = rate_class(share)
    return "white" if place is None else RATE_CLASSES[place][2]


def rate_patches(*, with_no_alarms: bool) -> list[Patch]:
    """The legend of the rate classes."""
    found = [
        Patch(facecolor=colour, edgecolor=INK, linewidth=0.5, label=say(words))
        for _, words, colour in RATE_CLASSES
    ]
    return [*found, Patch(**NO_ALARMS_LOOK, label=say(NO_ALARMS))] if with_no_alarms else found


def blank_figure(
    height_mm: float, margins_mm: tuple[float, float, float, float], *, is_simulated: bool
) -> tuple[Figure, Axes]:
    """A figure as wide as the text and its axes; margins left, bottom, right, top."""
    figure = sized_figure(WIDTH_MM, height_mm, is_simulated=is_simulated)
    return figure, add_axes(figure, margins_mm)


def sized_figure(width_mm: float, height_mm: float, *, is_simulated: bool) -> Figure:
    """An empty figure with the mark of simulated data in its corner."""
    figure = Figure(figsize=(width_mm * _MM, height_mm * _MM), facecolor="white")
    if is_simulated:
        figure.text(
            1 - 1.5 / width_mm,
            1 - 1.5 / height_mm,
            say(SIMULATED_LABEL),
            ha="right",
            va="top",
            size=8.5,
            color=MARK_RED,
            bbox={
                "facecolor": "white",
                "edgecolor": MARK_RED,
                "linewidth": 0.6,
                "boxstyle": "square,pad=0.25",
            },
            zorder=20,
        )
    return figure


def add_axes(figure: Figure, margins_mm: tuple[float, float, float, float]) -> Axes:
    """Axes with the house's thin lines; margins left, bottom, right, top of the whole figure."""
    left, bottom, right, top = margins_mm
    height_mm = figure.get_figheight() / _MM
    axes = figure.add_axes(
        (
            left / WIDTH_MM,
            bottom / height_mm,
            (WIDTH_MM - left - right) / WIDTH_MM,
            (height_mm - bottom - top) / height_mm,
        )
    )
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set(color=SOFT, linewidth=0.6)
    axes.tick_params(colors=INK, width=0.6, length=2, pad=2)
    return axes


def legend(
    figure: Figure,
    handles: Sequence[Any],
    place: Literal["upper left", "lower center"],
    *,
    above_mm: float = 0.0,
) -> None:
    """The legend in one row at `upper left` or `lower center` of the whole picture, `above_mm` over its lower edge."""
    height_mm = figure.get_figheight() / _MM
    corner = {"upper left": (0.0, 1.0), "lower center": (0.5, above_mm / height_mm)}[place]
    figure.legend(
        handles=list(handles),
        loc=place,
        bbox_to_anchor=corner,
        ncols=len(handles),
        frameon=False,
        prop=FontProperties(fname=_sans(), size=8),
        handlelength=1.5,
        handleheight=0.9,
        handletextpad=0.5,
        columnspacing=1.1,
        borderaxespad=0.3,
    )


def scale_end(values: Sequence[int], step: int) -> int:
    """The fixed end of a scale of counts: `step`, or the next multiple that holds every value."""
    return step * max(1, -(-max(values, default=0) // step))


def png(figure: Figure, dpi: int = DPI) -> bytes:
    """The picture as PNG; same figure, same bytes."""
    buffer = io.BytesIO()
    with matplotlib.rc_context(_look()):
        figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def small_png(figure: Figure, dpi: int = DPI) -> bytes:
    """The picture as PNG of 128 colours, a third of the bytes: for maps, of which every city gets two. Same figure, same bytes."""
    from PIL import Image

    with matplotlib.rc_context(_look()):
        drawn = Image.fromarray(rgba(figure, dpi)).convert("RGB")
    picture = drawn.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = np.array(picture.getpalette()).reshape(-1, 3)
    palette[(palette >= _NEARLY_WHITE).all(axis=1)] = 255
    picture.putpalette(palette.ravel().tolist())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", dpi=(dpi, dpi))
    return buffer.getvalue()


@cache
def _look() -> Any:
    fontManager.addfont(_sans())
    family = FontProperties(fname=_sans()).get_name()
    return {"font.family": family, "axes.unicode_minus": False, "hatch.linewidth": 0.5, "text.color": INK}


@cache
def _sans() -> str:
    import pylopdf_fonts_zh_cn as wheel

    return str(wheel.sans_path())
