"""Rasters that stand the other way round: a year against the others, all of them against emissions and enterprises (all 合成)."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pytest

from include.errors import InputError
from include.geo.zonal import Raster
from include.selection.layers import Layer, Turn
from include.selection.measures import Inputs, measured
from include.selection.rules import DEFAULT, with_changes
from include.selection.turning import year_notes
from tests.sources.rasters.made import (
    LEFT,
    REGION,
    TOP,
    choose,
    field,
    netcdf,
    read,
    tiff,
    wide_field,
    wide_tiff,
)

TURNS: Final[tuple[Turn, ...]] = ("", "north", "west", "both")
PIXEL: Final = Raster(np.ones((1, 1)), 0.0, 1.0, 1.0, 1.0, "EPSG:4326")
TURNED = {
    "upside down": np.s_[::-1],
    "mirrored": np.s_[:, ::-1],
    "turned by half a circle": np.s_[::-1, ::-1],
}


@pytest.mark.parametrize("words", list(TURNED))
@pytest.mark.parametrize("wrong", [(2025,), (2024,), (2023,), (2025, 2024)])
@pytest.mark.parametrize("is_wide", [False, True])
def test_a_year_turned_over_does_not_fit_the_others(
    tmp_path: Path, words: str, wrong: tuple[int, ...], is_wide: bool
) -> None:
    """The region in the middle of its file, and in a corner of a far larger one: a file is turned about its own middle."""
    paths = []
    for year in (2025, 2024, 2023):
        values = wide_field(year) if is_wide else field(year)
        values = values[TURNED[words]] if year in wrong else values
        paths.append(
            wide_tiff(tmp_path / f"{year}.tif", values) if is_wide else tiff(tmp_path / f"{year}.tif", values)
        )
    with pytest.raises(InputError, match=f"stands {words}|contrary"):
        choose(paths)


def test_a_turned_netcdf_and_a_turned_month_are_named(tmp_path: Path) -> None:
    right = [netcdf(tmp_path / f"{year}.nc", field(year)) for year in (2025, 2024)]
    assert len(choose(right))
    with pytest.raises(InputError, match=r"PM2\.5 2024: the raster stands upside down"):
        choose([right[0], netcdf(tmp_path / "2024x.nc", field(2024)[::-1])])
    months = [
        read(tiff(tmp_path / f"m{m}.tif", field(m)[:: -1 if m == 5 else 1] + m), month=m)[0]
        for m in range(1, 13)
    ]
    rules = with_changes(DEFAULT, {"weight_emission": 0, "weight_enterprises": 0}, "test")
    with pytest.raises(InputError, match=r"m5.tif.*stands upside down"):
        measured(REGION, Inputs(months), 2025, rules)


def test_right_years_that_differ_are_not_taken_for_turned_ones() -> None:
    """Thirty made regions whose years change by two thirds of their own spread, in large and in small patterns: correlations from 0.6 on."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        base = smooth(rng, 25 + seed, 30, 1 + seed % 6)
        years = {}
        for year in (2023, 2024, 2025):
            values = base + 0.66 * smooth(rng, *base.shape, 1 + seed % 4)
            views = (values, *(values[turn] for turn in TURNED.values()))
            samples = {turn: one.ravel() for turn, one in zip(TURNS, views, strict=True)}
            years[year] = [Layer("x", year, None, "ug/m3", PIXEL, samples)]
        assert [note for note in year_notes(years) if note.code == "looks_flipped"] == [], seed
    # Two years that have nothing in common are named, not refused.
    rng = np.random.default_rng(1)
    apart = {
        year: [Layer("x", year, None, "ug/m3", PIXEL, dict.fromkeys(TURNS, rng.normal(size=400)))]
        for year in (2024, 2025)
    }
    assert [note.code for note in year_notes(apart)] == ["unlike_years", "unlike_years"]


def smooth(rng: np.random.Generator, rows: int, columns: int, scale: int) -> np.ndarray:
    """Noise with patterns of some cells, mean 0 and spread 1."""
    around = np.exp(-((np.arange(-3 * scale, 3 * scale + 1) / scale) ** 2) / 2)
    noise = rng.normal(size=(rows + 6 * scale, columns + 6 * scale))
    for axis in (0, 1):
        noise = np.apply_along_axis(np.convolve, axis, noise, around, "valid")
    return np.asarray((noise - noise.mean()) / noise.std())


def test_all_years_upside_down_alike_do_not_fit_the_emissions(tmp_path: Path) -> None:
    hill = np.clip(field() - 55, 0, None)[::5, ::5]
    lat, lon = TOP - 0.05 * (np.arange(24) + 0.5), LEFT + 0.05 * (np.arange(26) + 0.5)
    tonnes_at, _ = read(netcdf(tmp_path / "e.nc", hill, lat, lon, unit="t/cell"), "emission")
    rules = with_changes(DEFAULT, {"weight_enterprises": 0}, "test")
    turned_tonnes, _ = read(netcdf(tmp_path / "f.nc", hill[::-1], lat, lon, unit="t/cell"), "emission")
    for values, emitted, expected in (
        (field(), tonnes_at, set()),
        (field()[::-1], tonnes_at, {"PM2.5"}),
        (field(), turned_tonnes, {turned_tonnes.name}),
    ):
        layer, _ = read(tiff(tmp_path / "pm.tif", values))
        _, notes = measured(REGION, Inputs([layer], [(emitted, 1.0)]), 2025, rules)
        told = {note.where for note in notes if note.code == "looks_flipped"}
        assert told >= expected
        assert bool(told) == bool(expected)


def test_all_years_upside_down_alike_do_not_fit_the_enterprises(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    places = {"lon": rng.normal(112.3, 0.12, 400), "lat": rng.normal(36.6, 0.12, 400)}
    points = pd.DataFrame({"name": "合成企业", **places, "county": ""})
    rules = with_changes(DEFAULT, {"weight_emission": 0}, "test")
    for values, expected in ((field(), 0), (field()[::-1], 1)):
        layer, _ = read(tiff(tmp_path / "pm.tif", values))
        _, notes = measured(REGION, Inputs([layer], points=points), 2025, rules)
        flipped = [note.text for note in notes if note.code == "looks_flipped"]
        assert len(flipped) == expected
        assert all("重点企业分布" in text for text in flipped)
