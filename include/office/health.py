"""Whether an installation works, seen from outside Airflow: for a monitor, or cron with a mail to the engineers.

Each check says what it looked at in one line and one number where there is one. A check that cannot be made has failed, and a
setting that cannot be used is a line of its own; neither stops any other. Nothing is changed, and nothing is read without an end.
"""

import os
import shutil
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError

from include.errors import InputError, QianliyanError, redact
from include.house import House, Opened
from include.office.beat_watch import Missing, missing_windows
from include.office.mailroom.access import closed_mailboxes
from include.periods import DAY, MINUTE, Period, moment_text, office_zone
from include.post.mailer import MailSession
from include.rules import SELF_WATCH
from include.sources.config import SourceConfig
from include.sources.kinds.database import address_of
from include.sources.mailboxes.settings import mailbox_settings
from include.sources.mapping.files import mapping_of
from include.sources.mapping.language import Mapping as TableMapping
from include.sources.reading.file_names import entries_of
from include.sources.stations.sources import station_mapping
from include.store.engine import reading, store_error
from include.store.migrate import require_current, require_revision
from include.store.rounds import POST_ROUND, mailbox_rounds, rounds_of
from include.store.statements import frame

_PATIENCE_SECONDS: Final = 10.0
_HTTPS: Final = 443
_NAMED: Final = 3  # windows
_MAILBOX_TODO: Final = "see its connection, certificate and password; mail stays in the mailbox"


@dataclass(frozen=True)
class Finding:
    """One check. `value`: the number that it judged (its unit stands in `name`), where there is one."""

    name: str
    is_ok: bool
    said: str
    value: float | None = None


def health(opened: Opened, now: datetime) -> list[Finding]:
    """Every check, in a fixed order."""
    house, troubles = opened.house, opened.troubles
    findings = [*_settings(troubles), _made("store", partial(_store, opened))]
    if findings[-1].is_ok:
        findings += [
            _made("post_round_age_seconds", partial(_post_round, house, now)),
            _made("outbox_oldest_seconds", partial(_outbox, house, now)),
            _made("windows_missing", partial(_windows, opened, now)),
            *(
                _made(f"mailbox.{source.name}", partial(_mailbox, opened, source, now))
                for source in house.mailboxes
            ),
        ]
    findings += [
        _made("archive", partial(_archive, house)),
        _made("disk_free_share", partial(_disk, house)),
        _made("mail_server", partial(_mail_server, opened, now)),
    ]
    mapped = [(source, mapping_of) for source in house.sources]
    mapped += [(source, station_mapping) for source in house.station_sources]
    for source, read_mapping in mapped:
        findings.append(_made(f"source.{source.name}", partial(_source, source, read_mapping)))
        url = urlsplit(source.location)
        if source.kind == "platform" and url.scheme == "https" and url.hostname:
            findings.append(_made(f"certificate.{source.name}", partial(_certificate, source, now)))
    return findings


