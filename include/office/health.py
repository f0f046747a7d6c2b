"""Whether an installation works, seen from outside Airflow: for a monitor, or cron with a mail to the engineers.

Each check says what it looked at in one line and one number where there is one. A check that cannot be made has failed; it stops
no other. Nothing is changed, and nothing is read without an end.
"""

import os
import shutil
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError

from include.errors import QianliyanError, redact
from include.house import House
from include.office.beat_watch import missing_windows
from include.office.mailroom.access import closed_mailboxes
from include.periods import DAY
from include.post.mailer import MailSession
from include.post.server import MailServer
from include.rules import SELF_WATCH
from include.sources.config import SourceConfig
from include.sources.mailboxes.settings import mailbox_settings
from include.store.engine import reading, store_error
from include.store.migrate import require_current
from include.store.statements import frame

_PATIENCE_SECONDS: Final = 10.0
_HTTPS: Final = 443


@dataclass(frozen=True)
class Finding:
    """One check. `value`: the number that it judged (its unit stands in `name`), where there is one."""

    name: str
    is_ok: bool
    said: str
    value: float | None = None


def health(house: House, now: datetime) -> list[Finding]:
    """Every check, in a fixed order."""
    findings = [_made("store", lambda: _store(house))]
    if findings[0].is_ok:
        findings += [
            _made("outbox_oldest_seconds", lambda: _outbox(house, now)),
            _made("windows_missing", lambda: _windows(house, now)),
            *(
                _made(f"mailbox.{source.name}", partial(_mailbox, house, source))
                for source in house.mailboxes
            ),
        ]
    findings += [_made("archive", lambda: _archive(house)), _made("disk_free_share", lambda: _disk(house))]
    findings.append(_made("mail_server", lambda: _mail_server(house.mail_server, now)))
    for source in (*house.sources, *house.station_sources):
        url = urlsplit(source.location)
        if source.kind == "platform" and url.scheme == "https" and url.hostname:
            findings.append(_made(f"certificate.{source.name}", partial(_certificate, source, now)))
    return findings


def _made(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except DBAPIError as error:
        return Finding(name, False, str(store_error(error)))
    except (QianliyanError, OSError) as error:
        return Finding(name, False, redact(f"{type(error).__name__}: {error}"))


def _store(house: House) -> Finding:
    require_current(house.engine)
    return Finding("store", True, house.engine.url.render_as_string(hide_password=True))


def _outbox(house: House, now: datetime) -> Finding:
    with reading(house.engine) as connection:
        rows = frame(connection, "count_deliveries", since=now, now=now)
    due = rows.loc[rows["state"] == "queued", "oldest_due_at"].dropna()
    age = max((now - due.iloc[0].to_pydatetime()).total_seconds(), 0.0) if len(due) else 0.0
    most = SELF_WATCH.outbox_age.total_seconds()
    said = (
        f"mail that is due waits for {age:.0f} s (at most {most:.0f})" if age else "no mail that is due waits"
    )
    return Finding("outbox_oldest_seconds", age <= most, said, age)


def _windows(house: House, now: datetime) -> Finding:
    with reading(house.engine) as connection:
        found = missing_windows(connection, now)
    count = sum(len(one.windows) for one in found)
    named = "; ".join(
        f"{one.kind}: {len(one.windows)}, the first {one.windows[0].end_at.isoformat()}" for one in found
    )
    return Finding(
        "windows_missing", not count, named or "every window of the schedule is accounted for", float(count)
    )


def _mailbox(house: House, source: SourceConfig) -> Finding:
    """Whether the mailbox could be read when that was tried last, and whether it is the one that the letters ask to answer to."""
    settings, name = mailbox_settings(source), f"mailbox.{source.name}"
    with reading(house.engine) as connection:
        closed = [one for one in closed_mailboxes(connection) if one.name == source.name]
    if closed:
        return Finding(name, False, f"cannot be read since {closed[0].since.isoformat()}: {closed[0].reason}")
    asked = house.issuer.reply_to or house.mail_server.sender_address
    read = {address for one in house.mailboxes for address in mailbox_settings(one).addresses}
    if read and asked.lower() not in read:
        return Finding(name, False, f"letters ask for answers to {asked}; read are {', '.join(sorted(read))}")
    return Finding(name, True, settings.label)


def _archive(house: House) -> Finding:
    root = house.archive.root
    if not root.is_dir():
        return Finding("archive", False, f"{root} is not there: is its disk mounted?")
    with TemporaryFile(dir=root) as probe:
        probe.write(b"qianliyan")
        probe.flush()
        os.fsync(probe.fileno())
    return Finding("archive", True, f"{root} can be written")


def _disk(house: House) -> Finding:
    usage = shutil.disk_usage(_existing(house.var))
    share = usage.free / usage.total
    is_ok = share >= SELF_WATCH.least_free_share and usage.free >= SELF_WATCH.least_free_bytes
    least = max(SELF_WATCH.least_free_share * usage.total, SELF_WATCH.least_free_bytes)
    return Finding(
        "disk_free_share",
        is_ok,
        f"{usage.free >> 20} MB free (at least {int(least) >> 20} MB)",
        round(share, 4),
    )


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _mail_server(server: MailServer, now: datetime) -> Finding:
    """Connects and logs in as the post does; no mail is sent."""
    with MailSession(server) as session:
        trouble = session.connect()
        if trouble:
            return Finding("mail_server", False, f"{server.label}: {trouble}")
        told = session.smtp.sock.getpeercert() if server.security != "none" else None
    return _by_days("mail_server", server.label, told, now)


def _certificate(source: SourceConfig, now: datetime) -> Finding:
    url = urlsplit(source.location)
    assert url.hostname is not None
    context = ssl.create_default_context(cafile=str(source.options.get("ca_file") or "") or None)
    port = url.port or _HTTPS
    try:
        with (
            socket.create_connection((url.hostname, port), timeout=_PATIENCE_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=url.hostname) as end,
        ):
            told = end.getpeercert()
    except OSError as error:
        said = f"{url.hostname}:{port}: {error}; see that it runs and can be reached, or correct connection {source.name} (ca_file)"
        return Finding(f"certificate.{source.name}", False, said)
    return _by_days(f"certificate.{source.name}", f"{url.hostname}:{port}", told, now)


def _by_days(name: str, label: str, told: Any, now: datetime) -> Finding:
    """The finding about a server that answered, with the days that its certificate is still valid (`value`)."""
    if not told:
        return Finding(name, True, f"{label} answers, without TLS")
    ends_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(told["notAfter"]), UTC)
    days = (ends_at - now) / DAY
    said = f"{label} answers; its certificate ends {ends_at:%Y-%m-%d}, in {days:.0f} days"
    return Finding(name, ends_at - now >= SELF_WATCH.certificate, said, round(days, 1))
