"""The phone page's part of `answer_round`: the spool is taken, codes leave at once, and the page is told how things stand."""

from datetime import datetime
from typing import Any

from include.house import House
from include.office.field_reports import take_spool
from include.office.field_told import tell_page
from include.workflows.steps import one_round


def take(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """One round; returns what became of the reports by number, `set_aside` with reasons, and what the page was told. An office
    without the page does nothing (reports that still lie there from before are taken all the same)."""
    if not house.field.is_on and not house.field_folder.spool.is_dir():
        return {"field": "未启用手机填报"}
    taken = take_spool(house, now=now, actor=actor)
    summary: dict[str, Any] = {
        "reports": taken.counts,
        "set_aside": [str(one) for one in taken.troubles][:20],
    }
    if taken.counts.get("mailed"):
        summary["codes"] = one_round(house, now, actor)
    if house.field.is_on:
        summary["page"] = tell_page(house, now)
    return summary
