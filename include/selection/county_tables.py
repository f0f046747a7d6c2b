"""Tables of emissions by county, spread over the lattice's cells by area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from include.errors import InputError
from include.geo.county_codes import present_codes
from include.geo.lattice import Lattice
from include.language import say
from include.selection.layers import Note

_LEAST_AREA: Final = 0.99  # of the region must be in counties that are listed


@dataclass(frozen=True)
class CountyTable:
    """A table of tonnes a year by county: `rows` with `county_code, emission_t`."""

    name: str
    rows: pd.DataFrame
    weight: float = 1.0


def require_different_tables(tables: Sequence[CountyTable]) -> None:
    """Refuses two tables by county with the same rows, in any order: one file given twice."""
    seen: dict[tuple[tuple[str, float], ...], str] = {}
    for table in tables:
        amounts = pd.to_numeric(table.rows["emission_t"], errors="coerce").fillna(0.0)
        rows = tuple(sorted(zip(table.rows["county_code"].astype(str), amounts.astype(float), strict=True)))
        if rows in seen:
            raise InputError(
                "two tables are the same",
                where=f"{seen[rows]} and {table.name}",
                expected="each inventory once: they are added up",
                todo="remove the copy, or give the file that was meant",
            )
        seen[rows] = table.name


def spread(of: Lattice, table: CountyTable) -> tuple[pd.Series, list[Note]]:
    """A table by county over the lattice's cells, by the county's area in each. Old codes become those of today; divided and
    unknown ones are refused, for no county can be given their figure."""
    codes, replaced, divided = present_codes(table.rows["county_code"])
    known = set(of.shares["county_code"])
    if divided:
        raise InputError(
            "old county codes that were divided",
            where=table.name,
            got="; ".join(f"{old}: {', '.join(new)}" for old, new in divided.items()),
            expected="a figure for each of the present counties",
        )
    amounts = pd.to_numeric(table.rows["emission_t"], errors="coerce")
    if amounts.isna().any() or (amounts < 0).any():
        raise InputError(
            "not an emission",
            where=f"{table.name}, row {int((amounts.isna() | (amounts < 0)).to_numpy().argmax()) + 1}",
            got=table.rows["emission_t"][(amounts.isna() | (amounts < 0))].iloc[0],
            expected="tonnes a year, 0 and more",
        )
    _require_once(table, codes)
    outside = sorted(set(codes) - known)
    notes = []
    if len(outside) == codes.nunique():
        raise InputError(
            "no county of the table is in the region",
            where=table.name,
            got=", ".join(outside[:5]),
            expected="codes of GB/T 2260",
        )
    if replaced:
        words = say("、").join(f"{old}→{new}" for old, new in list(replaced.items())[:5])
        text = say(
            "旧县码{count}个已换为现行代码（{words}{more}）",
            count=len(replaced),
            words=words,
            more=say("等") if len(replaced) > 5 else "",
        )
        notes.append(Note("old_county_code", table.name, text))
    if outside:
        text = say(
            "{count}个县不在本区域，未计（{names}）", count=len(outside), names=say("、").join(outside[:5])
        )
        notes.append(Note("county_unknown", table.name, text))
    by_county = amounts.groupby(codes.to_numpy()).sum()
    area = of.shares["share"] * of.shares["grid_id"].map(of.cells.set_index("grid_id")["area_km2"])
    whole = area.groupby(of.shares["county_code"]).transform("sum")
    part = of.shares["county_code"].map(by_county).fillna(0.0) * area / whole
    by_cell = part.groupby(of.shares["grid_id"]).sum()
    return pd.Series(of.cells["grid_id"].map(by_cell).fillna(0.0).to_numpy(float), of.cells.index), notes


def county_notes(of: Lattice, tables: Sequence[CountyTable]) -> list[Note]:
    """Refuses tables that together lack counties of the region, as inventories that do not reach over it are; a note where they lack less
    than a hundredth of its area."""
    listed = {code for table in tables for code in present_codes(table.rows["county_code"])[0]}
    area = of.shares["share"] * of.shares["grid_id"].map(of.cells.set_index("grid_id")["area_km2"])
    by_county = area.groupby(of.shares["county_code"]).sum()
    missing = by_county[~by_county.index.isin(listed)]
    if missing.empty or not tables:
        return []
    names = of.cells.drop_duplicates("county_code").set_index("county_code")["county"]
    told = [f"{names.get(code, '')}{code}" for code in missing.index]
    share = 1 - float(missing.sum() / by_county.sum())
    where = ", ".join(table.name for table in tables)
    if share < _LEAST_AREA:
        raise InputError(
            "the table lacks counties of the region",
            where=where,
            got=f"{len(missing)} of {len(by_county)} missing ({share:.0%} of the area listed): {', '.join(told[:12])}",
            expected=f"every county, at least {_LEAST_AREA:.0%} of the area",
            todo="add them, with emission_t 0 where there is truly none",
        )
    return [Note("county_missing", where, say("没有{names}的数字，按0计", names=say("、").join(told[:12])))]


def _require_once(table: CountyTable, codes: pd.Series) -> None:
    """Refuses a county that is listed twice, by one code or by its old and its present one. Old codes of counties that were merged stand for
    its parts, and are added up."""
    told = table.rows["county_code"].astype(str).str.strip()
    is_doubled = told.duplicated(keep=False) | (codes.duplicated(keep=False) & codes.isin(set(told)))
    if is_doubled.any():
        pairs = sorted(
            {
                f"{one} ({two})" if one != two else one
                for one, two in zip(told[is_doubled], codes[is_doubled], strict=True)
            }
        )
        raise InputError(
            "a county is listed twice",
            where=table.name,
            got=", ".join(pairs[:5]),
            expected="one row a county, by its code of today or by its old one",
            todo="remove the row that is not meant, or add the two up",
        )
