"""Daily runs that send, while one of Airflow's processes is killed in the middle: no letter is lost and none is doubled."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select, text
from sqlalchemy.exc import SQLAlchemyError

from include.errors import CheckFailed
from include.house import House
from include.periods import DAY, period_ending
from include.post.local_server import copies
from include.post.outbox import resolve
from include.post.reconciliation import reconcile
from include.rules import POST
from include.store.engine import reading
from include.store.tables import delivery, letter
from include.up import airflow
from include.workflows.daily_dispatch import due_keys
from include.workflows.steps import one_round
from tests.scale.cluster import WORKERS
from tests.scale.installation import Installation
from tests.scale.letters import STEPS

KINDS = ("scheduler", "worker", "api-server", "triggerer", "database")
DOWN_SECONDS = 3.0
RUN_SECONDS = 1500
STATE = "select state from dag_run where run_id = :run_id"
_PID = "select pid from task_instance where run_id = :run_id and task_id = :task_id"
_TASK = "select state from task_instance where run_id = :run_id and task_id = :task_id"


@dataclass(frozen=True)
class Killed:
    """One run with one death in it. `asked_person`: recipients of which nobody could know, settled as a person would."""

    kind: str
    step: str
    delay_seconds: float
    state: str
    letters: int
    mails: int
    asked_person: int
    faults: tuple[str, ...]

    def __str__(self) -> str:
        words = f"{self.kind} killed {self.delay_seconds:.1f} s into {self.step}: run {self.state}, {self.letters} letters"
        return f"{words}, {self.mails} mails, {self.asked_person} unknown" + "".join(
            f"\n  fault: {each}" for each in self.faults
        )


def kill_each(running: Installation, first: date, seed: int) -> Iterator[Killed]:
    """One daily run for each kind, on successive days from `first`; the moments come from `seed`."""
    moments = random.Random(seed)
    for n, kind in enumerate(KINDS):
        yield _one(running, kind, first + n * DAY, moments.choice(STEPS), moments.uniform(0, 2))


def trigger_sending(running: Installation, run_id: str, period_end: date) -> None:
    """Asks for the daily run of that day's letters, which will send them."""
    airflow(
        running.environment,
        "dags",
        "trigger",
        "daily_dispatch",
        "--run-id",
        run_id,
        "--conf",
        f'{{"period_end": "{period_end}", "deliver": "send"}}',
    )


def _one(running: Installation, kind: str, period_end: date, step: str, delay: float) -> Killed:
    run_id = f"kill_{kind}_{period_end}"
    trigger_sending(running, run_id, period_end)
    engine = running.metadata()
    _wait(
        engine,
        running,
        run_id,
        lambda: ask(engine, _TASK, run_id, step) not in (None, "scheduled", "queued"),
    )
    time.sleep(delay)
    name = _worker_of(engine, running, run_id, step) if kind == "worker" else kind
    running.kill(name)
    time.sleep(DOWN_SECONDS)
    running.start(name)
    _wait(engine, running, run_id, lambda: ask(engine, STATE, run_id) in ("success", "failed"))
    state = str(ask(engine, STATE, run_id))
    engine.dispose()
    house = running.house
    asked = settle_unknown(house)
    faults, letters, mails = account(house, period_end)
    if state != "success":
        faults.append(f"the run ended as {state}")
    return Killed(kind, step, delay, state, letters, mails, asked, tuple(faults))


def _worker_of(engine: Engine, running: Installation, run_id: str, step: str) -> str:
    """The worker that has the task; the first one when the task has ended meanwhile."""
    pid = ask(engine, _PID, run_id, step)
    return (running.owner_of(int(pid)) if pid else None) or WORKERS[0]


def settle_unknown(house: House) -> int:
    """What a killed round had in its hands nobody can know: a person looks into the mailbox and says so; then it goes on."""
    now = datetime.now(UTC) + POST.lease + timedelta(seconds=1)
    one_round(house, now, "tests.scale")
    with reading(house.engine) as connection:
        rows = connection.execute(
            select(delivery.c.letter_id, delivery.c.message_id, delivery.c.address).where(
                delivery.c.state == "unknown"
            )
        ).all()
    held = copies(_mailbox(house))
    for row in rows:
        arrived = (row.message_id, row.address) in held
        resolve(
            house.engine,
            row.letter_id,
            arrived=arrived,
            now=now,
            actor="tests.scale",
            reason="looked into the mailbox",
            address=row.address,
        )
    one_round(house, now, "tests.scale")
    return len(rows)


def account(house: House, period_end: date) -> tuple[list[str], int, int]:
    """Faults, letters that are due, and mails of the day: each recipient of each released letter has exactly one."""
    keys = set(due_keys(house, period_ending("day", period_end)))
    held = copies(_mailbox(house))
    with reading(house.engine) as connection:
        found = reconcile(connection, period_end, due=keys, mailbox=_mailbox(house))
        rows = connection.execute(
            select(letter.c.letter_key, letter.c.state, delivery.c.message_id, delivery.c.address)
            .join_from(letter, delivery, isouter=True)
            .where(letter.c.letter_key.in_(keys))
        ).all()
    faults = list(found.faults)
    counts = Counter(row.letter_key for row in rows)
    faults += [f"{key}: no such letter" for key in sorted(keys - counts.keys())]
    mails = 0
    for row in rows:
        if row.state == "released":
            mails += (number := held[row.message_id, row.address])
            faults += [f"{row.letter_key} for {row.address}: {number} mails"] if number != 1 else []
        elif row.state != "withheld":
            faults.append(f"{row.letter_key}: {row.state}")
    if not mails:
        faults.append("not one letter left")
    return faults, len(keys), mails


def _mailbox(house: House) -> Path:
    if house.mailbox is None:
        raise CheckFailed("the installation has no local mailbox")
    return house.mailbox


def ask(engine: Engine, query: str, run_id: str, task_id: str = "") -> str | None:
    """The one value that a query about a run finds; None when there is none, or the database is down."""
    try:
        with engine.connect() as connection:
            return connection.execute(
                text(query), {"run_id": run_id, "task_id": task_id} if task_id else {"run_id": run_id}
            ).scalar()
    except SQLAlchemyError:  # the database may be the one that was killed
        return None


def _wait(engine: Engine, running: Installation, run_id: str, is_done: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + RUN_SECONDS
    while not is_done():
        running.revive()
        if time.monotonic() > ends_at:
            raise CheckFailed(
                f"run {run_id} does not end", where=str(running.log_dir), got=ask(engine, STATE, run_id)
            )
        time.sleep(0.2)
