"""The two axes of a raster file: from coordinates to edges, and the window that is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from include.errors import InputError
from include.geo.zonal import Floats, Raster, at_centres, reach
from include.language import say
from include.selection.layers import Note, Turn

LARGEST_WINDOW: Final = 60_000_000  # pixels, about 480 MB: a region of 10° × 10° at 150 m
_TURNS: Final[dict[Turn, tuple[bool, bool]]] = {
    "": (False, False),
    "north": (True, False),
    "west": (False, True),
    "both": (True, True),
}
_DEGREES: Final = 720.0  # beyond the globe by more: no degrees that were shifted
_UNEVEN: Final = 5e-3  # of a step: what coordinates in single precision may be off


@dataclass(frozen=True)
class Axis:
    """`count` pixels from the edge `start` on, each `step` wide (negative: falling), in the file's order."""

    start: float
    step: float
    count: int

    @property
    def low(self) -> float:
        """The smaller outer edge."""
        return min(self.start, self.start + self.step * self.count)

    @property
    def high(self) -> float:
        """The larger outer edge."""
        return max(self.start, self.start + self.step * self.count)

    def window(self, low: float, high: float) -> slice:
        """The pixels that touch [low, high], one more on each side."""
        ends = sorted(((low - self.start) / self.step, (high - self.start) / self.step))
        first = int(np.clip(np.floor(ends[0]) - 1, 0, self.count))
        return slice(first, int(np.clip(np.ceil(ends[1]) + 1, first, self.count)))


@dataclass
class Opened:
    """A raster before its values are read: axes, reference, what it says about itself, notes, and `layers.Layer.turned`."""

    x: Axis
    y: Axis
    crs: str
    unit: str = ""
    years: frozenset[int] = frozenset()
    notes: list[Note] = field(default_factory=list)
    turned: dict[Turn, Floats] = field(default_factory=dict)


