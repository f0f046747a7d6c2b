"""A tiny town: a grid at the origin with two stations, a mast, three enterprises, hours from midnight UTC."""

import pandas as pd

from include.suspects.candidates import enterprises_as_candidates, joined

LON, LAT = 115.0, 36.0
T0 = pd.Timestamp("2020-03-10T00:00+00:00")
KM_LAT = 1 / 111.0
KM_LON = 1 / (111.0 * 1.0029 * 0.809017)  # cos 36°


def hour(number: int) -> pd.Timestamp:
    return T0 + pd.Timedelta(hours=number)


def at_km(east: float, north: float) -> dict[str, float]:
    return {"lon": LON + east * KM_LON, "lat": LAT + north * KM_LAT}


STATIONS = pd.DataFrame(
    [
        {"station_id": "M1", "kind": "micro", "grid_id": "G1", **at_km(0.5, 0)},
        {"station_id": "M2", "kind": "micro", "grid_id": "G1", **at_km(-0.5, 0)},
        {"station_id": "W1", "kind": "weather", "grid_id": "", **at_km(5, 5)},
    ]
)
# North, south and east of the grid, equally far.
ENTERPRISES = pd.DataFrame(
    [
        {"enterprise_id": "N", "name": "北厂", "industry": "木业", **at_km(0, 1.5)},
        {"enterprise_id": "S", "name": "南厂", "industry": "木业", **at_km(0, -1.5)},
        {"enterprise_id": "E", "name": "东厂", "industry": "木业", **at_km(1.5, 0)},
    ]
)
CANDIDATES = joined(enterprises_as_candidates(ENTERPRISES))


def alarms(first: int = 0, last: int = 2, **more: object) -> pd.DataFrame:
    row = {
        "alarm_id": "A",
        "grid_id": "G1",
        "lon": LON,
        "lat": LAT,
        "started_at": hour(first),
        "last_at": hour(last),
    }
    return pd.DataFrame([row | more])


def increments(*rows: tuple[str, int, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["station_id", "number", "increment_ug_m3"])
    return frame.assign(hour=[hour(number) for number in frame["number"]], flag="ok")


BOTH = increments(*((station, number, 40.0) for station in ("M1", "M2") for number in range(3)))


def winds(direction: float | str | None, speed: float = 3.0, first: int = -80, end: int = 10) -> pd.DataFrame:
    hours = [hour(number) for number in range(first, end)]
    return pd.DataFrame(
        {"station_id": "W1", "hour": hours, "wind_from_deg": direction, "wind_speed_m_s": speed}
    )


NO_WINDS = winds(0.0).iloc[:0]
NO_METERS = pd.DataFrame(
    {
        "enterprise_id": pd.Series(dtype=str),
        "hour": pd.Series(dtype="datetime64[us, UTC]"),
        "production_kw": pd.Series(dtype=float),
        "treatment_kw": pd.Series(dtype=float),
    }
)


def meters(
    enterprise_id: str, states: dict[int, tuple[float, float] | None], first: int = -200, end: int = 10
) -> pd.DataFrame:
    """100 kW and 20 kW in every hour, but for the hours of `states` (None: no row)."""
    rows = [
        (enterprise_id, hour(number), *(states.get(number, (100.0, 20.0)) or (None, None)))
        for number in range(first, end)
        if states.get(number, ()) is not None
    ]
    return pd.DataFrame(rows, columns=["enterprise_id", "hour", "production_kw", "treatment_kw"])
