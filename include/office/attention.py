"""What is mailed to the duty officers: the daily list of what waits for a person, and a run that is late."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import func, select

from include.act import Act
from include.house import House
from include.language import say
from include.letters.composition import Letter, made
from include.letters.digest import Matter, compose_digest
from include.office.beat_watch import due_at
from include.office.waiting import waiting
from include.periods import Period, moment_label, office_date, window_kind
from include.post.digest import digest_facts, queue_digest, trouble_facts
from include.post.drafts import LetterFacts
from include.post.recipients import Recipient, addressees
from include.post.release import ReleaseOutcome
from include.rules import SELF_WATCH
from include.store import tables
from include.store.beat_runs import mark_late
from include.store.engine import reading, writing


def matters(house: House, now: datetime) -> tuple[list[Matter], bool]:
    """Everything that waits, the oldest first, and whether any of it is about 模拟数据."""
    found = waiting(house, now)
    with reading(house.engine) as connection:
        is_simulated = connection.execute(
            select(func.count()).select_from(tables.letter).where(tables.letter.c.is_simulated)
        ).scalar_one()
    return [Matter(one.line, one.reason, one.todo, one.since) for one in found], bool(is_simulated)


def queue_daily_digest(house: House, *, now: datetime, actor: str) -> ReleaseOutcome | None:
    """Queues the day's list to the operators, once a day; None when nothing waits."""
    found, is_simulated = matters(house, now)
    if not found:
        return None
    day: date = office_date(now)
    facts = digest_facts(day, _frozen(found), as_of=now, is_simulated=is_simulated)
    composed = made(compose_digest, day, found, is_simulated=is_simulated)
    return _queue(house, facts, composed, now=now, actor=actor)


def queue_late_run(house: House, period: Period, run_id: str, *, now: datetime, actor: str) -> bool:
    """Tells the operators, once a window, that the letters of the window are not out in time. False where that was told, or
    where they are out by now."""
    with writing(house.engine) as connection:
        if not mark_late(connection, period, run_id, now):
            return False
    minutes = int(SELF_WATCH.late_after[period.kind].total_seconds() // 60)
    matter = Matter(
        say(
            "{label}\u3000{period}未按时完成", label=say(window_kind(period.kind).label), period=period.label
        ),
        say(
            "{moment}起的运行 {run_id} 在{minutes}分钟内没有完成核对",
            moment=moment_label(period.as_of),
            run_id=run_id,
            minutes=minutes,
        ),
        say("在 Airflow 中查看该运行停在哪一步：失败的步骤按其中所述处理后清除重跑；等待签发的请签发"),
        due_at(period),
    )
    _, is_simulated = matters(house, now)
    facts = trouble_facts(period, _frozen([matter]), is_simulated=is_simulated)
    composed = made(compose_digest, office_date(now), [matter], is_simulated=is_simulated, kind=facts.kind)
    _queue(house, facts, composed, now=now, actor=actor)
    return True


def _frozen(matters: Sequence[Matter]) -> str:
    return json.dumps([asdict(one) for one in matters], default=str, ensure_ascii=False)


def _queue(
    house: House, facts: LetterFacts, composed: Letter, *, now: datetime, actor: str
) -> ReleaseOutcome:
    to = (Recipient(house.issuer.operators, addressees()["operators"], "to"),)
    return queue_digest(house.outgoing, facts, composed, to, Act(now, actor))
