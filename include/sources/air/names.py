"""How files call pollutants, and what is derived from the hours or no matter of ours."""

from __future__ import annotations

import re
from typing import Final

from include.sources.air.units import unit_in

# As the archives of the national platform print them, in the order of ours.
POLLUTANTS: Final = {
    "PM2.5": "pm25_ug_m3",
    "PM10": "pm10_ug_m3",
    "SO2": "so2_ug_m3",
    "NO2": "no2_ug_m3",
    "CO": "co_mg_m3",
    "O3": "o3_ug_m3",
}
# What days have instead of the hours' ozone.
OZONE_8H: Final = "o3_8h_ug_m3"
_PLAIN: Final = {
    "pm25": "pm25_ug_m3",
    "pm10": "pm10_ug_m3",
    "so2": "so2_ug_m3",
    "no2": "no2_ug_m3",
    "co": "co_mg_m3",
    "o3": "o3_ug_m3",
    "ozone": "o3_ug_m3",
    "臭氧": "o3_ug_m3",
    "二氧化硫": "so2_ug_m3",
    "二氧化氮": "no2_ug_m3",
    "一氧化碳": "co_mg_m3",
    "细颗粒物": "pm25_ug_m3",
    "可吸入颗粒物": "pm10_ug_m3",
    "o31h": "o3_ug_m3",
    "臭氧1小时": "o3_ug_m3",
    "臭氧8小时": OZONE_8H,
    "臭氧日最大8小时": OZONE_8H,
    "臭氧最大8小时": OZONE_8H,
    "o38h": OZONE_8H,
    "o38小时": OZONE_8H,
    "o38hmax": OZONE_8H,
    "o3max8h": OZONE_8H,
}
# Sliding means and the index, which follow from the hours, and what stations measure beside these six.
_OTHERS: Final = frozenset(
    {
        "aqi", "pm2524h", "pm1024h", "so224h", "no224h", "co24h", "o324h", "o38h24h", "no", "nox", "nh3", "bc", "ch4", "co2",
        "pm1", "um003", "um005", "um010", "um025", "um050", "um100", "temperature", "relativehumidity", "humidity", "rh",
        "pressure", "windspeed", "winddirection", "barpr", "ec", "no2y", "noy", "oc", "precip", "rhum", "rwd", "rws", "srad", "temp", "wd", "ws",
    }
)  # fmt: skip
_SIGNS: Final = re.compile(
    r"[\s._\-/（）()\[\]:：]|质量浓度|浓度|小时均值|小时平均|小时值|监测值|实况|concentration|conc|principal"
)
_CHINESE: Final = re.compile(r"^([\u4e00-\u9fff]+)([a-z0-9]+)$|^([a-z0-9]+)([\u4e00-\u9fff]+)$")
_SUBSCRIPTS: Final = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def quantity_of(name: str, *, is_daily: bool = False) -> str:
    """Our name of a pollutant that a file calls so; `other` for what is known and none of ours, empty for what nobody knows.

    In daily tables ozone with 8 hours is the day's highest 8-hour mean; in hourly ones it is a sliding mean.
    """
    plain = _SIGNS.sub("", unit_in(name)[0].strip().lower().translate(_SUBSCRIPTS))
    found = _PLAIN.get(plain, "") or _of_both(plain)
    if found == OZONE_8H and not is_daily:
        return "other"
    return found or ("other" if plain in _OTHERS else "")


def _of_both(plain: str) -> str:
    """What is called by its Chinese name and its formula at once: `细颗粒物pm25`."""
    found = _CHINESE.match(plain)
    if not found:
        return ""
    first, second = (part for part in found.groups() if part is not None)
    return _PLAIN[first] if first in _PLAIN and _PLAIN.get(second) == _PLAIN[first] else ""
