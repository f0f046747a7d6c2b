"""`make demo PROFILE=…`: a morning of any office, played into its mailbox from a region made up from its profile alone."""

import shutil
import time
from datetime import date
from pathlib import Path
from typing import Final

from include.demo import DEMO_DAY, demo_registry, play_run, prepare, shown, tell
from include.house import Decision, default_var, open_house
from include.language import say
from include.periods import period_ending
from include.post.mailbox import local_mailbox, received
from include.post.reconciliation import reconcile
from include.profile.current import office
from include.store.engine import reading
from include.workflows import daily_dispatch, half_monthly_bulletin, weekly_summary

_FAILED: Final = ("refused", "unknown", "expired", "unaccounted", "drafted", "queued", "sending")
_SUMMARY_DAY: Final = date(2020, 3, 11)
_BULLETIN_DAY: Final = date(2020, 3, 16)  # 1 to 15 March
_DAYS: Final = (_SUMMARY_DAY, DEMO_DAY, _BULLETIN_DAY)


def play_office() -> int:
    """Plays a summary, a daily dispatch and a bulletin, as far as the office uses them; returns the exit code (1 when a letter failed)."""
    started = time.monotonic()
    profile = office()
    var = default_var() / f"demo_{profile.name}"
    shutil.rmtree(var, ignore_errors=True)
    failed = 0
    with local_mailbox(var / "mailbox") as mailbox:
        house = open_house(demo_registry(mailbox.port), var)
        bulletin = period_ending("half_month", _BULLETIN_DAY)
        has_bulletin = bool(set(half_monthly_bulletin.KINDS) & set(profile.letters))
        prepare(house, now=bulletin.ends_at, start=bulletin.start, end=bulletin.end, warning_months=1)
        tell(
            f"{profile.name}: {len({one.unit_code for one in profile.addressees()})} units, {profile.zone.key}"
        )
        if "summary" in profile.letters:
            failed += play_run(
                house, weekly_summary, "weekly_summary", period_ending("midweek", _SUMMARY_DAY)
            )
        failed += play_run(house, daily_dispatch, "daily_dispatch", period_ending("day", DEMO_DAY))
        if has_bulletin:
            decision = Decision("make demo", say("演示时无人在场，由演示程序自动签发"))
            failed += play_run(house, half_monthly_bulletin, "half_monthly_bulletin", bulletin, decision)
        with reading(house.engine) as connection:
            states = [reconcile(connection, day, due=()).states for day in _DAYS]
    sent = sum(one["sent"] for one in states)
    failed += sum(one[state] for one in states for state in _FAILED)
    letters: Path = var / "mailbox" / "letters"
    tell(f"\nletters to open: {shown(letters)} ({len(received(var / 'mailbox'))} mails)")
    tell(f"{time.monotonic() - started:.0f} s")
    tell(f"demo: {sent} letters sent, {failed} failed")
    return 1 if failed else 0
