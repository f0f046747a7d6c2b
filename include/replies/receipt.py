"""When a mail reached us, by our own server's clock: never the mail's Date, the poll, or a clerk's confirmation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Literal

from include.replies.mail import Mail
from include.replies.senders import is_same_host, server_of
from include.rules import receipt_second

TOLERANCE: Final = timedelta(minutes=5)
Clock = Literal["internal", "received", ""]


@dataclass(frozen=True)
class Reached:
    """The moment, and what told it: the mailbox (`internal`) or the server's own trace in the mail (`received`); None: nobody did."""

    at: datetime | None
    clock: Clock


def reached(mail: Mail, internal_at: datetime | None, own_server: str, now: datetime) -> Reached:
    """The mailbox's moment, checked against the topmost `Received` of the own server, which wins beyond 5 minutes: a mail that was
    copied or moved in has the moment of that. One that lies in the future of `now` is no clock's."""
    trace = _trace(mail, own_server)
    is_trace = trace is not None and (internal_at is None or abs(trace - internal_at) > TOLERANCE)
    at = trace if is_trace else internal_at
    if at is None or at > now + TOLERANCE:
        return Reached(None, "")
    return Reached(receipt_second(min(at, now)), "received" if is_trace else "internal")


def _trace(mail: Mail, own_server: str) -> datetime | None:
    """The moment in the topmost trace that the own server left."""
    if not own_server:
        return None
    for value in mail.all_heads("received"):
        words, _, moment = value.rpartition(";")
        if is_same_host(server_of(words), own_server):
            return moment_of(moment)
    return None


def moment_of(text: str) -> datetime | None:
    """A moment as mails write it, in UTC; None for what is none."""
    try:
        moment = parsedate_to_datetime(text.strip())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
