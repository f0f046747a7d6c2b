"""One choice of hotspot grids: gathers what the file of a choice names, chooses, and writes table, map, GeoJSON and manifest.

Same files, same store, same bytes: nothing of a result depends on the clock or on the machine.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Engine

from include.geo.county_codes import CHANGES_PATH
from include.geo.lattice import BOUNDS, Lattice, lattice
from include.language import say
from include.letters.words.selection_words import table_words
from include.office.grid_sources import POINT_COLUMNS, old_list, points_of, region_of, small_table
from include.profile.current import office
from include.profile.rules import RuleBook
from include.selection.choice import chosen, quota_notes
from include.selection.county_tables import CountyTable
from include.selection.identity import known_as
from include.selection.layers import Layer, Note
from include.selection.measures import Inputs, measured
from include.selection.points import require_known_places, require_told_datum, without_copies
from include.selection.rules import EDITION, SelectionRules, rules_of_office, with_changes
from include.sources.rasters.reading import read_layer
from include.sources.rasters.selection_file import SelectionFile
from include.sources.rasters.told import RasterEntry
from include.store.engine import reading
from include.store.enterprises import key_enterprises
from include.store.statements import frame


@dataclass(frozen=True)
class Choice:
    """What a choice found. `table`: one row a cell (`choice.chosen`, `words`, `enterprise_names`); `measured`: what it was chosen from;
    `outlines`: the counties it is over; `units`: name by code; `manifest`: every input with its SHA-256, all rules, and the notes."""

    told: SelectionFile
    rules: SelectionRules
    years: tuple[int, ...]
    table: pd.DataFrame
    measured: pd.DataFrame
    old: tuple[str, ...]
    outlines: gpd.GeoDataFrame
    units: Mapping[str, str]
    notes: tuple[Note, ...]
    manifest: dict[str, Any]
    is_simulated: bool


def choose_grids(engine: Engine, told: SelectionFile) -> Choice:
    """The choice that the file describes, by the rules of the office on its date, which the file may change. Raises InputError for
    every input that cannot be trusted, with its name."""
    rules = with_changes(office_rules(told.date), told.rules, "rules")
    with reading(engine) as connection:
        units, outlines = region_of(connection, told)
        points, points_simulated = points_of(connection, told.enterprises)
        enterprises = key_enterprises(connection)
        known = frame(connection, "grids_on_map")
        old = old_list(connection, told, known)
    notes: list[Note] = []
    if points is not None:
        points, notes = without_copies(points)
        notes += _points_notes(told, points, enterprises, outlines)
    of = lattice(outlines, rules.least_inside_share)
    cells = of.cells.assign(grid_id=known_as(of.cells, known), name=_names_of_cells(of.cells))
    renamed = dict(zip(of.cells["grid_id"], cells["grid_id"], strict=True))
    of = Lattice(cells, of.shares.assign(grid_id=of.shares["grid_id"].map(renamed)))
    inputs = _inputs(told, of, points)
    own, found_notes = measured(of, inputs, told.year, rules)
    notes += found_notes
    notes += _old_notes(cells, old)
    notes += quota_notes(own, rules, units)
    years = tuple(sorted({layer.year for layer in inputs.pm25}))
    table = chosen(
        own,
        rules,
        years=years,
        old=old["grid_id"],
        old_monitored=old["grid_id"][old["is_monitored"]],
        is_first=old.empty,
    )
    names = _names_in(table, points)
    table["words"] = table_words(table, rules, years, names)
    table["county_shares"] = table["grid_id"].map(_county_shares(of))
    table["enterprise_names"] = [say("；").join(names.get(str(grid_id), ())) for grid_id in table["grid_id"]]
    is_simulated = told.is_simulated or points_simulated
    manifest = {
        "name": told.name,
        "edition": EDITION,
        "year": told.year,
        "date": told.date.isoformat(),
        "is_simulated": is_simulated,
        "rules": rules.to_json(),
        "inputs": [*_input_files(told), *_input_frames(outlines, points, old)],
        "table_sha256": hashlib.sha256(table_bytes(table)).hexdigest(),
        "cells": len(table),
        "hot": int(table["is_hot"].sum()),
        "monitored": int(table["is_monitored"].sum()),
        "notes": [{"code": one.code, "where": one.where, "text": one.text} for one in notes],
    }
    return Choice(
        told,
        rules,
        years,
        table,
        own,
        tuple(old["grid_id"]),
        outlines,
        units,
        tuple(notes),
        manifest,
        is_simulated,
    )


def office_rules(on: date) -> SelectionRules:
    """The rules of the choice as the office's profile has them on a date, units' quotas included."""
    book = RuleBook(office().rules)
    codes = book.units() or ()
    quotas = {code: book.on(on, code).selection.unit_quota for code in codes}
    return rules_of_office(book.on(on).selection, quotas)


def _names_of_cells(cells: pd.DataFrame) -> list[str]:
    """What people call each cell, in the office's language: its county and a number."""
    name = say("{place}{number}号网格")
    number = cells.groupby(["unit_code", "county_code"]).cumcount() + 1
    return [name.format(place=place, number=one) for place, one in zip(cells["county"], number, strict=True)]


def _county_shares(of: Lattice) -> dict[str, str]:
    """Every county that a cell touches with its share of the cell, the largest first: `370102 0.8312；370104 0.1201`."""
    ordered = of.shares.sort_values(["grid_id", "share", "county_code"], ascending=[True, False, True])
    told = ordered["county_code"].astype(str) + ordered["share"].map(" {:.4f}".format)
    return {str(grid_id): "；".join(own) for grid_id, own in told.groupby(ordered["grid_id"])}


