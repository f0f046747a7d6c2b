"""Small letters, contacts and servers that the tests of the post share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine, Select, insert, select

from include.act import Act
from include.periods import Period, midnight
from include.post import numbers
from include.post.drafts import LetterFacts, NamedAlarm, StoredLetter, draft, find
from include.post.outgoing import Outgoing
from include.post.release import ReleaseOutcome, release
from include.post.server import MailServer, Office
from include.store import tables
from include.store.archive import Archive
from include.store.engine import reading, writing

NOW = datetime(2020, 3, 13, 0, 30, tzinfo=UTC)  # 08:30 in Beijing
DAY = date(2020, 3, 12)
YANGQUAN, TAIYUAN, JINAN = "140300", "140100", "370100"
OFFICE = Office({"notice": "环督提", "reminder": "环督催", "bulletin": "环督通"}, reply_to="duty@mee.example")


@dataclass(frozen=True)
class File:
    role: str
    file_name: str
    ascii_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    subject: str
    files: tuple[File, ...]
    warnings: tuple[str, ...] = ()
    templates: Mapping[str, str] = field(default_factory=dict)


def composition(
    subject: str = "关于热点网格排查反馈情况提示的函",
    number: str | None = None,
    attached: bytes = b"%PDF-1.7",
) -> Letter:
    head = number or "（预览）"
    return Letter(
        subject,
        (
            File(
                "pdf",
                "提示函（阳泉市）.pdf",
                "notice_140300.pdf",
                "application/pdf",
                attached + head.encode(),
            ),
            File(
                "html",
                "mail.html",
                "mail.html",
                "text/html",
                f"<!doctype html><html><body>\n<p>{head}</p>\n</body></html>".encode(),
            ),
            File("text", "mail.txt", "mail.txt", "text/plain", f"{head}\n.第二行\n".encode()),
        ),
    )


def render(letter, number, issued_on) -> Letter:
    return composition(letter.subject, number)


def facts(
    kind="notice", unit_code=YANGQUAN, day=DAY, alarms=(), is_simulated=True, figures="{}"
) -> LetterFacts:
    period = Period.of_days(
        day,
        day + timedelta(days=1),
        "day",
        midnight(day + timedelta(days=1)) + timedelta(hours=8, minutes=30),
    )
    named = tuple(NamedAlarm(alarm_id, kind == "reminder") for alarm_id in alarms)
    return LetterFacts(kind, unit_code or "leader", unit_code, period, figures, is_simulated, named)


def add_contact(
    engine: Engine,
    region_code: str,
    role: str,
    address: str,
    name="生态环境局",
    valid_from=date(2020, 1, 1),
    valid_to=None,
) -> None:
    with writing(engine) as connection:
        connection.execute(
            insert(tables.contact).values(
                region_code=region_code,
                role=role,
                address=address,
                name=name,
                valid_from=valid_from,
                valid_to=valid_to,
                source="test",
                is_simulated=True,
                received_at=NOW,
                content_hash="0" * 64,
            )
        )


def add_cities(engine: Engine, *cities: str) -> None:
    """Each city gets `to<code>@city.example` and `cc<code>@city.example`."""
    for code in cities or (YANGQUAN,):
        add_contact(engine, code, "to", f"to{code}@city.example", "阳泉市生态环境局")
        add_contact(engine, code, "cc", f"cc{code}@city.example", "值班室")


def server(port: int = 25, **changes: object) -> MailServer:
    plain = MailServer(
        "127.0.0.1", port, "qianliyan@mee.example", "千里眼", security="none", timeout_seconds=5.0
    )
    return replace(plain, **changes)


def released(engine: Engine, archive: Archive, letter=None, *, now=NOW, on=None, **changes) -> ReleaseOutcome:
    """Drafts and releases one letter."""
    drafted = draft(engine, archive, letter or facts(), composition(), now=now, actor="run")
    act = Act(now, changes.pop("actor", "run"), changes.pop("reason", "自动发出"))
    options = {"render": render, **changes}
    return release(outgoing(engine, archive, on), drafted.letter_id, act, **options)


def outgoing(
    engine: Engine, archive: Archive, on: MailServer | None = None, office: Office = OFFICE
) -> Outgoing:
    """The way out of these tests: a mail server of this machine."""
    return Outgoing(engine, archive, office, on or server())


def deliveries(engine: Engine) -> dict[str, str]:
    """State by address, in the order of the rows (the newest of several copies)."""
    with reading(engine) as connection:
        rows = connection.execute(select(tables.delivery).order_by(tables.delivery.c.delivery_id))
        return {row.address: row.state for row in rows}


def audit_rows(engine: Engine, subject: str) -> list[tuple[str, str, str | None, str | None]]:
    """(subject_id, action, from_state, to_state) in order."""
    audit = tables.audit.c
    with reading(engine) as connection:
        query = select(audit.subject_id, audit.action, audit.from_state, audit.to_state).where(
            audit.subject == subject
        )
        return [tuple(row) for row in connection.execute(query.order_by(audit.audit_id))]


def the_letter(engine: Engine, letter_id: int = 1) -> StoredLetter:
    """The letter as it is stored."""
    with reading(engine) as connection:
        return find(connection, letter_id)


def rows(engine: Engine, query: Select) -> list[tuple]:
    """What a query finds."""
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(query)]


def register(engine: Engine, year: int = 2020) -> list[tuple[str, str, str | None]]:
    """(number, letter_key, void_reason) in order; the register must have no fault."""
    with reading(engine) as connection:
        assert numbers.gaps(connection) == []
        found = numbers.register(connection, year)
    return [(row.number, row.letter_key, row.void_reason or None) for row in found.fillna("").itertuples()]
