"""Units of concentrations onto ours: μg/m³, and of CO mg/m³. Parts of volume need a temperature and a pressure that somebody stated.

c = x · M · p / (R · T): one ppb of ozone (47.998 g/mol) at 25 °C and 1013.25 hPa is 1.962 μg/m³.
"""

from __future__ import annotations

import re
from typing import Final

from include.errors import InputError
from include.sources.reading.characters import narrow_text

_GAS_CONSTANT: Final = 8.314462618  # J/(mol·K)
_ZERO_C: Final = 273.15  # K
# g/mol
_MOLAR: Final = {
    "so2_ug_m3": 64.066,
    "no2_ug_m3": 46.0055,
    "co_mg_m3": 28.010,
    "o3_ug_m3": 47.998,
    "o3_8h_ug_m3": 47.998,
}
_MASSES: Final = {"ug/m3": 1.0, "mg/m3": 1000.0, "ng/m3": 0.001, "g/m3": 1e6}  # in μg/m³
_SHORT: Final = {
    "ug": 1.0,
    "mg": 1000.0,
}  # what a heading calls them behind a mark: `PM2.5_mg`, `PM2.5（毫克）`
_PARTS: Final = {"ppb": 1.0, "ppbv": 1.0, "ppm": 1000.0, "ppmv": 1000.0, "ppt": 0.001}  # in ppb
UNITS: Final = "ug/m3, mg/m3, ng/m3, ppb, ppm"
_AT_END: Final = re.compile(
    rf"[\[({{,_]?(?:单位:?|unit:?)?(?P<unit>{'|'.join(map(re.escape, (*_MASSES, *sorted(_PARTS, reverse=True))))})[\])}}]?$"
    rf"|[\[({{,_](?:单位:?|unit:?)?(?P<short>{'|'.join(_SHORT)})[\])}}]?$"
)
_SIGNS: Final = str.maketrans("µμ³⁻［］【】", "uu3-[][]")
_WRITTEN: Final = (
    ("毫克", "mg"), ("微克", "ug"), ("纳克", "ng"), ("每立方米", "/m3"), ("立方米", "m3"), ("m^3", "m3"), ("mcg", "ug"), ("·m-3", "/m3"), ("m-3", "/m3"), ("g_m3", "g/m3"),
    ("gm3", "g/m3"),
)  # fmt: skip


def factor(unit: str, quantity: str, temperature_c: float | None, pressure_hpa: float | None) -> float | None:
    """What a value in this unit is multiplied with; None for a unit that is none of this quantity. An empty unit is ours.

    Raises InputError where a part of volume is told without a temperature and a pressure.
    """
    told = _plain(unit)
    own_ug = 1000.0 if quantity == "co_mg_m3" else 1.0
    if not told:
        return 1.0
    if told in _MASSES or told in _SHORT:
        return (_MASSES | _SHORT)[told] / own_ug
    if told not in _PARTS or quantity not in _MOLAR:
        return None
    if temperature_c is None or pressure_hpa is None:
        raise InputError(
            "parts of volume become masses only at a stated temperature and pressure",
            where="the mapping",
            got=unit,
            expected="temperature_c and pressure_hpa, as whoever gave the data states them",
            todo="write for example temperature_c: 25 and pressure_hpa: 1013.25 into the mapping",
        )
    moles = pressure_hpa * 100 / (_GAS_CONSTANT * (temperature_c + _ZERO_C))  # of air, a m³
    return _PARTS[told] * 1e-3 * moles * _MOLAR[quantity] / own_ug


def unit_in(text: str) -> tuple[str, str]:
    """A heading without the unit at its end, and that unit: `PM2.5（μg/m³）` and `PM2.5 ug/m3` as PM2.5 and ug/m3; empty for none."""
    plain = _plain(text)
    found = _AT_END.search(plain)
    return (plain[: found.start()], found["unit"] or found["short"]) if found else (text, "")


def _plain(unit: str) -> str:
    """`µg/m³`, `μg·m-3`, `UG/M3`, `微克/立方米` as ug/m3."""
    text = narrow_text(unit).lower().replace(" ", "").translate(_SIGNS)
    for written, meant in _WRITTEN:
        text = text.replace(written, meant)
    return text
