"""What draws the pictures leaves out work, and not a pixel."""

import io
from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from include.letters.pictures.canvas import plain_axes, rgba


def _drawn(add_axes: Callable[[Figure, tuple[float, float, float, float]], Axes]) -> Figure:
    """Lines, texts of every kind, a legend and a frame, on axes without ticks."""
    figure = Figure(figsize=(3, 2), facecolor="white")
    axes = add_axes(figure, (0.1, 0.2, 0.8, 0.7))
    axes.set_xlim(0, 10)
    axes.set_ylim(0, 5)
    for side in axes.spines.values():
        side.set(visible=True, linewidth=0.8)
    axes.plot([1, 9], [1, 4], marker="o")
    axes.text(2, 3, "two\nlines", bbox={"facecolor": "white"})
    axes.text(5, 2, "halo", path_effects=[withStroke(linewidth=2, foreground="white")])
    axes.text(5, 4, "PM$_{2.5}$", rotation=20)
    axes.legend([Patch(facecolor="#cc5c0c")], ["two"], loc="lower right")
    return figure


def _with_ticks_taken_off(figure: Figure, place: tuple[float, float, float, float]) -> Axes:
    axes = figure.add_axes(place)
    axes.set_xticks([])
    axes.set_yticks([])
    return axes


def _as_matplotlib_does(figure: Figure, dpi: int) -> bytes:
    pixels = io.BytesIO()
    figure.savefig(pixels, format="rgba", dpi=dpi)
    return pixels.getvalue()


def test_a_picture_is_the_one_of_matplotlib_itself_the_first_time_and_the_next():
    wanted = _as_matplotlib_does(_drawn(_with_ticks_taken_off), 120)
    for _ in range(2):
        assert rgba(_drawn(plain_axes), 120).tobytes() == wanted


def test_texts_are_measured_for_each_resolution():
    for dpi in (60, 120, 60):
        drawn = rgba(_drawn(plain_axes), dpi)
        assert drawn.shape == (2 * dpi, 3 * dpi, 4)
        assert drawn.tobytes() == _as_matplotlib_does(_drawn(_with_ticks_taken_off), dpi)


def test_plain_axes_show_a_frame_only_when_they_are_told_to():
    figure = Figure(figsize=(1, 1), facecolor="white")
    plain_axes(figure, (0.25, 0.25, 0.5, 0.5))
    assert np.unique(rgba(figure, 40)).tolist() == [255]
