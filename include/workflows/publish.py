"""公开发布: prepare, a person's approval, publish. Each step is one task of the DAG of this name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from include.house import Decision, House
from include.language import say
from include.openness.editions import planned
from include.openness.publishing import publish as write
from include.periods import office_date, parse_date


def prepare(house: House, until: str | None, now: datetime) -> dict[str, Any]:
    """What a publication up to `until` (a date; default: today) would add; nothing is recorded and nothing is written."""
    plan = planned(house, parse_date(until) if until else office_date(now), now)
    words = say("{count}个新版次", count=len(plan.new)) if plan.new else say("没有新版次")
    return {
        "until": str(plan.until),
        "title": say("公开发布至{until}：{words}", until=plan.until, words=words),
        "new": [{"path": one.path, "words": _words(one.reason, one.changed_cells)} for one in plan.new],
        "seen": plan.digest,
        "editions": len(plan.editions),
    }


def publish(house: House, prepared: dict[str, Any], decision: Decision, now: datetime) -> dict[str, Any]:
    """Publishes what the person saw into the folder of the settings; nothing if they said no.

    Raises StateError where facts or settings have changed since: then somebody looks again.
    """
    if decision.names is not None:
        return {"published": False, "by": decision.who, "reason": decision.reason}
    until, to = parse_date(prepared["until"]), house.public_dir
    done = write(house, until, to, now=now, actor=decision.who, seen=prepared["seen"])
    return {"published": True, "by": decision.who, "folder": str(to), "files": done.files}


def _words(reason: str, changed: int) -> str:
    if reason == "first":
        return say("首次发布")
    return say(
        "{reason}，{changed}个数与上一版不同",
        reason=say("设置改变") if reason == "settings" else say("事实更正"),
        changed=changed,
    )
