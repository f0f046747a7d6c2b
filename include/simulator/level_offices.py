"""The three offices of `make levels`: the ministry as it is shipped, a province made of the ministry's own tables, and its shipped city
with a town below one of its districts. Simulated (模拟数据)."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Final

from include.profile.current import SHIPPED

MINISTRY, PROVINCE, CITY, DISTRICT, TOWN = "100000", "370000", "370100", "370102", "SIM-TOWN"
DISTRICT_NAME, TOWN_NAME = "历下区", "演示街道"
_PATTERN: Final = ("shaanxi", "610000", "陕西省", "陕环")  # the shipped profile of a province
_IS: Final = ("370000", "山东省", "鲁环")


def write_offices(folder: Path) -> dict[str, str]:
    """Writes the profiles that are not shipped; returns name or path of each office's, by its level."""
    return {
        "ministry": str(_ministry(folder / "ministry")),
        "province": str(_province(folder / "province")),
        "city": str(_city(folder / "city")),
    }


def _ministry(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SHIPPED / "ministry", folder)
    return _with_contacts(folder, MINISTRY, {CITY: "济南市生态环境局"})


def _with_contacts(folder: Path, own: str, units: dict[str, str]) -> Path:
    """A mailbox of each unit that it writes to, and of its own leaders."""
    rows = [
        {"unit_code": code, "role": role, "name": name, "address": f"{role}-{code.lower()}@levels.example"}
        for role, named in (("to", units), ("leader", {own: "领导"}))
        for code, name in named.items()
    ]
    _write(folder / "contacts.csv", [{**row, "phone": "", "valid_from": "2018-07-01"} for row in rows])
    return folder


def _province(folder: Path) -> Path:
    name, *words = _PATTERN
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = (SHIPPED / name / "profile.yaml").read_text(encoding="utf-8")
    for old, new in zip(words, _IS, strict=True):
        text = text.replace(old, new)
    text = text.replace("regions_are_complete: true", "regions_are_complete: false")
    text = text.replace("levels: [city, zone]", "levels: [city]")
    (folder / "profile.yaml").write_text(f"reports_upward: auto\n{text}", encoding="utf-8")
    for same in ("categories.csv", "holidays.csv", "standards.yaml"):
        shutil.copy(SHIPPED / name / same, folder / same)
    places = _rows("ministry", "places.csv", ("place_code", "parent_code"))
    units = _rows("ministry", "units.csv", ("unit_code", "reports_to"))
    _write(folder / "places.csv", places)
    _write(folder / "units.csv", units)
    _write(
        folder / "regions.csv",
        [{"region": "全省", "unit_code": CITY, "valid_from": "2018-07-01", "valid_to": ""}],
    )
    return _with_contacts(folder, PROVINCE, {CITY: "济南市生态环境局"})


def _city(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SHIPPED / "jinan", folder)
    text = (folder / "profile.yaml").read_text(encoding="utf-8")
    text = text.replace("kinds: [department]", "kinds: [department, town]")
    (folder / "profile.yaml").write_text(f"reports_upward: auto\n{text}", encoding="utf-8")
    _append(folder / "regions.csv", region="全市", unit_code=TOWN, valid_from="2018-07-01")
    _append(folder / "places.csv", place_code=TOWN, name=TOWN_NAME, level="town", parent_code=DISTRICT)
    _append(
        folder / "units.csv",
        unit_code=TOWN,
        name=TOWN_NAME,
        bureau=f"{TOWN_NAME}办事处",
        kind="town",
        place_code=TOWN,
        reports_to=DISTRICT,
    )
    return _with_contacts(folder, CITY, {DISTRICT: "历下分局", TOWN: f"{TOWN_NAME}办事处"})


def _rows(profile: str, name: str, keys: tuple[str, str]) -> list[dict[str, str]]:
    """The rows of the ministry's table that are the province, its cities and what stands above."""
    with (SHIPPED / profile / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    own, above = keys
    return [row for row in rows if row[own] in (MINISTRY, PROVINCE) or row[above] == PROVINCE]


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _append(path: Path, **values: str) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, names, lineterminator="\n").writerow(values)
