"""`make chaos`: an installation as `make up` makes it, while every one of its processes is killed at random again and again.

python -m tests.scale.chaos [--kills N] [--minutes M] [--seed S] [--var DIR]

As many kills as a day has quarters of an hour, each at a random moment of its slice of the time, the process back after three
seconds, as systemd would. Meanwhile daily runs of successive days send, one after the other, and the rounds of the post go on.
While the mail server is down `health` must say so, and be silent of it when it is back. At the end a person settles what nobody
can know, and every recipient of every released letter must have it exactly once. Ends with 1 on any fault.
"""

import argparse
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from include.errors import InputError
from include.house import default_var
from include.office.health import health
from include.periods import DAY
from include.up import TRIGGERER, airflow
from tests.scale.backfill import wait_for_dags
from tests.scale.beats import cadence_dags
from tests.scale.installation import Backing, Installation, installation, run
from tests.scale.kills import DOWN_SECONDS, RUN_SECONDS, STATE, account, ask, settle_unknown, trigger_sending

KILLS = 96
HEALTH_SECONDS = 60
FIRST = date(2020, 3, 2)
MOST_DAYS = 100  # of the season


def main(arguments: list[str] | None = None) -> int:
    """Runs it, prints, and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale.chaos", description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1, help="of what is killed when")
    parser.add_argument("--var", type=Path, default=default_var() / "chaos", help="folder, made afresh")
    options = parser.parse_args(arguments)
    shutil.rmtree(options.var, ignore_errors=True)
    settings = {"AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "True"}
    backing = Backing(settings=settings, workers={"triggerer": list(TRIGGERER)})
    days = min(options.kills + 2, MOST_DAYS)
    with installation(options.var, (FIRST, FIRST + days * DAY), backing) as running:
        wait_for_dags(running, [*cadence_dags(), "post_round"])
        airflow(running.environment, "dags", "unpause", "--yes", "post_round")
        airflow(running.environment, "dags", "unpause", "--yes", "daily_dispatch")
        runs = Runs(running, days)
        faults = _kill(running, runs, options.kills, options.minutes * 60, random.Random(options.seed))
        faults += runs.finish()
        asked = settle_unknown(running.house)
        letters = mails = 0
        for day in runs.days:
            found, of_letters, of_mails = account(running.house, day)
            faults += [f"{day}: {one}" for one in found]
            letters, mails = letters + of_letters, mails + of_mails
        print(f"{len(runs.days)} daily runs, {letters} letters, {mails} mails, {asked} settled by a person")
        if running.revived:
            print(f"ended by themselves and started again: {dict(Counter(running.revived))}")
    for fault in faults:
        print(f"  fault: {fault}", file=sys.stderr)
    print(f"chaos: {len(faults)} faults" if faults else "chaos: every letter once")
    return 1 if faults else 0


class Runs:
    """Daily runs that send, of successive days, one after the other."""

    def __init__(self, running: Installation, most_days: int) -> None:
        self._running, self._engine, self._most_days = running, running.metadata(), most_days
        self.days: list[date] = []

    def go_on(self) -> None:
        """Asks for the next day's run when the one before has ended. A command line that finds no server is tried again later."""
        if (self.days and self._state() not in ("success", "failed")) or len(self.days) == self._most_days:
            return
        day = FIRST + len(self.days) * DAY
        try:
            trigger_sending(self._running, f"chaos_{day}", day)
        except InputError:
            if ask(self._engine, STATE, f"chaos_{day}") is None:
                return
        self.days.append(day)

    def finish(self) -> list[str]:
        """Waits for the last run; the runs that did not end well."""
        ends_at = time.monotonic() + RUN_SECONDS
        while self._state() not in ("success", "failed") and time.monotonic() < ends_at:
            self._running.revive()
            time.sleep(1)
        states = {day: ask(self._engine, STATE, f"chaos_{day}") for day in self.days}
        self._engine.dispose()
        return [f"{day}: the run ended as {state}" for day, state in states.items() if state != "success"]

    def _state(self) -> str | None:
        return ask(self._engine, STATE, f"chaos_{self.days[-1]}")


def _kill(running: Installation, runs: Runs, kills: int, seconds: float, moments: random.Random) -> list[str]:
    """The kills, one a slice of the time, what they cost being said; faults of `health`."""
    names = sorted(running.commands)
    faults: list[str] = []
    killed, began = Counter[str](), time.monotonic()
    for number in range(kills):
        at = began + seconds * (number + moments.random()) / kills
        _until(at, running, runs.go_on)
        name = moments.choice(names)
        running.kill(name)
        killed[name] += 1
        if name == "mailbox":
            faults += _mail_server_is(running, well=False)
        time.sleep(DOWN_SECONDS)
        running.start(name)
        if name == "mailbox":
            faults += _mail_server_is(running, well=True)
        print(
            f"{time.monotonic() - began:6.0f} s   {number + 1}/{kills} {name}, {len(runs.days)} runs",
            flush=True,
        )
    print("killed:", ", ".join(f"{name} {count}" for name, count in sorted(killed.items())))
    return faults


def _until(moment: float, running: Installation, go_on: Callable[[], None]) -> None:
    while time.monotonic() < moment:
        running.revive()
        go_on()
        time.sleep(1)


def _mail_server_is(running: Installation, *, well: bool) -> list[str]:
    """Asks `health` until it says so; the fault where it does not."""
    ends_at = time.monotonic() + HEALTH_SECONDS
    while time.monotonic() < ends_at:
        said = {one.name: one.is_ok for one in health(running.house, datetime.now(UTC))}
        if said["mail_server"] == well:
            return []
        time.sleep(1)
    return [f"health does not say that the mail server is {'well' if well else 'down'}"]


if __name__ == "__main__":
    run(main)
