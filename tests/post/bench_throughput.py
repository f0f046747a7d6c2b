"""`python -m tests.post.bench_throughput`: the outbox against bare smtplib, with the same ready-made messages, over one
connection each, to the same server process, in one run. Prints letters per second and the ratio; exit 1 below 0.80."""

import smtplib
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import Engine, select

from include.post.round import post_round
from include.post.server import MailServer
from include.store import tables
from include.store.archive import Archive
from include.store.engine import open_engine, reading
from include.store.migrate import migrate
from tests.post.mailbox_process import mailbox_process
from tests.post.samples import DAY, NOW, add_cities, composition, facts, released, server

LEAST_RATIO = 0.80
_LETTERS, _TURNS, _ATTACHED_BYTES = 30, 16, 200 * 1024


def queue_letters(
    engine: Engine, archive: Archive, on: MailServer, count: int, *, attached_bytes: int, start: int = 0
) -> None:
    """Releases `count` letters to one city, one a day, each with an attachment that does not compress."""
    for number in range(start, start + count):
        attached = Random(number).randbytes(attached_bytes)
        letter = facts(day=DAY - timedelta(days=number))
        outcome = released(
            engine,
            archive,
            letter,
            on=on,
            render=lambda letter, number, _, attached=attached: composition(letter.subject, number, attached),
        )
        assert outcome.action == "released", outcome


def main() -> int:
    with tempfile.TemporaryDirectory() as name, mailbox_process(Path(name) / "mailbox") as port:
        folder, on = Path(name), server(port)
        engine, archive = open_engine(f"sqlite:///{folder / 'supervision.db'}"), Archive(folder / "archive")
        migrate(engine)
        add_cities(engine)
        turns = []
        for turn in range(_TURNS):
            queue_letters(
                engine, archive, on, _LETTERS, attached_bytes=_ATTACHED_BYTES, start=turn * _LETTERS
            )
            ready = _ready_mails(engine, archive)
            if turn % 2:
                own = _own_seconds(engine, archive, on)
                bare = _bare_seconds(ready, on)
            else:
                bare = _bare_seconds(ready, on)
                own = _own_seconds(engine, archive, on)
            turns.append((bare, own))
            print(
                f"  bare smtplib {_LETTERS / bare:6.1f} letters/s   outbox {_LETTERS / own:6.1f} letters/s   ratio {bare / own:.2f}"
            )
        engine.dispose()
    bare_seconds, own_seconds = (sum(seconds) for seconds in zip(*turns[1:], strict=True))
    ratio = bare_seconds / own_seconds
    print(f"throughput: {ratio:.2f} of bare smtplib (all turns but the first; at least {LEAST_RATIO:.2f})")
    return 0 if ratio >= LEAST_RATIO else 1


def _ready_mails(engine: Engine, archive: Archive) -> list[tuple[list[str], bytes]]:
    delivery = tables.delivery.c
    with reading(engine) as connection:
        rows = connection.execute(
            select(delivery.eml_sha256, delivery.address).where(delivery.state == "queued")
        ).all()
    mails: dict[str, list[str]] = {}
    for row in rows:
        mails.setdefault(row.eml_sha256, []).append(row.address)
    return [(addresses, archive.get(digest)) for digest, addresses in mails.items()]


def _bare_seconds(ready: list[tuple[list[str], bytes]], on: MailServer) -> float:
    started = time.perf_counter()
    with smtplib.SMTP(on.host, on.port, local_hostname=on.domain) as smtp:
        for addresses, content in ready:
            smtp.sendmail(on.sender_address, addresses, content)
    return time.perf_counter() - started


def _own_seconds(engine: Engine, archive: Archive, on: MailServer) -> float:
    started = time.perf_counter()
    summary = post_round(engine, archive, on, clock=lambda: NOW, owner="bench")
    seconds = time.perf_counter() - started
    assert summary.results == {"accepted": _LETTERS}, summary
    return seconds


if __name__ == "__main__":
    sys.exit(main())
