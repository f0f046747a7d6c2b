"""2,000 mails from a real IMAP server into the store: forms, replies, bounces, automatic replies and others.

python -m tests.bench.mails [MAILS]
"""

import os
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from include.office.mailroom.round import read_mailbox
from include.simulator.imap_server import imap_server, put_all
from include.simulator.mail_answers import bounce_mail, nothing_found, text_mail
from include.store.archive import Archive
from include.store.engine import open_engine
from include.store.migrate import migrate
from tests.mailroom.office import CONTACT, NOW, SENT, Place, answer, form, open_place

MAILS = 2000
MOST_SECONDS = 60.0
_FORMS = 20  # different ones: what is measured is the reading, not the writing of forms


def mails(place: Place, count: int) -> list[bytes]:
    """So many mails: of ten one has a form, three are words, two bounces, two automatic replies, two strangers'."""
    forms = [
        form(place.key, fill=lambda _, alarm, place=number: {**nothing_found(SENT), "note": f"{place}"})
        for number in range(_FORMS)
    ]
    found = []
    for number in range(count):
        at = SENT + timedelta(seconds=number)
        words = text_mail(place.letter, CONTACT, at, f"来函收悉 {number}")
        automatic = words.replace(b"From: ", b"Auto-Submitted: auto-replied\r\nFrom: ", 1)
        stranger = f"From: x{number}@y.example\r\nSubject: offer\r\n\r\nbuy {number}\r\n".encode()
        bounce = bounce_mail(place.letter, CONTACT, at, "452 4.2.2 Mailbox full")
        one = answer(place, content=forms[number // 10 % _FORMS], at=at) if number % 10 == 0 else words
        found.append(
            {0: one, 1: bounce, 2: bounce, 3: automatic, 4: automatic, 5: stranger, 6: stranger}.get(
                number % 10, words
            )
        )
    return found


def main(count: int) -> int:
    """Prints what it took; the exit code is 1 when that is more than it may be."""
    with tempfile.TemporaryDirectory() as folder, imap_server() as port:
        engine = open_engine(f"sqlite:///{folder}/supervision.db")
        migrate(engine)
        place = open_place(engine, Archive(Path(folder) / "archive"), Path(folder), port, round_seconds=3600)
        put_all(port, [(each, SENT) for each in mails(place, count)])
        began, before = time.monotonic(), os.times()
        done = read_mailbox(place.house, place.source, now=NOW, actor="bench")
        seconds, after = time.monotonic() - began, os.times()
    computed = after.user + after.system - before.user - before.system
    computed += after.children_user + after.children_system - before.children_user - before.children_system
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(done.kinds.items()))
    print(
        f"{sum(done.kinds.values())} mails in {seconds:.1f} s ({computed:.1f} s of computing): {kinds}; {done.known} known {done.trouble}"
    )
    return int(seconds > MOST_SECONDS or bool(done.trouble) or sum(done.kinds.values()) + done.known != count)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else MAILS))
