"""Two lists beside each other, and which grids hang on the weights."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pandas as pd

from include.selection.choice import choose, prepared
from include.selection.rules import PARTS, SelectionRules

COLUMNS = ["grid_id", "unit_code", "county", "change"]


def compared(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """One row a grid that is chosen in either list (`grid_id, unit_code, county, is_hot, is_monitored`), by unit and number:
    `change` (new, kept, left), `unit_code` and `county` as the later list says, `monitored` (new, kept, left, empty)."""
    told = [one[one["is_hot"]].drop_duplicates("grid_id").set_index("grid_id") for one in (before, after)]
    numbers = told[0].index.union(told[1].index)
    rows = pd.DataFrame(index=numbers.rename("grid_id"))
    rows["change"] = _change(rows.index.isin(told[0].index), rows.index.isin(told[1].index))
    own = [one[one["is_monitored"].astype(bool)].index for one in told]
    rows["monitored"] = _change(rows.index.isin(own[0]), rows.index.isin(own[1]))
    for name in ("unit_code", "county"):
        rows[name] = told[1][name].reindex(numbers).fillna(told[0][name].reindex(numbers))
    return rows.reset_index().sort_values(["unit_code", "grid_id"], ignore_index=True)[
        [*COLUMNS, "monitored"]
    ]


def change_counts(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a unit, then `total`: `unit_code, new, kept, left, before, after, retained` (kept / before; empty without any before)."""
    counts = pd.crosstab(rows["unit_code"], rows["change"]).reindex(
        columns=["new", "kept", "left"], fill_value=0
    )
    counts.columns.name = None
    counts = counts.sort_index()
    counts.loc["total"] = counts.sum()
    counts["before"], counts["after"] = counts["kept"] + counts["left"], counts["kept"] + counts["new"]
    counts["retained"] = (counts["kept"] / counts["before"].where(counts["before"] > 0)).round(4)
    return counts.rename_axis("unit_code").reset_index()


def sensitivity(
    measured: pd.DataFrame,
    rules: SelectionRules,
    *,
    years: Collection[int],
    old: Collection[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What moving each weight by `weight_shift` up and down does (the others share the rest as they did).

    First: one row a weight and direction: `part, shift, weight` (after), `chosen, stay, change` (grids that others take the place of),
    `share_stay`. Second: one row a grid that is chosen at all: `grid_id, unit_code, is_hot` (with the weights as they are), `chosen_in`
    and `trials`: a grid chosen in all of them hangs on no weight."""
    table = prepared(measured, rules, years)
    base = choose(table, rules, old=old)
    times = pd.Series(0, index=base.index)
    rows = []
    moved = _moved(rules)
    for part, shift, own in moved:
        found = choose(table, own, old=old)["is_hot"]
        times += found
        stay = int((found & base["is_hot"]).sum())
        rows.append(
            {
                "part": part,
                "shift": shift,
                "weight": round(own.weights()[part], 4),
                "chosen": int(found.sum()),
                "stay": stay,
                "change": int(base["is_hot"].sum()) - stay,
                "share_stay": round(stay / max(int(base["is_hot"].sum()), 1), 4),
            }
        )
    touched = base[base["is_hot"] | (times > 0)]
    grids = touched[["grid_id", "unit_code", "county", "is_hot"]].assign(
        chosen_in=times[touched.index], trials=len(moved)
    )
    return pd.DataFrame(rows), grids.sort_values(["chosen_in", "grid_id"], ignore_index=True)


def _moved(rules: SelectionRules) -> list[tuple[str, float, SelectionRules]]:
    """Each weight moved both ways as far as it goes, the other weights in their old proportions."""
    found, weights = [], rules.weights()
    for part in PARTS:
        rest = sum(weight for other, weight in weights.items() if other != part)
        if weights[part] == 0 or rest == 0:
            continue
        for shift in (-rules.weight_shift, rules.weight_shift):
            own = min(max(weights[part] + shift, 0.0), 1.0)
            values = {
                f"weight_{other}": own if other == part else weight / rest * (1 - own)
                for other, weight in weights.items()
            }
            found.append((part, shift, replace(rules, **values)))  # type: ignore[arg-type]
    return found


def _change(was: object, is_now: object) -> list[str]:
    words = {(True, True): "kept", (False, True): "new", (True, False): "left", (False, False): ""}
    return [words[bool(a), bool(b)] for a, b in zip(was, is_now, strict=True)]  # type: ignore[call-overload]
