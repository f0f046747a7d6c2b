"""`make demo PROFILE=…`: a morning of any office, played into its mailbox from a region made up from its profile alone."""

import shutil
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from include.demo import demo_registry, has_simulated_air, play_run, prepare, shown, tell
from include.house import Decision, default_var, open_house
from include.language import say
from include.periods import DAY, period_ending
from include.post.local_server import local_mailbox, received
from include.post.reconciliation import reconcile
from include.profile.current import office
from include.store.engine import reading
from include.workflows import daily_dispatch, half_monthly_bulletin, weekly_summary

_FAILED: Final = ("refused", "unknown", "expired", "unaccounted", "drafted", "queued", "sending")
_WEDNESDAY: Final = 2
_RUN_IN: Final = timedelta(days=10)  # of the season, so that there is something to look back on


def played_days(season_start: date) -> tuple[date, date, date]:
    """The days on which the letters of the demo go out: a Wednesday with its mid-week summary, the Thursday after it with its dispatch,
    and the next day of a bulletin."""
    first = season_start + _RUN_IN
    summary = first + timedelta(days=(_WEDNESDAY - first.weekday()) % 7)
    dispatch = summary + DAY
    bulletin = dispatch + DAY
    while bulletin.day not in (1, 16):
        bulletin += DAY
    return summary, dispatch, bulletin


def play_office() -> int:
    """Plays a summary, a daily dispatch and a bulletin, as far as the office uses them; returns the exit code (1 when a letter failed)."""
    started = time.monotonic()
    profile = office()
    var = default_var() / f"demo_{profile.name}"
    shutil.rmtree(var, ignore_errors=True)
    failed = 0
    with local_mailbox(var / "mailbox") as mailbox:
        house = open_house(demo_registry(mailbox.port), var)
        summary_day, dispatch_day, bulletin_day = days = played_days(house.season[0])
        bulletin = period_ending("half_month", bulletin_day)
        has_bulletin = bool(set(half_monthly_bulletin.KINDS) & set(profile.letters))
        if has_bulletin and not has_simulated_air(bulletin.start):
            tell(
                f"no bulletin: there is no simulated air of {bulletin.start.year}; import some with import-air-quality"
            )
            has_bulletin = False
        prepare(house, now=bulletin.ends_at, start=bulletin.start, end=bulletin.end, warning_months=1)
        tell(
            f"{profile.name}: {len({one.unit_code for one in profile.addressees()})} units, {profile.zone.key}"
        )
        if "summary" in profile.letters:
            failed += play_run(house, weekly_summary, "weekly_summary", period_ending("midweek", summary_day))
        failed += play_run(house, daily_dispatch, "daily_dispatch", period_ending("day", dispatch_day))
        if has_bulletin:
            decision = Decision("make demo", say("演示时无人在场，由演示程序自动签发"))
            failed += play_run(house, half_monthly_bulletin, "half_monthly_bulletin", bulletin, decision)
        with reading(house.engine) as connection:
            states = [reconcile(connection, day, due=()).states for day in days]
    sent = sum(one["sent"] for one in states)
    failed += sum(one[state] for one in states for state in _FAILED)
    letters: Path = var / "mailbox" / "letters"
    tell(f"\nletters to open: {shown(letters)} ({len(received(var / 'mailbox'))} mails)")
    tell(f"{time.monotonic() - started:.0f} s")
    tell(f"demo: {sent} letters sent, {failed} failed")
    return 1 if failed else 0