def _made(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except DBAPIError as error:
        return Finding(name, False, str(store_error(error)))
    except QianliyanError as error:
        return Finding(name, False, str(error))
    except Exception as error:  # whatever goes wrong in one check is that check's
        return Finding(name, False, redact(f"{type(error).__name__}: {error}"))


def _settings(troubles: Mapping[str, InputError]) -> list[Finding]:
    """One line for each connection, variable or file that cannot be used, or one that says that all can."""
    if not troubles:
        return [Finding("settings", True, "every connection and variable can be used")]
    return [
        Finding(f"settings.{part.replace(' ', '.')}", False, str(trouble))
        for part, trouble in troubles.items()
    ]


def _store(opened: Opened) -> Finding:
    engine = opened.require("connection supervision_db").engine
    if "variable profile" in opened.troubles:  # whose store it is cannot be told
        require_revision(engine)
    else:
        require_current(engine)
    where = engine.url.render_as_string(hide_password=True)
    if engine.dialect.name == "sqlite":
        file = Path(engine.url.database or "")
        for path in (file, file.parent):  # beside it SQLite writes its journal
            if not os.access(path, os.W_OK):
                todo = "give this account the right to write it (a verb that ran as another account may have made it)"
                return Finding("store", False, f"{where}: {path} cannot be written; {todo}")
    return Finding("store", True, where)


def _source(source: SourceConfig, read_mapping: Callable[[SourceConfig], TableMapping]) -> Finding:
    """Whether a pull could begin: its mapping can be read, its folder be listed, its database's address be understood. Nothing is
    read from it."""
    name = f"source.{source.name}"
    read_mapping(source)
    if source.kind in ("files", "inbox"):
        count = len(entries_of(Path(source.location), f"connection {source.name}"))
        return Finding(name, True, f"{source.location}: {count} entries")
    if source.kind == "database":
        return Finding(name, True, f"{address_of(source)}: a driver understands it")
    return Finding(
        name, True, f"{urlsplit(source.location).netloc.rpartition('@')[2]}: its mapping can be read"
    )


def _moment(at: datetime) -> str:
    """A moment of the office's clock, with the name of its zone."""
    return f"{moment_text(at)} ({office_zone().key})"


def _post_round(house: House, now: datetime) -> Finding:
    name = "post_round_age_seconds"
    with reading(house.engine) as connection:
        rounds = rounds_of(connection, POST_ROUND)
    if rounds is None:
        return Finding(name, True, "the schedule never came to this store; run by hand, it has none")
    age, most = now - rounds.last_at, SELF_WATCH.post_round_age
    said = f"the last round that went well was at {_moment(rounds.last_at)}"
    if age > most:
        said += f", more than {most / MINUTE:.0f} minutes ago; see in Airflow that the scheduler runs, that DAG post_round is on, and at what its last run failed"
    return Finding(name, age <= most, said, max(age.total_seconds(), 0.0))


def _outbox(house: House, now: datetime) -> Finding:
    with reading(house.engine) as connection:
        rows = frame(connection, "count_deliveries", since=now, now=now)
    due = rows.loc[rows["state"] == "queued", "oldest_due_at"].dropna()
    age = max((now - due.iloc[0].to_pydatetime()).total_seconds(), 0.0) if len(due) else 0.0
    most = SELF_WATCH.outbox_age.total_seconds()
    said = (
        f"mail that is due waits for {age:.0f} s (at most {most:.0f})" if age else "no mail that is due waits"
    )
    if age > most:
        said += "; see the check mail_server, in Airflow that DAG post_round is on and at what its last run failed, and the desk's page of letters for what was answered"
    return Finding("outbox_oldest_seconds", age <= most, said, age)


def _windows(opened: Opened, now: datetime) -> Finding:
    house = opened.require("variable profile")
    with reading(house.engine) as connection:
        found = missing_windows(connection, now)
    count = sum(len(one.windows) for one in found)
    said = "; ".join(map(_missed, found)) or "every window of the schedule is accounted for"
    return Finding("windows_missing", not count, said, float(count))


def _missed(one: Missing) -> str:
    """Which windows of a DAG are missing, since when, and what to do."""
    ends = [_end(window) for window in one.windows]
    named = ", ".join(ends[:_NAMED]) + (f" and {len(ends) - _NAMED} more" if len(ends) > _NAMED else "")
    return (
        f"DAG {one.dag_id} accounted for no window {one.kind} ending {named} (due since {_moment(one.since)}): "
        f"see in Airflow that it is on and not paused and at what its run failed, then trigger it with period_end {ends[0]}"
    )


def _end(window: Period) -> str:
    """The end of a window as the param `period_end` takes it."""
    if window.is_whole_days:
        return window.end.isoformat()
    return window.end_at.astimezone(office_zone()).isoformat(timespec="minutes")


def _mailbox(opened: Opened, source: SourceConfig, now: datetime) -> Finding:
    """Whether the mailbox is read, as its last rounds say, and whether it is the one that the letters ask to answer to."""
    house, name = opened.house, f"mailbox.{source.name}"
    label = mailbox_settings(source).label
    with reading(house.engine) as connection:
        closed = [one for one in closed_mailboxes(connection) if one.name == source.name]
        rounds = rounds_of(connection, mailbox_rounds(source.name))
        schedule = rounds_of(connection, POST_ROUND)
    last = f"last read at {_moment(rounds.last_at)}" if rounds else "never read"
    if closed:
        why = f"cannot be read since {_moment(closed[0].since)}: {closed[0].reason}"
        return Finding(name, False, f"{label}: {last}, {why}; {_MAILBOX_TODO}")
    since = rounds.last_at if rounds else schedule.first_at if schedule else now
    if schedule and now - since > SELF_WATCH.mailbox_age:
        todo = "see in Airflow that DAG answer_round is on and at what its last run failed"
        return Finding(
            name,
            False,
            f"{label}: {last}, more than {SELF_WATCH.mailbox_age / MINUTE:.0f} minutes ago; {todo}",
        )
    return _asked_for(opened, name) or Finding(name, True, f"{label}: {last}")


def _asked_for(opened: Opened, name: str) -> Finding | None:
    """What is wrong where letters ask for answers to an address that no mailbox here reads."""
    if opened.troubles.keys() & {"variable office", "connection mail_server"}:
        return None  # what letters ask for cannot be told
    house = opened.house
    asked = house.issuer.reply_to or house.mail_server.sender_address
    read = {address for one in house.mailboxes for address in _addresses(one)}
    if not read or asked.lower() in read:
        return None
    said = f"letters ask for answers to {asked}; read are {', '.join(sorted(read))}; correct reply_to of variable office, or the mailbox's addresses"
    return Finding(name, False, said)


def _addresses(source: SourceConfig) -> tuple[str, ...]:
    try:
        return mailbox_settings(source).addresses
    except InputError:  # its own check says so
        return ()


def _archive(house: House) -> Finding:
    root = house.archive.root
    if not root.is_dir():
        return Finding("archive", False, f"{root} is not there: is its disk mounted?")
    try:
        with TemporaryFile(dir=root) as probe:
            probe.write(b"qianliyan")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        todo = "see that it has room and that this account may write it; until then no letter is made"
        return Finding("archive", False, f"{root} cannot be written: {error.strerror}; {todo}")
    return Finding("archive", True, f"{root} can be written")


def _disk(house: House) -> Finding:
    if not house.var.is_dir():
        return Finding("disk_free_share", False, f"{house.var} is not there: is its disk mounted?")
    usage = shutil.disk_usage(house.var)
    share = usage.free / usage.total
    is_ok = share >= SELF_WATCH.least_free_share and usage.free >= SELF_WATCH.least_free_bytes
    least = max(SELF_WATCH.least_free_share * usage.total, SELF_WATCH.least_free_bytes)
    said = f"{house.var}: {usage.free >> 20} MB free (at least {int(least) >> 20} MB)"
    if not is_ok:
        said += "; make room (python -m include prune lists what nothing needs), or give it a larger disk"
    return Finding("disk_free_share", is_ok, said, round(share, 4))


def _mail_server(opened: Opened, now: datetime) -> Finding:
    """Connects and logs in as the post does; no mail is sent."""
    server = opened.require("connection mail_server").mail_server
    with MailSession(server) as session:
        trouble = session.connect()
        if trouble:
            todo = "see that it runs and can be reached, or correct connection mail_server"
            return Finding("mail_server", False, f"{server.label}: {trouble}; {todo}")
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
    is_ok = ends_at - now >= SELF_WATCH.certificate
    said = f"{label} answers; its certificate ends {ends_at:%Y-%m-%d}, in {days:.0f} days"
    if not is_ok:
        said += f" (at least {SELF_WATCH.certificate / DAY:.0f}); have it renewed, where the server is run"
    return Finding(name, is_ok, said, round(days, 1))
