"""Whose turn it is among the files of a folder, some of which may take as long as they are let.

Every file is read first with little time of computing. One that needs more waits until all others had their turn, and then has
all that its format allows. The time that files cost which are not read at all is bounded: when it is used up, what had no turn is
named, and the next reading begins with it. What had all its time in vain comes last from then on, and has little of the
folder's until it is another file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Generic, Literal, TypeVar

from include.language import say
from include.sources.config import SourceConfig
from include.sources.reading.time_limits import OutOfTime, limited

QUICK_SECONDS: Final = 5  # of computing, for a file's first turn
FOLDER_SECONDS: Final = 600.0  # for all files of a folder that are not read, in one pull
VAIN_SECONDS: Final = 60.0  # of these for files that had all their time before

# Of a file that was not read for lack of time: it had no turn; it had a first one only; it had all its time.
Waits = Literal["", "turn", "time", "vain"]
T = TypeVar("T")


@dataclass
class Turns(Generic[T]):
    """What became of the files: those `left` without the turn that they wait for, and those that took more than all their time."""

    left: list[tuple[T, Waits]] = field(default_factory=list)
    late: list[tuple[T, OutOfTime]] = field(default_factory=list)


def folder_seconds(source: SourceConfig) -> float:
    """The time that files of the source's folder may cost without being read."""
    return source.number("folder_seconds", FOLDER_SECONDS)


def in_turn(
    files: Sequence[T], take: Callable[[T], bool], waited: Mapping[int, Waits], seconds: float
) -> Turns[T]:
    """Takes each file. `take` says whether it was read, raises OutOfTime where its reading was ended early, and deals with
    everything else itself.

    `waited`: how files waited when the folder was read last, by their place in `files`. `seconds`: the most that files which are
    not read may take together; time in which something was read is never too much.
    """
    turns: Turns[T] = Turns()
    lost = Lost()
    slow: list[int] = []
    for place in sorted(range(len(files)), key=lambda place: waited.get(place) != "turn"):
        if len(files) == 1 or waited.get(place) in ("time", "vain"):  # a single file keeps nobody waiting
            slow.append(place)
        elif lost.seconds >= seconds:
            turns.left.append((files[place], "turn"))
        else:
            try:
                with limited(QUICK_SECONDS):
                    lost.count(take, files[place])
            except OutOfTime:
                slow.append(place)
    vain = [place for place in slow if waited.get(place) == "vain"]
    _take_slow(files, [place for place in slow if place not in vain], "time", take, turns, lost, seconds)
    _take_slow(files, vain, "vain", take, turns, lost, min(seconds, lost.seconds + VAIN_SECONDS))
    return turns


def _take_slow(
    files: Sequence[T],
    places: list[int],
    waits: Waits,
    take: Callable[[T], bool],
    turns: Turns[T],
    lost: Lost,
    seconds: float,
) -> None:
    for place in places:
        if lost.seconds >= seconds:
            turns.left.append((files[place], waits))
            continue
        try:
            lost.count(take, files[place])
        except OutOfTime as error:
            turns.late.append((files[place], error))


@dataclass
class Lost:
    """The seconds that went into files which were not read."""

    seconds: float = 0.0

    def count(self, take: Callable[[T], bool], file: T) -> None:
        """Takes a file; its time is lost unless it was read."""
        began, is_read = monotonic(), False
        try:
            is_read = take(file)
        finally:
            self.seconds += 0.0 if is_read else monotonic() - began


def words(waits: Waits, seconds: float) -> str:
    """Why a file is left, for an operator."""
    over = say("本次用于读不出的文件的时间（{seconds:g}秒）已用完", seconds=seconds)
    if waits == "turn":
        return say("{over}，未轮到：下次先读", over=over)
    return say("{quick_seconds}秒内未能读完，{over}：下次再读", quick_seconds=QUICK_SECONDS, over=over)