def axis_of(coordinates: ArrayLike, where: str, name: str, is_corner: bool) -> Axis:
    """The axis of evenly spaced coordinates of pixels' centres (or lower-left corners). Raises InputError for uneven ones."""
    values = np.asarray(coordinates, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise InputError(
            "coordinates that cannot be used",
            where=f"{where} {name}",
            got=f"shape {values.shape}",
            expected="at least two finite coordinates in one row",
        )
    step = (values[-1] - values[0]) / (len(values) - 1)
    if step == 0 or np.abs(np.diff(values) - step).max() > _UNEVEN * abs(step) * 2:
        raise InputError(
            "the raster's grid is not regular",
            where=f"{where} {name}",
            got=f"steps from {np.diff(values).min():.6g} to {np.diff(values).max():.6g}",
            expected="equal steps",
            todo="bring it onto a regular grid (e.g. gdalwarp) before it is used",
        )
    step = _rounded(step, len(values))
    first = _snapped(values, step)
    low = min(first, first + step * (len(values) - 1))
    edge = low if is_corner else low - abs(step) / 2
    return Axis(edge if step > 0 else edge + abs(step) * len(values), step, len(values))


def _rounded(step: float, count: int) -> float:
    """A step as its maker meant it: 0.01, not 0.0100000077."""
    for digits in range(1, 7):
        if abs(round(step, digits) - step) * count < _UNEVEN * abs(step) * 10 and round(step, digits):
            return round(step, digits)
    return step


def _snapped(values: NDArray[np.float64], step: float) -> float:
    """The first coordinate that fits all of them best: single precision is off by 8e-6 at 120°."""
    return float(round(float(np.mean(values - step * np.arange(len(values)))), 6))


def require_on_earth(x: Axis, y: Axis, where: str) -> None:
    """Refuses axes in degrees that leave the globe: transposed, or corners read as centres."""
    if y.low >= -90.001 and y.high <= 90.001 and x.low >= -180.001 and x.high <= 360.001:
        return
    what, todo = _off_earth(x, y)
    raise InputError(
        what,
        where=where,
        got=f"x {x.low:.4f} to {x.high:.4f}, y {y.low:.4f} to {y.high:.4f}",
        expected="longitudes up to 360 and latitudes up to 90 degrees",
        todo=todo,
    )


def _off_earth(x: Axis, y: Axis) -> tuple[str, str]:
    """Why axes leave the globe, by how far they do, and what to do."""
    over = max(-90 - y.low, y.high - 90, -180 - x.low, x.high - 360)
    if over <= max(abs(x.step), abs(y.step)):
        return (
            "the pixels leave the globe: corners may have been read as centres (half a cell off)",
            "state `registration: corner` (EDGAR's text files) or `centre`",
        )
    if x.low >= -90.001 and x.high <= 90.001 and y.high <= 360.001:
        return "longitude and latitude are transposed", "exchange the axes in the file"
    if over > _DEGREES:
        return (
            "the coordinates are no degrees: metres of a projection under a reference in degrees",
            "get the file with its right reference (such as EPSG:32650), or warp it (gdalwarp)",
        )
    return (
        "the longitudes or latitudes are none of the globe",
        "get the file with its right coordinates: something was added to them",
    )


def placed_window(
    opened: Opened, box: tuple[float, float, float, float], where: str
) -> tuple[slice, slice, float]:
    """Rows and columns (in the file's order) that hold the box (left, bottom, right, top), and by how much longitudes are shifted.
    Raises InputError for a raster that does not touch the box, or a window that is too large."""
    left, bottom, right, top = box
    shift = 0.0
    if opened.x.high > 180.001 and opened.x.low >= -0.001 and _is_degrees(opened):
        opened.notes.append(Note("lon_0_360", where, say("经度为0–360，已按±180换算")))
        shift = -360.0 if right < opened.x.low else 0.0
    x = Axis(opened.x.start + shift, opened.x.step, opened.x.count)
    columns, rows = x.window(left, right), opened.y.window(bottom, top)
    misses = right <= x.low or left >= x.high or top <= opened.y.low or bottom >= opened.y.high
    if misses:
        swapped = (
            opened.y.low < right and left < opened.y.high and opened.x.low < top and bottom < opened.x.high
        )
        raise InputError(
            "longitude and latitude are transposed" if swapped else "the raster lies beside the region",
            where=where,
            got=f"x {x.low:.4f} to {x.high:.4f}, y {opened.y.low:.4f} to {opened.y.high:.4f}",
            expected=f"around x {left:.4f} to {right:.4f}, y {bottom:.4f} to {top:.4f}",
            todo="check its reference, and whether longitude and latitude are in their places",
        )
    pixels = (columns.stop - columns.start) * (rows.stop - rows.start)
    if pixels > LARGEST_WINDOW:
        raise InputError(
            "the raster is too fine for the region",
            where=where,
            got=f"{pixels} pixels",
            expected=f"at most {LARGEST_WINDOW}",
            todo="average it to about 0.01 degrees first",
        )
    return rows, columns, shift


def read_around(
    opened: Opened, cells: pd.DataFrame, where: str, read: Callable[[slice, slice], Floats]
) -> Raster:
    """The window around the cells, by `read` (rows and columns of the file); `opened.turned` is what stands at the cells' centres in it,
    and in the windows that would be there if the whole file were turned."""
    rows, columns, shift = placed_window(opened, reach(opened.crs, cells), where)
    raster = north_up(opened, read(rows, columns), rows, columns, shift)
    notes = len(opened.notes)
    for turn, (of_rows, of_columns) in _TURNS.items():
        own = raster
        if of_rows or of_columns:
            values = read(
                _mirrored(rows, opened.y.count) if of_rows else rows,
                _mirrored(columns, opened.x.count) if of_columns else columns,
            )
            values = values[:: -1 if of_rows else 1, :: -1 if of_columns else 1]
            own = north_up(opened, values, rows, columns, shift)
        opened.turned[turn] = at_centres(own, cells)
    # The same again, of the turned windows.
    del opened.notes[notes:]
    return raster


def _mirrored(window: slice, count: int) -> slice:
    return slice(count - window.stop, count - window.start)


def north_up(opened: Opened, values: Floats, rows: slice, columns: slice, shift: float) -> Raster:
    """The values of a window (rows, columns of the file) with the north at the top and the west on the left."""
    x, y = opened.x, opened.y
    left = x.start + shift + x.step * (columns.start if x.step > 0 else columns.stop)
    top = y.start + y.step * (rows.start if y.step < 0 else rows.stop)
    if y.step > 0:
        values = values[::-1]
    if x.step < 0:
        values = values[:, ::-1]
    return Raster(np.ascontiguousarray(values), left, top, abs(x.step), abs(y.step), opened.crs)


def _is_degrees(opened: Opened) -> bool:
    from pyproj import CRS

    return bool(CRS.from_user_input(opened.crs).is_geographic)
