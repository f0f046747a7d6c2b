"""`make demo PROFILE=…`: a morning of any office, played into its mailbox from a region made up from its profile alone."""

import shutil
import time
from datetime import date
from pathlib import Path
from typing import Final

from include.demo import DEMO_DAY, demo_registry, play_run, prepare, shown, tell
from include.house import default_var, open_house
from include.periods import period_ending
from include.post.mailbox import local_mailbox, received
from include.post.reconciliation import reconcile
from include.profile.current import office
from include.store.engine import reading
from include.workflows import daily_dispatch, weekly_summary

_FAILED: Final = ("refused", "unknown", "expired", "unaccounted", "drafted", "queued", "sending")
_SUMMARY_DAY: Final = date(2020, 3, 11)


def play_office() -> int:
    """Plays a summary and a daily dispatch; returns the exit code (1 when a letter failed)."""
    started = time.monotonic()
    profile = office()
    var = default_var() / f"demo_{profile.name}"
    shutil.rmtree(var, ignore_errors=True)
    failed = 0
    with local_mailbox(var / "mailbox") as mailbox:
        house = open_house(demo_registry(mailbox.port), var)
        prepare(house, now=period_ending("day", DEMO_DAY).as_of)
        tell(
            f"{profile.name}: {len({one.unit_code for one in profile.addressees()})} units, {profile.zone.key}"
        )
        if "summary" in profile.letters:
            failed += play_run(
                house, weekly_summary, "weekly_summary", period_ending("midweek", _SUMMARY_DAY)
            )
        failed += play_run(house, daily_dispatch, "daily_dispatch", period_ending("day", DEMO_DAY))
        with reading(house.engine) as connection:
            states = [reconcile(connection, day, due=()).states for day in (_SUMMARY_DAY, DEMO_DAY)]
    sent = sum(one["sent"] for one in states)
    failed += sum(one[state] for one in states for state in _FAILED)
    letters: Path = var / "mailbox" / "letters"
    tell(f"\nletters to open: {shown(letters)} ({len(received(var / 'mailbox'))} mails)")
    tell(f"{time.monotonic() - started:.0f} s")
    tell(f"demo: {sent} letters sent, {failed} failed")
    return 1 if failed else 0
