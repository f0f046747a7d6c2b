"""Coordinates between the datums in use in China.

WGS84 is what GPS gives and what the store keeps. GCJ-02 (高德, 腾讯) shifts it by 100 to 700 m with a published
non-linear formula; BD-09 (百度) shifts GCJ-02 once more. Outside China all three are the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from include.errors import InputError

Degrees = NDArray[np.float64]

DATUMS = ("WGS84", "GCJ-02", "BD-09")

# The Krasovsky ellipsoid of the GCJ-02 formula.
_SEMI_MAJOR_AXIS_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
# The rectangle (west, south, east, north) in which the formula shifts anything.
_SHIFTED_BOX = (72.004, 0.8293, 137.8347, 55.8271)
_BD_PI = np.pi * 3000.0 / 180.0
# Each round shrinks the error about a hundredfold or more: three give centimetres, five the limit of doubles.
_INVERSE_ROUNDS = 5


def datum_named(told: str, where: str) -> str:
    """The datum of DATUMS that a text means, however it is spelled (`gcj02`, `GCJ-02`, `wgs 84`). Raises InputError for any other."""
    spelled = {datum.replace("-", ""): datum for datum in DATUMS}
    found = spelled.get("".join(sign for sign in told.upper() if sign.isalnum()))
    if found is None:
        raise InputError("unknown datum", where=where, got=told, expected=" | ".join(DATUMS))
    return found


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> tuple[Degrees, Degrees]:
    """Longitudes and latitudes (degrees, any shape, NaN stays NaN) of `datum` in WGS84, to better than a metre.

    Raises InputError for a datum that is not one of DATUMS.
    """
    target_x, target_y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    x, y = target_x, target_y
    for _ in range(_INVERSE_ROUNDS):  # the formulas have no inverse
        shifted_x, shifted_y = from_wgs84(x, y, datum)
        x, y = x + target_x - shifted_x, y + target_y - shifted_y
    return x, y


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> tuple[Degrees, Degrees]:
    """WGS84 longitudes and latitudes (degrees) in `datum`; the direction in which the formulas are published.

    Raises InputError for a datum that is not one of DATUMS.
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if datum not in DATUMS:
        raise InputError(
            "unknown datum",
            where="datum",
            expected="one of " + ", ".join(DATUMS),
            got=datum,
            todo="name the datum in which the source gives its coordinates",
        )
    if datum == "WGS84":
        return x, y
    x, y = _shift_to_gcj(x, y)
    return (x, y) if datum == "GCJ-02" else _shift_to_bd(x, y)


def _shift_to_gcj(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y, pi = lon - 105.0, lat - 35.0, np.pi
    ripple = (20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + ripple
    north_m += (20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + ripple
    east_m += (20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0

    phi = np.radians(lat)
    squash = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_radius_m = _SEMI_MAJOR_AXIS_M * (1.0 - _ECCENTRICITY_SQUARED) / squash**1.5
    parallel_radius_m = _SEMI_MAJOR_AXIS_M / np.sqrt(squash) * np.cos(phi)
    west, south, east, north = _SHIFTED_BOX
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return (
        np.where(inside, lon + np.degrees(east_m / parallel_radius_m), lon),
        np.where(inside, lat + np.degrees(north_m / meridian_radius_m), lat),
    )


def _shift_to_bd(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_PI)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_PI)
    west, south, east, north = _SHIFTED_BOX
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return (
        np.where(inside, radius * np.cos(angle) + 0.0065, lon),
        np.where(inside, radius * np.sin(angle) + 0.006, lat),
    )
