"""One round of a mailbox: what is new is fetched, kept as it came, read, taken in; then it is moved away.

Nothing is lost and nothing is taken twice, wherever a crash comes: the bytes are in the archive before anything is known of them; what became
of a mail, its facts and its place are one transaction; a mail that lies there still is known by its place or its content and only moved.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from include.errors import QianliyanError, SourceError
from include.house import House
from include.office.mailroom.access import note_trouble
from include.office.mailroom.answers import Mailroom, read_forms
from include.office.mailroom.taking import Arrived, known_mail, see, take_mail
from include.profile.current import office
from include.replies.limits import LIMITS
from include.replies.mail import read_mail
from include.replies.verdict import judge
from include.sources.config import SourceConfig
from include.sources.mailboxes.imap import ImapMailbox
from include.sources.mailboxes.items import Fetched, Item, Mailbox
from include.sources.mailboxes.pop import PopMailbox
from include.sources.mailboxes.settings import MailboxSettings, mailbox_settings
from include.sources.places import places
from include.sources.reading.mails import MailReader, ReadMail
from include.store.engine import reading, writing
from include.store.mail_tables import mail, mail_seen

_log = logging.getLogger(__name__)
OnStep = Callable[[str], None]
_PUT_AWAY_EVERY: Final = 50
_ANSWERS: Final = ("answer", "reply")


def ignore_step(step: str) -> None:
    """The `on_step` of production: nobody watches the named points of a round."""


@dataclass
class MailRound:
    """What one round did: mails by kind, how many had been taken before, how many wait for a person. `trouble`: why the mailbox could
    not be read to its end."""

    source: str
    kinds: Counter[str] = field(default_factory=Counter)
    known: int = 0
    tray: int = 0
    rows_taken: int = 0
    rows_refused: int = 0
    trouble: str = ""
    is_all: bool = True


def read_mailbox(
    house: House, source: SourceConfig, *, now: datetime, actor: str, on_step: OnStep = ignore_step
) -> MailRound:
    """Takes what is new in a mailbox, up to the limits of a round. What the server or the settings do wrong is `trouble`, and the
    next round goes on. Two rounds at once (the day's beat reads, too) take each mail once.

    `on_step` is told the named points: `after_archive`, `after_commit`, `after_move`.
    """
    done = MailRound(source.name)
    try:
        settings = mailbox_settings(source)
        room = _mailroom(house, source, settings, now, actor)
        give_up_at = time.monotonic() + settings.round_seconds
        with open_mailbox(settings) as mailbox, MailReader() as reader:
            with reading(house.engine) as connection:
                seen = _seen(connection, source.name, mailbox.folder)
            items = mailbox.waiting(seen, settings.most_mails)
            done.is_all = len(items) < settings.most_mails
            items = [item for item in items if not (source.is_played and _is_to_come(item, now))]
            _put_away(mailbox, {uid: seen[uid] for uid in mailbox.left_over(seen)}, on_step)
            taken: dict[str, str] = {}
            for fetched in mailbox.fetch(items):
                if time.monotonic() > give_up_at:
                    done.is_all = False
                    break
                taken[fetched.item.uid] = _take(house, room, reader, fetched, done, on_step)
                if len(taken) >= _PUT_AWAY_EVERY:
                    _put_away(mailbox, taken, on_step)
                    taken = {}
            _put_away(mailbox, taken, on_step)
    except QianliyanError as error:
        _log.warning("mailbox %s: %s", source.name, error)
        done.trouble, done.is_all = str(error), False
    note_trouble(house.engine, source.name, done.trouble, now=now, actor=actor)
    return done


def _is_to_come(item: Item, now: datetime) -> bool:
    """Whether a mail came after the moment that a played clock shows: it lies there until the clock has come so far."""
    return item.internal_at is not None and item.internal_at > now


def _mailroom(
    house: House, source: SourceConfig, settings: MailboxSettings, now: datetime, actor: str
) -> Mailroom:
    owners = {one.name for one in (*house.sources, *house.mailboxes) if one.is_unit}
    with reading(house.engine) as connection:
        known_places = places(connection)
    return Mailroom(
        house.engine, source, settings, owners, office().trusted_mail_domains, known_places, now, actor
    )


def open_mailbox(settings: MailboxSettings) -> ImapMailbox | PopMailbox:
    """The mailbox, to be entered."""
    return ImapMailbox(settings) if settings.protocol == "imap" else PopMailbox(settings)


def _take(
    house: House,
    room: Mailroom,
    reader: MailReader,
    fetched: Fetched,
    done: MailRound,
    on_step: OnStep,
) -> str:
    """Takes one mail; returns its kind. What no step foresaw is this mail's: it is laid before a person, and the next one is read."""
    sha256 = house.archive.put(fetched.content)
    on_step("after_archive")
    with reading(house.engine) as connection:
        is_known = known_mail(connection, room.source.name, "raw_sha256", sha256) is not None
    try:
        arrived = None if is_known else _arrived(room, reader, fetched, sha256)
        row, is_new = _kept(house, room, fetched.item, sha256, arrived)
    except (SourceError, OperationalError):  # the disk or the store: not the mail's fault
        raise
    except Exception:
        _log.exception("mailbox %s, mail %s", room.source.name, fetched.item.uid)
        row, is_new = _kept(house, room, fetched.item, sha256, _unread(fetched, sha256))
    on_step("after_commit")
    if not is_new:
        done.known += 1
        return str(row["kind"])
    done.kinds[row["kind"]] += 1
    done.tray += row["state"] == "tray"
    done.rows_taken += row["rows_taken"]
    done.rows_refused += row["rows_refused"]
    return str(row["kind"])


def _kept(
    house: House, room: Mailroom, item: Item, sha256: str, arrived: Arrived | None
) -> tuple[Mapping[str, Any], bool]:
    """The mail's row, and whether it was taken now: in one transaction with all that came of it."""
    with writing(house.engine, lock="intake") as connection:
        mail_id = known_mail(connection, room.source.name, "raw_sha256", sha256)
        if mail_id is None and arrived is not None:
            mail_id = known_mail(connection, room.source.name, "content_key", arrived.read.content_key)
        is_new = mail_id is None and arrived is not None
        if mail_id is not None:
            see(connection, room.source.name, item, mail_id)
        elif arrived is not None:
            mail_id = take_mail(connection, room, arrived)
        row = connection.execute(select(mail).where(mail.c.mail_id == mail_id)).mappings().one()
    return dict(row), is_new


def _unread(fetched: Fetched, sha256: str) -> Arrived:
    content, item = fetched.content, fetched.item
    size = max(item.size, len(content))
    return Arrived(unread(content, item.internal_at), item, sha256, size, (), ("unread",))


def _arrived(room: Mailroom, reader: MailReader, fetched: Fetched, sha256: str) -> Arrived:
    content, item = fetched.content, fetched.item
    faults: tuple[str, ...] = () if fetched.is_whole else ("too_large",)
    try:
        read = reader.read(content, item.internal_at, room.settings.server, room.now)
    except QianliyanError as error:
        _log.warning("mailbox %s, mail %s: %s", room.source.name, item.uid, error)
        read, faults = unread(content, item.internal_at), (*faults, "unread")
    return Arrived(
        read, item, sha256, max(item.size, len(content)), read_forms(room.engine, read, room.now), faults
    )


def unread(content: bytes, internal_at: datetime | None) -> ReadMail:
    """What can be said of a mail that could not be read: its first headers."""
    head = content[: LIMITS.header_bytes].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    told = read_mail(head)
    verdict = replace(judge(told), kind="other", reasons=("answers_nothing",), forms=())
    key = hashlib.sha256(content).hexdigest()
    return ReadMail(
        verdict,
        told.head("message-id")[:250],
        told.head("subject")[:500],
        told.sender[:254],
        told.head("from")[:300],
        told.addressed,
        None,
        internal_at,
        "internal" if internal_at else "",
        "none",
        "",
        "",
        (),
        (),
        key,
    )


def _seen(connection: Connection, source: str, folder: str) -> dict[str, str]:
    """The kinds of the mails of a folder that were taken, by uid."""
    rows = connection.execute(
        select(mail_seen.c.uid, mail.c.kind)
        .join_from(mail_seen, mail)
        .where(mail_seen.c.source == source, mail_seen.c.folder == folder)
    )
    return {str(uid): str(kind) for uid, kind in rows}


def _put_away(mailbox: Mailbox, kinds: dict[str, str], on_step: OnStep) -> None:
    """Moves what was taken: answers and replies to their folder, everything else to the other."""
    for is_answer in (True, False):
        uids = [uid for uid, kind in kinds.items() if (kind in _ANSWERS) is is_answer]
        if uids:
            mailbox.put_away(uids, is_answer=is_answer)
            on_step("after_move")
