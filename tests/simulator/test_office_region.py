"""A made-up season of an office without outlines: its alarms lie in places of its own, and its air has values."""

from datetime import date
from pathlib import Path

import pandas as pd

from include.profile.current import using
from include.profile.reading import read_profile
from include.profile.scaffold import write_profile
from include.simulator.air import AirMonths, write_air
from include.simulator.office_region import write_office_region
from tests.profile.spoiling import added

START, END = date(2020, 3, 1), date(2020, 3, 17)


def test_a_region_without_outlines_has_its_own_places_and_air(tmp_path: Path) -> None:
    write_profile(tmp_path / "office")
    added("places.csv", "000102,西区,county,000100,,,,", "000103,新区,county,000100,,,,2019-01-01")(
        tmp_path / "office"
    )
    profile = read_profile(tmp_path / "office")
    with using(profile):
        write_office_region(profile, START, END, tmp_path / "region", 7)
        alarms, grids = (
            pd.read_csv(tmp_path / "region" / f"{name}.csv", dtype=str) for name in ("alarms", "grids")
        )
        assert grids["county"].value_counts().to_dict() == {"东区": 6, "西区": 6}
        assert set(alarms["county"]) == {"东区", "西区"}
        assert grids["west"].isna().all()
        month = pd.Period("2020-03", "M")
        write_air(alarms, grids, AirMonths((month,), (month,)), END, tmp_path / "air")
    air = pd.read_csv(tmp_path / "air" / "cities-2020-03.csv")
    assert len(air) == 16 * 24
    assert air["PM2.5"].notna().mean() > 0.6
    assert len(pd.read_parquet(tmp_path / "air" / "readings-2020-03.parquet")) > 1000
