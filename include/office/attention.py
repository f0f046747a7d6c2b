"""What waits for a person, over all parts of the house: letters, deliveries, the mail server, quarantined rows."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, func, select

from include.house import House
from include.letters.digest import Matter, compose_digest
from include.periods import beijing_date
from include.post.attention import needs_person
from include.post.digest import digest_facts, queue_digest
from include.post.recipients import Recipient
from include.post.release import ReleaseOutcome
from include.sources.contact_questions import Question, questions
from include.sources.troubles import KIND as FILES
from include.store import tables
from include.store.engine import reading

TOPICS: Final = {
    "unknown": "结果不明", "refused": "对方拒收", "expired": "过期未送出", "withheld": "暂不能发", "failed": "放行失败",
    "approval": "等待签发", "undecided": "拟稿未处理", "server": "邮件服务器不可用", "contact": "联系人待决定", "archive": "存档不可用",
}  # fmt: skip
# Reason and what to do about files that were not read.
UNREAD_FILES: Final = (
    "文件未能读入，其余文件已照收",
    "按隔离中所列原因更正或重新索取该文件；读入后自动了结，也可弃用",
)


ABOUT_CONTACTS: Final = {
    "differs": ("来源与现行记录不一致，以现行记录为准", "保留现行或采用来源"),
    "held": ("来源改了邮箱，原邮箱为人工确定，新邮箱未启用", "保留现行、采用来源或两个都用"),
    "replaced": ("来源改了邮箱：旧邮箱已停用，新邮箱已启用", "确认更正，或改回旧邮箱"),
    "vanished": ("来源不再有此联系人，仍按有效处理", "保留或停用"),
    "unread": ("该邮箱可能无人收信", "确认可用或停用"),
}  # fmt: skip
_FEW: Final = 3  # questions of one source and kind that are listed one by one


@dataclass(frozen=True)
class ContactMatter:
    """Questions about contacts that wait: one, or all of one source and kind where they are many (`count`)."""

    title: str
    reason: str
    todo: str
    since: datetime
    count: int = 1


def contact_matters(connection: Connection) -> list[ContactMatter]:
    """What waits about contacts, the oldest first."""
    groups: dict[tuple[str, str], list[Question]] = {}
    for one in questions(connection):
        groups.setdefault((one.source, one.kind), []).append(one)
    found = []
    for (source, kind), asked in groups.items():
        reason, todo = ABOUT_CONTACTS[kind]
        words = f"在联系人页{todo}，或用 contacts answer"
        if len(asked) > _FEW:
            title = f"来源 {source} 的{len(asked)}位联系人"
            found.append(ContactMatter(title, reason, words, asked[0].asked_at, len(asked)))
        else:
            found += [
                ContactMatter(f"{one.region_name}　{_mailboxes(one)}", reason, words, one.asked_at)
                for one in asked
            ]
    return sorted(found, key=lambda one: (one.since, one.title))


def _mailboxes(one: Question) -> str:
    told = one.told.address if one.told and one.told.key != one.mine.key else ""
    return f"{one.mine.name} {one.mine.address}" + (f" → {told}" if told else "")


def matters(house: House, now: datetime) -> tuple[list[Matter], bool]:
    """Everything that waits, the oldest first, and whether any of it is about 模拟数据."""
    with reading(house.engine) as connection:
        found = [
            Matter(
                "　".join(part for part in (TOPICS[one.topic], one.addressee_name, one.subject, one.address) if part),
                one.reason, one.todo, one.since,
            )
            for one in needs_person(connection, now)
        ]  # fmt: skip
        about_contacts = contact_matters(connection)
        rejected = tables.quarantine.c
        rows = connection.execute(
            select(rejected.source, rejected.kind, func.count(), func.min(rejected.received_at))
            .where(rejected.state == "open")
            .group_by(rejected.source, rejected.kind)
        ).all()
        is_simulated = connection.execute(
            select(func.count()).select_from(tables.letter).where(tables.letter.c.is_simulated)
        ).scalar_one()
    found += [
        Matter(f"{TOPICS['contact']}　{one.title}", one.reason, one.todo, one.since) for one in about_contacts
    ]
    for source, kind, count, since in rows:
        title = f"隔离　来源 {source} 的 {kind} 有{count}行"
        reason, todo = "内容无法识别，未计入数字", "用 quarantine list 查看，更正后 quarantine replay"
        if kind == FILES:
            title, reason, todo = f"文件未能读入　来源 {source} 有{count}个", *UNREAD_FILES
        found.append(Matter(title, reason, todo, since))
    return sorted(found, key=lambda one: (one.since, one.title)), bool(is_simulated)


def queue_daily_digest(
    house: House, *, now: datetime, actor: str, more: Sequence[Matter] = ()
) -> ReleaseOutcome | None:
    """Queues the day's list to the operators, once a day, with what the caller adds; None when nothing waits."""
    waiting, is_simulated = matters(house, now)
    found = sorted([*waiting, *more], key=lambda one: (one.since, one.title))
    if not found:
        return None
    day: date = beijing_date(now)
    facts = digest_facts(
        day,
        json.dumps([asdict(one) for one in found], default=str, ensure_ascii=False),
        as_of=now,
        is_simulated=is_simulated,
    )
    return queue_digest(
        house.engine, house.archive, facts, compose_digest(day, found, is_simulated=is_simulated),
        (Recipient(house.issuer.operators, "值班", "to"),), office=house.office, server=house.mail_server, now=now, actor=actor,
    )  # fmt: skip
