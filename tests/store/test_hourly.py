"""Parquet by day: what is written is read, whole days are replaced, DuckDB's levels equal pandas'."""

from datetime import date
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.store import hourly
from include.store.hourly import day_levels, hour_levels, hours_path, read_hours, replace_files
from include.supervision.air_quality import day_means, levels

DAYS = [date(2020, 3, number) for number in (1, 2, 3)]
NO_DUST = pd.DataFrame({"place_id": [], "observed_on": pd.to_datetime([]), "hour": []})


def hours_of(seed: int = 1) -> pd.DataFrame:
    """Three grids on three days, a fifth of the hours missing: some days valid, some not."""
    random = np.random.default_rng(seed)
    keys = pd.MultiIndex.from_product(
        [["T10", "T2", "鄠1"], pd.to_datetime(DAYS), range(24)], names=["place_id", "observed_on", "hour"]
    )
    hours = keys.to_frame(index=False).astype({"place_id": "str", "observed_on": "datetime64[s]"})
    hours["pm25_ug_m3"] = random.gamma(4, 12, len(hours))
    return hours[random.random(len(hours)) > 0.18].reset_index(drop=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    hours = hours_of()
    replace_files(tmp_path, "grid", DAYS, hours, day_means(hours))
    return tmp_path


def test_hours_come_back_as_they_were(root: Path) -> None:
    expected = hours_of().sort_values(["observed_on", "place_id", "hour"], ignore_index=True)
    found = read_hours(root, "grid", [*DAYS, date(2020, 3, 4)])  # a day that was never imported
    pd.testing.assert_frame_equal(found[expected.columns], expected, check_dtype=False)


def test_levels_from_days_and_from_hours_equal_the_pure_ones(root: Path) -> None:
    expected = levels(day_means(hours_of()), DAYS).astype({"dust_days": "int64"})
    assert 0 < expected["valid_days"].sum() < 9  # some days are not valid
    for found in (
        day_levels(root, "grid", DAYS, 20),
        hour_levels(root, "grid", DAYS, 20, NO_DUST, pd.Series(dtype="str")),
    ):
        pd.testing.assert_frame_equal(found.sort_index(), expected, check_dtype=False, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["days", "hours", "without_dust"])
def test_levels_do_not_depend_on_the_order_in_which_rows_are_met(root: Path, name: str) -> None:
    """Threads meet them in any order, and the last digits of floating sums would follow it."""
    dust = pd.DataFrame({"place_id": ["140300"], "observed_on": pd.to_datetime(DAYS[:1]), "hour": [3]})
    areas = pd.Series(dict.fromkeys(("T10", "T2", "鄠1"), "140300"))

    def levels_of(dates: list[date]) -> pd.DataFrame:
        if name == "days":
            return day_levels(root, "grid", dates, 15)
        return hour_levels(root, "grid", dates, 15, dust if name == "without_dust" else NO_DUST, areas)

    found = [levels_of(list(order)).sort_index() for order in permutations(DAYS)]
    assert found[0]["valid_days"].tolist() == [3, 3, 3]
    for other in found[1:]:
        pd.testing.assert_frame_equal(other, found[0], check_exact=True)


def test_levels_without_dust_equal_the_pure_ones(root: Path) -> None:
    areas = pd.Series({"T10": "610100", "T2": "140300", "鄠1": "610100"})
    flags = pd.DataFrame(
        [(day, hour) for day in pd.to_datetime(DAYS[:2]) for hour in range(3)],
        columns=["observed_on", "hour"],
    )
    dust = flags.assign(place_id="610100")
    of_grids = pd.concat([flags.assign(place_id=name) for name in ("T10", "鄠1")])
    expected = levels(day_means(hours_of(), of_grids), DAYS)
    found = hour_levels(root, "grid", DAYS, 20, pd.concat([dust, dust]), areas)  # told twice, counted once
    pd.testing.assert_frame_equal(found.sort_index(), expected, check_dtype=False, rtol=0, atol=1e-9)
    assert expected["dust_days"].sum() > 0


def test_an_empty_window_has_no_levels(tmp_path: Path) -> None:
    assert day_levels(tmp_path, "grid", DAYS, 20).empty
    assert read_hours(tmp_path, "city", DAYS).empty


def test_a_replacement_that_fails_leaves_everything_as_it_was(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
    written = []

    def fail_at_the_third(table: object, draft: object, **options: object) -> None:
        written.append(draft)
        if len(written) == 3:
            raise OSError("No space left on device")
        original(table, draft, **options)

    original = hourly.pq.write_table
    monkeypatch.setattr(hourly.pq, "write_table", fail_at_the_third)
    with pytest.raises(OSError, match="No space left"):
        replace_files(root, "grid", DAYS, hours_of(2), day_means(hours_of(2)))
    assert {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()} == before


def test_the_same_hours_are_the_same_bytes(root: Path) -> None:
    before = hours_path(root, "grid", DAYS[0]).read_bytes()
    replace_files(root, "grid", DAYS, hours_of().sample(frac=1, random_state=3), day_means(hours_of()))
    assert hours_path(root, "grid", DAYS[0]).read_bytes() == before
