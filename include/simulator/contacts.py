"""Whom the simulated letters go to. Every address ends in `.example`, every telephone number is impossible."""

from __future__ import annotations

from datetime import date
from typing import Final

import pandas as pd

from include.geo.regions import members_on
from include.rules import SIMULATED_LABEL
from include.simulator.habits import HABITS, PROVINCE_PINYIN
from include.simulator.season import SEASON
from include.simulator.wording import bureau

MINISTRY_CODE: Final = "100000"
_SINCE = date(2020, 1, 1)
# City whose mailbox was moved in the season: the day on which the new one takes over.
_MOVED: Final = {"140100": date(2020, 3, 20), "610400": date(2020, 5, 6)}


def contacts() -> pd.DataFrame:
    """One row a contact and stay: the columns of contacts.csv and `data_origin`; the same for every seed.

    `valid_to` is the first date on which a contact is no longer used, empty while it is. To: the city's bureau; cc:
    its air office; one copy a province; leader and duty room of the ministry's side under code 100000.
    """
    cities = members_on(SEASON.start)
    rows: list[tuple[str, str, str, str, date, date | None]] = []
    for code, unit_name in cities[["unit_code", "unit_name"]].astype(str).itertuples(index=False):
        host, office, moved = f"{HABITS[code].pinyin}.example", bureau(unit_name), _MOVED.get(code)
        rows.append((code, "to", office, f"dudu@{host}", _SINCE, moved))
        if moved is not None:
            rows.append((code, "to", office, f"diaodu@{host}", moved, None))
        rows.append((code, "cc", f"{office}大气环境科", f"daqi@{host}", _SINCE, None))
    provinces = cities[["province_code", "province_name"]].drop_duplicates().astype(str)
    for code, name in provinces.itertuples(index=False):
        kind = "厅" if name.endswith("省") else "局"
        host = f"{PROVINCE_PINYIN[code]}.example"
        rows.append((code, "province", f"{name}生态环境{kind}", f"chaosong@{host}", _SINCE, None))
    rows.append((MINISTRY_CODE, "leader", "热点网格监管带班领导", "daiban@jianguan.example", _SINCE, None))
    rows.append((MINISTRY_CODE, "duty", "热点网格监管值班室", "zhiban@jianguan.example", _SINCE, None))
    frame = pd.DataFrame(rows, columns=["region_code", "role", "name", "address", "valid_from", "valid_to"])
    frame.insert(4, "phone", [f"000-0000{number:04d}" for number in range(1, len(frame) + 1)])
    frame["data_origin"] = SIMULATED_LABEL
    return frame
