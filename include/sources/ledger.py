"""The ledger of pulls: which windows of which source were covered, what is missing, and how complete that makes the data."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine

from include.errors import QianliyanError
from include.language import say
from include.periods import midnight, moment_label, office_date
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.sources.kinds.folder import fingerprint
from include.sources.mapping.files import mapping_of
from include.sources.receipt import PullResult
from include.store.engine import reading
from include.store.statements import frame

Window = tuple[datetime, datetime]
_log = logging.getLogger(__name__)
_HOUR: Final = timedelta(hours=1)
# Figures count what happened at the as-of moment; a window that ends there does not.
AS_OF_ITSELF: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class Completeness:
    """How complete the data of a window is. An hour counts as received when every windowed source covered it.

    `cities_received` are cities with an alarm in the window: a city without one is not incomplete by that.
    """

    start_at: datetime
    end_at: datetime
    hours_expected: float
    hours_received: float
    cities_expected: int
    cities_received: int
    open_quarantine: int
    missing: tuple[tuple[str, datetime, datetime], ...]  # source, from, to

    @property
    def share(self) -> float:
        """Received of expected hours, 0 to 1; 1 for an empty window."""
        return self.hours_received / self.hours_expected if self.hours_expected else 1.0

    @property
    def sentence(self) -> str:
        """One Chinese sentence for letters: what the ledger covers, and nothing that changes while people work."""
        span = say("{moment}至{last}", moment=_moment(self.start_at), last=_moment(self.end_at))
        hours = say(
            "{hours}/{expected}小时", hours=_hours(self.hours_received), expected=_hours(self.hours_expected)
        )
        text = (
            say("{span}的数据不完整，已收{hours}", span=span, hours=hours)
            if self.missing
            else say("{span}的数据已收齐（{hours}）", span=span, hours=hours)
        )
        if self.missing:
            gaps = say("、").join(
                say(
                    "{moment}至{last}（{source}）",
                    moment=_moment(start),
                    last=_moment(end),
                    source=source,
                )
                for source, start, end in self.missing[:3]
            )
            text += say("；缺{gaps}", gaps=gaps) + (say("等") if len(self.missing) > 3 else "")
        return text + say("。")

    @property
    def waiting(self) -> str:
        """How many rows wait for a person, for the run's summary; empty when none does. It belongs in no letter: tomorrow
        the same letter would say something else."""
        return (
            say("另有{open_quarantine}条记录待核对，未计入", open_quarantine=self.open_quarantine)
            if self.open_quarantine
            else ""
        )


def gaps(
    connection: Connection,
    source_name: str,
    start_at: datetime,
    end_at: datetime,
    *,
    of_fingerprint: str = "",
) -> list[Window]:
    """The parts of [start_at, end_at) that no pull of the source covered, in order.

    `of_fingerprint`: only pulls of that state of the source count (a folder that changed is read again).
    """
    covered = frame(
        connection,
        "covered_windows",
        source=source_name,
        start_at=start_at,
        end_at=end_at,
        fingerprint=of_fingerprint,
    )
    missing: list[Window] = []
    reached = start_at
    for start, end in zip(covered["start_at"], covered["end_at"], strict=True):
        if start > reached:
            missing.append((reached, min(start.to_pydatetime(), end_at)))
        reached = max(reached, end.to_pydatetime())
    if reached < end_at:
        missing.append((reached, end_at))
    return missing


def ensure_covered(
    engine: Engine,
    sources: Iterable[SourceConfig],
    start_at: datetime,
    end_at: datetime,
    *,
    now: datetime,
    progress: Callable[[str], None] | None = None,
) -> list[PullResult]:
    """Pulls what the ledger lacks of [start_at, end_at), up to `now`, and empties the inboxes; returns what was pulled.

    Safe to run side by side and in any order: what two runs pull at once is stored once. A source that fails stops no other:
    its error is raised after all others were kept (of several the first; the log has the others); running again goes on from there.
    """
    return _cover(engine, ((source, start_at) for source in sources), end_at, now, progress)


def _cover(
    engine: Engine,
    wanted: Iterable[tuple[SourceConfig, datetime]],
    end_at: datetime,
    now: datetime,
    progress: Callable[[str], None] | None,
) -> list[PullResult]:
    """`ensure_covered` with a start of its own for each source."""
    results: list[PullResult] = []
    failed: QianliyanError | None = None
    end_at = min(end_at, now)
    for source, start_at in wanted:
        try:
            for window in _wanted(engine, source, start_at, end_at):
                if progress is not None:
                    progress(
                        say(
                            "{name}：{moment}至{last}",
                            name=source.name,
                            moment=_moment(window[0]),
                            last=_moment(window[1]),
                        )
                    )
                results.append(pull(engine, source, *window, now=now))
        except QianliyanError as error:
            if failed is None:
                failed = error
            else:  # the first is raised
                _log.warning("source %s: %s", source.name, error)
    if failed is not None:
        raise failed
    return results


def history_start(start_at: datetime, season_start: date) -> datetime:
    """From when on a run needs the facts: the season's start, or earlier where its figures read further back.

    Alarms that were pushed since then may be open still, and a fresh store must have them.
    """
    return min(start_at, midnight(season_start))


def ensure_history(
    engine: Engine,
    sources: Iterable[SourceConfig],
    start_at: datetime,
    end_at: datetime,
    *,
    season_start: date,
    now: datetime,
    progress: Callable[[str], None] | None = None,
) -> list[PullResult]:
    """`ensure_covered` from the season's start (of a source that states its first day: from that day) up to `end_at`."""
    first_at = history_start(start_at, season_start)
    wanted = ((source, max(first_at, _first_moment(source))) for source in sources)
    return _cover(engine, wanted, end_at, now, progress)


