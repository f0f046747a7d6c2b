"""A small choice to propose: 30 cells of two units, made by hand (合成)."""

from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from include.geo.lattice import lattice
from include.letters.words.selection_words import table_words
from include.office.grid_choice import Choice
from include.selection.choice import chosen
from include.selection.layers import Note
from include.selection.rules import DEFAULT, EDITION, with_changes
from include.sources.rasters.selection_file import SelectionFile

YANGQUAN, SHIJIAZHUANG = "140300", "130100"


def cells(shift: float = 0.0) -> pd.DataFrame:
    """The cells of two counties with their figures; `shift` turns the order of PM2.5 a little."""
    shapes = [shapely.box(113.5, 37.8, 113.66, 37.9), shapely.box(113.66, 37.8, 113.82, 37.9)]
    columns = {
        "county_code": ["140302", "130102"],
        "county_name": ["城区", "长安区"],
        "unit_code": [YANGQUAN, SHIJIAZHUANG],
    }
    own = lattice(gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326"), 0.5).cells
    place = np.arange(len(own))
    pm25 = 50 + 10 * np.sin(place * 1.7 + shift)
    return own.assign(pm25_2025_ug_m3=pm25, emission_t=9.0 + place % 7, enterprises=place % 3)


def choice(
    name: str = "2025年热点网格", *, old: tuple[str, ...] = (), shift: float = 0.0, **rules: Any
) -> Choice:
    """A choice of four grids, two a unit."""
    own = with_changes(
        DEFAULT,
        {"quotas": {YANGQUAN: 2, SHIJIAZHUANG: 2}, "weight_year_before": 0, "weight_third_year": 0, **rules},
        "test",
    )
    measured = cells(shift)
    table = chosen(measured, own, years=[2025], old=old, is_first=not old)
    table["words"] = table_words(table, own, [2025], {})
    table["enterprise_names"] = ""
    notes = (Note("few_years", "PM2.5", "缺少2023、2024年，其余年份的权重按比例放大；年份少则清单更易变动"),)
    manifest = {
        "name": name,
        "edition": EDITION,
        "rules": own.to_json(),
        "notes": [{"code": one.code, "where": one.where, "text": one.text} for one in notes],
        "cells": len(table),
        "hot": int(table["is_hot"].sum()),
    }
    told = SelectionFile(name, 2025, date(2026, 1, 15), ())
    outlines = gpd.GeoDataFrame(geometry=[], crs="EPSG:4326")
    return Choice(told, own, (2025,), table, measured, old, outlines, {}, notes, manifest, True)
