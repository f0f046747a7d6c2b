"""What a monitor is told about an installation: one number a name, without words. docs/deployment.md says what each means."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from include.house import House
from include.letter_kinds import LETTER_KINDS
from include.office.beat_watch import missing_windows
from include.office.waiting import TOPICS, waiting
from include.periods import DAY
from include.rules import SELF_WATCH
from include.store.engine import reading
from include.store.statements import frame
from include.store.tables import DELIVERY_STATES, LETTER_STATES

Measure = tuple[str, float]


def measures(house: House, now: datetime) -> dict[str, float]:
    """Every measure by its name; one that has no value now is left out, a count of nothing is 0."""
    counts = Counter[str]()
    for one in waiting(house, now):
        counts[one.topic] += one.count
    return stored_measures(house, now) | {f"waiting.{topic}": float(counts[topic]) for topic in TOPICS}


def stored_measures(house: House, now: datetime) -> dict[str, float]:
    """The measures that the store alone tells, whatever else of the installation can be used."""
    with reading(house.engine) as connection:
        parts = (_letters, _outbox, _pulls, _windows)
        return dict(one for part in parts for one in part(connection, now))


def _letters(connection: Connection, now: datetime) -> Iterable[Measure]:
    rows = frame(connection, "count_letters", since=now - DAY)
    counts = {(kind, state): count for kind, state, count in rows.to_records(index=False).tolist()}
    return [
        (f"letters_1d.{kind}.{state}", float(counts.get((kind, state), 0)))
        for kind in LETTER_KINDS
        for state in LETTER_STATES
    ]


def _outbox(connection: Connection, now: datetime) -> Iterable[Measure]:
    rows = frame(connection, "count_deliveries", since=now - DAY, now=now)
    counts = dict(zip(rows["state"], rows["deliveries"], strict=True))
    yield from ((f"deliveries_1d.{state}", float(counts.get(state, 0))) for state in DELIVERY_STATES)
    waits = rows.loc[rows["state"] == "queued", "oldest_due_at"].dropna()
    oldest = (now - waits.iloc[0].to_pydatetime()).total_seconds() if len(waits) else 0.0
    yield "outbox_oldest_seconds", max(oldest, 0.0)
    yield "mails_per_second", float(counts.get("sent", 0)) / DAY.total_seconds()


def _windows(connection: Connection, now: datetime) -> Iterable[Measure]:
    counts = {one.kind: len(one.windows) for one in missing_windows(connection, now)}
    yield from ((f"windows_missing.{kind}", float(counts.get(kind, 0))) for kind in SELF_WATCH.late_after)


def _pulls(connection: Connection, now: datetime) -> Iterable[Measure]:
    for row in frame(connection, "count_pulls", since=now - DAY).to_dict("records"):
        yield f"pulled_rows_1d.{row['source']}", float(row["rows_read"])
        yield f"pull_age_seconds.{row['source']}", (now - row["last_at"].to_pydatetime()).total_seconds()
