"""One round of the post: settle what crashed, expire what is too old, send what is due over one connection."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, Engine, select

from include.errors import InputError
from include.language import say
from include.post import audit, outbox
from include.post.attention import ARCHIVE_WORDS
from include.post.mailer import MailSession, OnStep, ignore_step
from include.post.outbox import Claim
from include.post.outcomes import Outcome, Transmission
from include.post.server import MailServer
from include.replies.answered import tagged
from include.rules import POST
from include.store import tables
from include.store.archive import Archive
from include.store.engine import reading, writing

_log = logging.getLogger(__name__)

_TROUBLES_IN_A_ROW: Final = 3  # then the server is left in peace until the next round

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class RoundLimits:
    """Where a round ends although more is due; the next one goes on, oldest first."""

    most_mails: int = 2000
    most_seconds: float = 600.0


@dataclass(frozen=True)
class SentMail:
    """What became of one mail: its recipients by result (`accepted`, `refused`, `retry`, `unknown`), and the words."""

    letter_id: int
    letter_key: str
    subject: str
    is_rehearsal: bool
    recipients: dict[str, Outcome]

    @property
    def result(self) -> str:
        """The worst of its recipients: unknown, refused, retry, accepted."""
        found = {outcome.result for outcome in self.recipients.values()}
        return next(result for result in ("unknown", "refused", "retry", "accepted") if result in found)


@dataclass(frozen=True)
class RoundSummary:
    """`mails`: those of which the server was asked, in order. `swept`, `expired`, `still_due`: recipients.
    `trouble`: why the server could not be used, or empty. `waiting`: keys of letters that wait too long for approval."""

    mails: tuple[SentMail, ...]
    swept: int
    expired: int
    still_due: int
    trouble: str
    waiting: tuple[str, ...]

    @property
    def results(self) -> Counter[str]:
        """Mails by result."""
        return Counter(mail.result for mail in self.mails)


def post_round(
    engine: Engine,
    archive: Archive,
    server: MailServer,
    *,
    clock: Clock,
    owner: str,
    limits: RoundLimits | None = None,
    on_step: OnStep = ignore_step,
) -> RoundSummary:
    """Drains the outbox once. Several rounds may run at the same time, in any processes.

    Nothing is claimed before there is a connection and an archive, so that neither costs a letter an attempt by being away. `on_step` is
    told the named points: `before_claim`, `after_claim`, `after_commit`, and those of MailSession.
    """
    with writing(engine) as connection:
        swept = outbox.sweep(connection, actor=owner, now=clock())
        expired = outbox.expire(connection, actor=owner, now=clock())
        is_anything_due = outbox.due(connection, clock()) > 0
    mails: list[SentMail] = []
    trouble = ""
    if is_anything_due and (trouble := archive.trouble()):
        _record_trouble(engine, "archive", str(archive.root), trouble, actor=owner, now=clock())
    elif is_anything_due:
        with MailSession(server, on_step) as session:
            trouble = session.connect()
            if not trouble:
                trouble = _drain(
                    engine, archive, session, mails, clock, owner, limits or RoundLimits(), on_step
                )
        if trouble:
            _record_trouble(engine, "server", server.label, trouble, actor=owner, now=clock())
    with reading(engine) as connection:
        still_due = outbox.due(connection, clock())
        waiting = _waiting(connection, clock())
    return RoundSummary(tuple(mails), swept, expired, still_due, trouble, waiting)


def _drain(
    engine: Engine,
    archive: Archive,
    session: MailSession,
    mails: list[SentMail],
    clock: Clock,
    owner: str,
    limits: RoundLimits,
    on_step: OnStep,
) -> str:
    """Sends mail after mail; one commit settles the last one and claims the next. Returns the trouble that ended it."""
    lease_owner = f"{owner[:100]} {uuid4().hex}"
    ends_at = time.monotonic() + limits.most_seconds
    claimed: Claim | None = None
    transmission: Transmission | None = None
    troubles, trouble = 0, ""
    while True:
        may_go_on = not trouble and len(mails) < limits.most_mails and time.monotonic() < ends_at
        on_step("before_claim")
        with writing(engine) as connection:
            if claimed is not None and transmission is not None:
                outbox.settle(connection, claimed, transmission, actor=owner, now=clock())
            upcoming = (
                outbox.claim(
                    connection,
                    owner=lease_owner,
                    actor=owner,
                    now=clock(),
                    has_own_senders=session.server.has_own_senders,
                )
                if may_go_on
                else None
            )
        on_step("after_commit" if claimed is not None else "after_claim")
        if upcoming is None:
            return trouble
        claimed = upcoming
        transmission = _transmit(archive, session, claimed, _senders(session.server, claimed))
        mails.append(
            SentMail(
                claimed.letter_id,
                claimed.letter_key,
                claimed.subject,
                claimed.is_rehearsal,
                transmission.outcomes,
            )
        )
        _log.info("letter %s: %s", claimed.letter_key, mails[-1].result)
        troubles = troubles + 1 if transmission.is_troubled else 0
        if transmission.is_server_down or troubles == _TROUBLES_IN_A_ROW:
            trouble = next(iter(transmission.outcomes.values())).text


def _senders(server: MailServer, claimed: Claim) -> dict[str, str]:
    """The envelope sender of each recipient, where the mail server takes addresses with a plus: a bounce comes back to it."""
    return {
        claimed.addresses[delivery_id]: tagged(server.sender_address, "b", delivery_id, tag)
        for delivery_id, tag in claimed.return_tags.items()
    }


def _transmit(
    archive: Archive, session: MailSession, claimed: Claim, senders: dict[str, str]
) -> Transmission:
    addresses = list(claimed.addresses.values())
    try:
        message = archive.get(claimed.eml_sha256)
    except (
        InputError
    ) as error:  # of this mail alone: the others go on, and it is tried again for its useful life
        return Transmission(
            dict.fromkeys(
                addresses,
                Outcome(
                    "retry",
                    None,
                    say("{archive_words}：{error}", archive_words=say(ARCHIVE_WORDS), error=error),
                ),
            )
        )
    return session.transmit(addresses, message, is_simulated=claimed.is_simulated, senders=senders)


def _record_trouble(
    engine: Engine, subject: str, name: str, trouble: str, *, actor: str, now: datetime
) -> None:
    with writing(engine) as connection:
        change = audit.Change(subject, name[:255], "unusable", None, None, trouble)
        audit.record(connection, [change], now=now, actor=actor)


def _waiting(connection: Connection, now: datetime) -> tuple[str, ...]:
    letter = tables.letter.c
    return tuple(
        connection.execute(
            select(letter.letter_key)
            .where(letter.state == "awaiting_approval", letter.state_at <= now - POST.remind_approval)
            .order_by(letter.state_at, letter.letter_key)
        ).scalars()
    )
