"""What units send back, every five minutes and before the day's letters: their mail, then what else comes in. A small list of steps; each
takes what it takes once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from include.errors import CheckFailed, QianliyanError
from include.house import House, Run
from include.language import say
from include.office.chain_assessment import assessment_letter
from include.office.dissection import look
from include.office.mailroom.round import MailRound, read_mailbox
from include.profile.current import office
from include.workflows import chain_round, field_page
from include.workflows.levels import exchange_levels

ACTOR: Final = "dag answer_round"
Step = Callable[[House, datetime, str], dict[str, Any]]


def mail(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """Reads every mailbox once. One that cannot be read does not stop the others."""
    rounds = [read_mailbox(house, source, now=now, actor=actor) for source in house.mailboxes]
    return {one.source: _summary(one) for one in rounds}


def field(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """Takes the spool of the phone page, once, and tells the page how things stand."""
    try:
        return {say("手机填报"): field_page.take(house, now, actor)}
    except (QianliyanError, OSError) as error:
        return {say("手机填报"): {"trouble": str(error)}}


def chain(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """Hands on new alarms and makes the letters of the chain, where the office has one."""
    if office().chain is None:
        return {}
    try:
        return {say("交办"): chain_round.take(house, now, actor)}
    except (QianliyanError, OSError) as error:
        return {say("交办"): {"trouble": str(error)}}


def dissection(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """Opens the cases of 解剖分析 that the alarms say by now, and makes the month's 考核通报 once it is due, where the office has a
    chain."""
    if office().chain is None:
        return {}
    try:
        opened = len(look(house, now, actor))
        return {say("解剖分析"): {"opened": opened, **assessment_letter(house, now, actor)}}
    except (QianliyanError, OSError) as error:
        return {say("解剖分析"): {"trouble": str(error)}}


def levels(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """Pulls from the offices above, and reports to them. One that cannot be reached does not stop the others."""
    return exchange_levels(house, now, actor)


# In this order; another way in which answers come is one more step.
STEPS: Final[dict[str, Step]] = {
    "mail": mail,
    "field": field,
    "chain": chain,
    "dissection": dissection,
    "levels": levels,
}


def take(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """Every step, whatever became of the ones before; returns what each did. Raises CheckFailed at the end where one could not do all of its work."""
    done = {name: step(house, now, actor) for name, step in STEPS.items()}
    if troubles := _troubles(done):
        raise CheckFailed(
            say("；").join(troubles),
            where="answer_round",
            expected=say("每个信箱、手机填报的目录和上级平台都能读"),
            todo=say("按所述原因检查连接；没有读到的邮件仍在信箱中，没有报上的仍在排队，下一轮再办"),
        )
    return done


def take_before_letters(run: Run) -> dict[str, Any]:
    """What came in until the run's moment, so that its letters know of it: the same steps, and `warnings` where one could not do all
    of its work, which stops no letter. A back-fill takes nothing: its windows are past, and what comes in counts from today.

    What came in is the round's doing, whoever asked for the run: nobody is booked for a bounce or a mail of others."""
    if run.is_backfill:
        return {"warnings": []}
    done = {name: step(run.house, run.now, ACTOR) for name, step in STEPS.items()}
    return {**done, "warnings": _troubles(done)}


def _troubles(done: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        say("{source}：{trouble}", source=source, trouble=summary["trouble"])
        for several in done.values()
        for source, summary in several.items()
        if summary.get("trouble")
    ]


def _summary(one: MailRound) -> dict[str, Any]:
    return {
        "kinds": dict(one.kinds),
        "known": one.known,
        "tray": one.tray,
        "rows_taken": one.rows_taken,
        "rows_refused": one.rows_refused,
        "is_all": one.is_all,
        "trouble": one.trouble,
    }