def _old_notes(cells: pd.DataFrame, old: pd.DataFrame) -> list[Note]:
    if old.empty:
        return [Note("no_old_list", "previous", say("没有上一份清单，均为首次入选"))]
    lost = sorted(set(old["grid_id"]) - set(cells["grid_id"]))
    if not lost:
        return []
    text = say(
        "上一份清单有{count}个网格不在本次任何小格内（如{example}），不再列入",
        count=len(lost),
        example=lost[0],
    )
    return [Note("old_unmatched", "previous", text)]


def _points_notes(
    told: SelectionFile, points: pd.DataFrame, enterprises: pd.DataFrame, outlines: gpd.GeoDataFrame
) -> list[Note]:
    """Whether the points are where they are said to be, by their told counties and by the enterprises that the store knows by name."""
    notes: list[Note] = []
    if told.enterprises.datum != "WGS84":
        text = say("企业坐标由{datum}换算为WGS84", datum=told.enterprises.datum)
        notes.append(Note("points_converted", say("企业"), text))
    notes += require_told_datum(points, outlines)
    if told.enterprises.kind != "file":
        return notes
    compared = require_known_places(points, enterprises)
    if not compared and not points["county"].isin(set(outlines["county_name"])).any():
        text = say(
            "没有填写所在区县（county列），也没有可按名称对照的已导入企业，坐标系无法核对，按{datum}使用",
            datum=told.enterprises.datum,
        )
        notes.append(Note("points_unchecked", say("企业"), text))
    return notes


def _inputs(told: SelectionFile, of: Lattice, points: pd.DataFrame | None) -> Inputs:
    notes: list[Note] = []

    def layers(entries: Sequence[RasterEntry], kind: str) -> list[Layer]:
        found = []
        for entry in entries:
            layer, opened = read_layer(entry, of.cells, kind)
            notes.extend(opened.notes)
            found.append(layer)
        return found

    pm25 = layers(told.pm25, "pm25")
    emission = list(
        zip(layers(told.emissions, "emission"), (entry.weight for entry in told.emissions), strict=True)
    )
    late = sorted({layer.year for layer, _ in emission if layer.year != told.year})
    if late:
        notes.append(
            Note(
                "other_year",
                "emissions",
                say(
                    "排放清单为{years}年，PM2.5至{year}年",
                    years=say("、").join(map(str, late)),
                    year=told.year,
                ),
            )
        )
    tables = [
        CountyTable(entry.name, small_table(entry.path, ["county_code", "emission_t"]), entry.weight)
        for entry in told.county_tables
    ]
    population = layers(told.population, "population")
    return Inputs(pm25, emission, tables, points, population, tuple(notes))


def _names_in(table: pd.DataFrame, points: pd.DataFrame | None) -> dict[str, tuple[str, ...]]:
    """Names of the enterprises in each cell: a person may add any of them."""
    if points is None:
        return {}
    boxes = shapely.box(*(table[side].to_numpy() for side in BOUNDS))
    spots = shapely.points(points["lon"].to_numpy(float), points["lat"].to_numpy(float))
    at_point, at_cell = shapely.STRtree(boxes).query(spots, predicate="intersects")
    pairs = pd.DataFrame(
        {
            "grid_id": table["grid_id"].to_numpy()[at_cell],
            "name": points["name"].astype(str).to_numpy()[at_point],
        }
    )
    return {str(key): tuple(sorted(own)) for key, own in pairs.groupby("grid_id")["name"]}


def _input_files(told: SelectionFile) -> list[dict[str, Any]]:
    """Every file of the choice with its SHA-256."""
    found = []
    for kind in ("pm25", "emissions", "county_tables", "population"):
        for entry in getattr(told, kind):
            more = {"variable": entry.variable, "unit": entry.unit, "weight": entry.weight}
            found.append(
                {"kind": kind, **_file(entry.path), "year": entry.year, "month": entry.month, **more}
            )
    for kind, path in (
        ("enterprises", told.enterprises.path),
        ("outlines", told.outlines),
        ("previous", told.previous),
    ):
        if isinstance(path, Path):
            found.append({"kind": kind, **_file(path)})
    return found


def _input_frames(
    outlines: gpd.GeoDataFrame, points: pd.DataFrame | None, old: pd.DataFrame
) -> list[dict[str, Any]]:
    """What came from the store or is shipped, by the SHA-256 of its rows."""
    shapes = b"".join(
        code.encode() + shapely.to_wkb(shape)
        for code, shape in zip(outlines["county_code"], outlines.geometry, strict=True)
    )
    found: list[dict[str, Any]] = [
        {"kind": "outlines", "rows": len(outlines), "sha256": hashlib.sha256(shapes).hexdigest()},
        {"kind": "old_list", "rows": len(old), "sha256": _frame_sha256(old)},
        {"kind": "county_code_changes", "sha256": hashlib.sha256(CHANGES_PATH.read_bytes()).hexdigest()},
    ]
    if points is not None:
        found.append(
            {"kind": "enterprises", "rows": len(points), "sha256": _frame_sha256(points[POINT_COLUMNS])}
        )
    return found


def _file(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def _frame_sha256(rows: pd.DataFrame) -> str:
    return hashlib.sha256(rows.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def table_bytes(table: pd.DataFrame) -> bytes:
    """The table of all cells as Parquet; same table, same bytes."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    """The manifest as it is kept: keys in order, one line a value."""
    return (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