def completeness(
    connection: Connection, sources: Collection[SourceConfig], start_at: datetime, end_at: datetime
) -> Completeness:
    """What the ledger says about [start_at, end_at) of these sources; inboxes promise no window and do not count."""
    # In UTC: between two moments of one zone Python counts by the clock on the wall, which skips an hour in spring.
    start_at, end_at = start_at.astimezone(UTC), end_at.astimezone(UTC)
    missing = [
        (source.name, *window)
        for source in sources
        if source.is_windowed
        for window in gaps(connection, source.name, max(start_at, _first_moment(source)), end_at)
    ]
    expected = (end_at - start_at) / _HOUR if end_at > start_at else 0.0
    received = frame(connection, "received_in_window", start_at=start_at, end_at=end_at).iloc[0]
    members = frame(connection, "cities_of_regions", on_date=office_date(end_at - timedelta(microseconds=1)))
    return Completeness(
        start_at=start_at,
        end_at=end_at,
        hours_expected=expected,
        hours_received=expected - _length([(start, end) for _, start, end in missing]) / _HOUR,
        cities_expected=len(members),
        cities_received=int(received["cities"]),
        open_quarantine=int(received["open_quarantine"]),
        missing=tuple(missing),
    )


def _wanted(engine: Engine, source: SourceConfig, start_at: datetime, end_at: datetime) -> list[Window]:
    if not source.is_windowed:
        return [(start_at, end_at)]
    state = fingerprint(source, mapping_of(source)) if source.kind == "files" else ""
    with reading(engine) as connection:
        return gaps(connection, source.name, start_at, end_at, of_fingerprint=state)


def _first_moment(source: SourceConfig) -> datetime:
    """The midnight that begins the first day that the source states; the earliest of all moments where it states none."""
    return midnight(source.first_day) if source.first_day else datetime.min.replace(tzinfo=UTC)


def _length(windows: list[Window]) -> timedelta:
    """Of the union of windows."""
    total, reached = timedelta(), None
    for start, end in sorted(windows):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            total += end - begin
            reached = end
    return total


def _moment(moment: datetime) -> str:
    return moment_label(moment, year=True)


def _hours(hours: float) -> str:
    return f"{hours:.1f}".removesuffix(".0")
