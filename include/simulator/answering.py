"""The demo cities at their mailboxes: an IMAP server of the office, into which they answer the letters that come to the local mailbox."""

from __future__ import annotations

import hashlib
import logging
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from include.post.local_server import ReceivedMail, received
from include.profile.current import office
from include.simulator.imap_server import append, imap_server
from include.simulator.mail_answers import (
    answer_mail,
    bounce_mail,
    filled_in,
    form_of,
    nothing_found,
    something_found,
    text_mail,
)

_EVERY_SECONDS: Final = 5.0
_log = logging.getLogger(__name__)


def serve(port: int, letters: Path, say: Callable[[str], None]) -> None:
    """Runs the server and answers what comes, until SIGTERM or Ctrl-C. What lay there before is not answered again."""
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _frame: stopping.append(got))
    answered = {one.message_id for one in received(letters)} if letters.is_dir() else set()
    with imap_server(port=port) as opened:
        say(f"demo mailbox: imap 127.0.0.1:{opened}, answering the letters in {letters}")
        while not stopping:
            for one in received(letters) if letters.is_dir() else []:
                if one.message_id not in answered:
                    answered.add(one.message_id)
                    _answer(one, opened)
            time.sleep(_EVERY_SECONDS)


def _answer(letter: ReceivedMail, port: int) -> None:
    """One letter's answers; what goes wrong with them is that letter's, and the next ones are answered."""
    try:
        for mail in replies(letter, datetime.now(UTC)):
            append(port, mail, datetime.now(UTC))
    except Exception:
        _log.exception("no answer to %s", letter.letter_key)


def replies(letter: ReceivedMail, now: datetime) -> list[bytes]:
    """What comes back for one letter, always the same: of ten letters with a form six are answered, two in words, one address bounces."""
    content = letter.content()
    form = form_of(content)
    if form is None or not letter.recipients:
        return []
    sender = letter.recipients[0]
    lot = int(hashlib.sha256(letter.letter_key.encode()).hexdigest()[:8], 16) % 10
    if lot == 9:
        return []
    if lot == 8:
        return [bounce_mail(content, sender, now)]
    if lot >= 6:
        return [text_mail(content, sender, now, "来函收悉，正在组织排查，结果另行报送。")]
    category = office().categories[lot % len(office().categories)]
    at = now - timedelta(minutes=10)

    def fill(number: int, alarm_id: str) -> dict[str, object]:
        return dict(something_found(at, category) if (number + lot) % 2 else nothing_found(at))

    return [answer_mail(content, sender, filled_in(form, fill), now)]
