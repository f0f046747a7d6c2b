"""考核: how the units that hold tasks did over a month, by what is due; pure.

A step is due once its deadline has passed; it was on time where it reached us by then. What is not due yet is in no figure but its
number (`pending`), what was done and waits for the office is in none (`under_review`), what is due and not done is not on time: of a task
that was never acknowledged its report too. Of a task that went to a successor what was done before is the former holder's, and so is what becomes of it (退回, 验收不通过, 抽查不通过), whenever;
the rest, and the task itself, is the successor's.
结案 changes no figure. A withdrawn task counts for nothing. Rank: within its group (districts,
departments, towns do different work), the share of due steps that were on time, the best first, ties share a rank; a unit of which
fewer than `least_due` steps are due has none (`is_small`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import pandas as pd

from include.chain.closed import before_closing

SLOTS: Final = ("acknowledge", "report", "rectify")
"""The steps of a holder."""
_SLOT_OF: Final = {"acknowledged": "acknowledge", "reported": "report", "rectified": "rectify"}
_MADE: Final = ("reported", "rectified")
_REFUSALS: Final = {"returned": "returned", "inspected_failed": "failed", "spot_failed": "failed"}
_WAITS_FOR: Final = {
    "assigned": "acknowledge",
    "acknowledged": "report",
    "returned": "report",
    "passed": "rectify",
    "failed": "rectify",
}
_WAIT_FOR_THE_OFFICE: Final = ("reported", "rectified")
GROUPS: Final = {"district": "区县", "department": "部门", "town": "镇街"}
"""Who is compared with whom, and what people call them."""
GROUP_OF: Final = {"bureau": "district", "zone": "district", "department": "department", "town": "town"}
"""The group of a kind of unit."""
COLUMNS: Final = (
    "group",
    "unit_code",
    "tasks",
    *(f"{slot}_{what}" for slot in SLOTS for what in ("due", "on_time")),
    "due",
    "on_time",
    "returned",
    "failed",
    "repeats",
    "accepted",
    "written_off",
    "pending",
    "under_review",
    "is_small",
    "rank",
)
"""One row a holder: its group; tasks; steps due and on time, by step and in all; how often sent back (退回) and not accepted; alarms beyond the
first of a grid; tasks accepted (or without a problem) and written off; its
steps that are not due yet; its tasks that wait for the office (待审核、待验收); whether too few are due for a rank; the rank in its group."""


def assessed(
    tasks: pd.DataFrame, steps: pd.DataFrame, as_of: datetime, kinds: Mapping[str, str], least_due: int
) -> pd.DataFrame:
    """The figures, by group, rank and code. `kinds`: of the units by code (one that is not known is a district). `tasks`: rows of sql/chain_tasks.sql; `steps`: of sql/chain_steps.sql; both as of `as_of`."""
    own = before_closing(tasks)
    own = own[own["state"] != "withdrawn"]
    judged, refused = _judged(own, steps, as_of), _refused(own, steps)
    rows = []
    for code in sorted({*own["holder_code"], *judged["holder_code"], *(unit for unit, _ in refused)}):
        held = own[own["holder_code"] == code]
        mine = judged[judged["holder_code"] == code]
        group = GROUP_OF.get(kinds.get(str(code), ""), "district")
        row: dict[str, object] = {"group": group, "unit_code": str(code), "tasks": len(held)}
        for slot in SLOTS:
            of_slot = mine[mine["slot"] == slot]
            row |= {f"{slot}_due": len(of_slot), f"{slot}_on_time": int(of_slot["is_on_time"].sum())}
        row |= {
            "due": len(mine),
            "on_time": int(mine["is_on_time"].sum()),
            "returned": refused[str(code), "returned"],
            "failed": refused[str(code), "failed"],
            "repeats": len(held) - int(held["grid_id"].nunique()),
            "accepted": int(held["state"].isin(("accepted", "checked", "written_off")).sum()),
            "written_off": int((held["state"] == "written_off").sum()),
            "pending": _pending(held, as_of),
            "under_review": int(held["state"].isin(_WAIT_FOR_THE_OFFICE).sum()),
            "is_small": len(mine) < least_due,
        }
        rows.append(row)
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    share = (found["on_time"] / found["due"].where(found["due"] > 0)).where(~found["is_small"].astype(bool))
    found["rank"] = share.groupby(found["group"]).rank(method="min", ascending=False).astype("Int64")
    order = found["group"].map({name: number for number, name in enumerate(GROUPS)})
    ordered = found.assign(place=order).sort_values(["place", "rank", "unit_code"])
    return ordered[list(COLUMNS)].reset_index(drop=True)


def _pending(tasks: pd.DataFrame, as_of: datetime) -> int:
    """How many of the tasks wait for a step of their holder that is not due yet."""
    waits = tasks["state"].isin(tuple(_WAITS_FOR)) & (tasks["due_at"] >= as_of)
    reports = (tasks["state"] == "assigned") & (tasks["answer_due_at"] >= as_of)
    return int((waits | reports).sum())


def _refused(tasks: pd.DataFrame, steps: pd.DataFrame) -> Counter[tuple[str, str]]:
    """How many reports and rectifications of each unit were sent back (`returned`) and not accepted, on site or by a spot check (`failed`):
    of the unit that made what was judged, whoever holds the task since."""
    keys = set(zip(tasks["alarm_id"], tasks["task_no"], strict=True))
    made: dict[tuple[str, int], str] = {}
    found: Counter[tuple[str, str]] = Counter()
    for one in steps.to_dict("records"):
        key = (one["alarm_id"], one["task_no"])
        if key not in keys:
            continue
        if one["event"] in _MADE:
            made[key] = str(one["unit_code"])
        elif one["event"] in _REFUSALS:
            found[made[key], _REFUSALS[one["event"]]] += 1
    return found


def _judged(tasks: pd.DataFrame, steps: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """One row a step that was due as of `as_of`: `holder_code, slot, is_on_time`."""
    told_steps = [{str(name): value for name, value in row.items()} for row in steps.to_dict("records")]
    keys = set(zip(tasks["alarm_id"], tasks["task_no"], strict=True))
    rows = [
        (str(one["unit_code"]), _SLOT_OF[one["event"]], bool(one["receipt_at"] <= one["met_due_at"]))
        for one in told_steps
        if one["event"] in _SLOT_OF
        and (one["alarm_id"], one["task_no"]) in keys
        and not pd.isna(one["met_due_at"])
        and one["met_due_at"] < as_of
    ]
    told = {(one["alarm_id"], one["task_no"]) for one in told_steps if one["event"] == "acknowledged"}
    for task in tasks.to_dict("records"):
        is_silent = (task["alarm_id"], task["task_no"]) not in told and not pd.isna(task["acknowledged_at"])
        if is_silent and task["acknowledge_due_at"] < as_of:
            # Reported without an acknowledgement, which it is at once.
            is_on_time = bool(task["acknowledged_at"] <= task["acknowledge_due_at"])
            rows.append((str(task["holder_code"]), "acknowledge", is_on_time))
        slot = _WAITS_FOR.get(str(task["state"]))
        if slot is not None and not pd.isna(task["due_at"]) and task["due_at"] < as_of:
            rows.append((str(task["holder_code"]), slot, False))
        if task["state"] == "assigned" and task["answer_due_at"] < as_of:
            rows.append((str(task["holder_code"]), "report", False))
    return pd.DataFrame(rows, columns=["holder_code", "slot", "is_on_time"])
