"""The letters that wait for a signature, by run, the riskiest first; and the answer that a person gives to a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from include.house import House
from include.post.recipients import addressees
from include.store import tables
from include.store.engine import reading
from include.store.statements import frame

# The rule, the riskiest first; each reason that holds counts what stands here. Told to the reader as it is.
POINTS: Final[dict[str, int]] = {
    "更正": 8,
    "新增督办": 4,
    "编制时有提醒": 4,
    "变化大": 2,
    "首次": 1,
}
LARGE_SHARE: Final = 0.5  # of what the letter before named, at least
LARGE_LEAST: Final = 3  # alarms more or fewer, at least


@dataclass(frozen=True)
class ToSign:
    """One letter. `reasons`: keys of POINTS that hold; `named`, `named_before`: alarms that it and the one before name."""

    letter_id: int
    kind: str
    name: str
    subject: str
    reasons: tuple[str, ...]
    named: int
    named_before: int | None
    is_simulated: bool
    start_at: datetime
    end_at: datetime

    @property
    def points(self) -> int:
        """How risky it is."""
        return sum(POINTS[reason] for reason in self.reasons)


@dataclass(frozen=True)
class RunToSign:
    """The letters of one run, the riskiest first. `dag_id` and `run_id` are empty for letters that no run asks about (更正)."""

    dag_id: str
    run_id: str
    letters: tuple[ToSign, ...]

    @property
    def is_asked(self) -> bool:
        """Whether a run of Airflow waits for the answer."""
        return bool(self.dag_id)

    @property
    def window(self) -> dict[str, datetime]:
        """From the first beginning to the last end of what its letters are about."""
        return {
            "start_at": min(one.start_at for one in self.letters),
            "end_at": max(one.end_at for one in self.letters),
        }


def letters_to_sign(house: House) -> tuple[RunToSign, ...]:
    """Everything that waits for a signature, by run, in the order of their windows."""
    with reading(house.engine) as connection:
        rows = frame(connection, "letters_to_sign").to_dict("records")
    groups: dict[tuple[str, str], list[ToSign]] = {}
    for row in rows:
        asked = str(row["run_id"] or "") if int(row["revision"]) == 1 else ""
        dag_id, _, run_id = asked.partition("/")
        groups.setdefault((dag_id, run_id) if run_id else ("", ""), []).append(_letter(row))
    return tuple(
        RunToSign(*key, tuple(sorted(letters, key=lambda one: (-one.points, one.letter_id))))
        for key, letters in groups.items()
    )


def kept_back(house: House) -> int:
    """How many letters a person keeps back: they wait for their release, and no run asks about them."""
    letter = tables.letter.c
    held = select(func.count()).where(letter.state == "withheld", letter.held_by.is_not(None))
    with reading(house.engine) as connection:
        return int(connection.execute(held).scalar_one())


def risks(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """The reasons of POINTS that hold for a row of sql/letters_to_sign.sql."""
    before, urged_before = _count(row["named_before"]), _count(row["urged_before"])
    change = abs(int(row["named"]) - (before or 0))
    holds = {
        "更正": int(row["revision"]) > 1,
        "新增督办": int(row["urged"]) > (urged_before or 0),
        "编制时有提醒": int(row["warnings"]) > 0,
        "变化大": before is not None and change >= LARGE_LEAST and change >= LARGE_SHARE * before,
        "首次": before is None,
    }
    return tuple(name for name in POINTS if holds[name])


def _letter(row: Mapping[Any, Any]) -> ToSign:
    return ToSign(
        int(row["letter_id"]),
        str(row["kind"]),
        addressees().get(row["addressee_name"], str(row["addressee_name"])),
        str(row["subject"]),
        risks(row),
        int(row["named"]),
        _count(row["named_before"]),
        bool(row["is_simulated"]),
        row["start_at"].to_pydatetime(),
        row["end_at"].to_pydatetime(),
    )


def _count(value: Any) -> int | None:
    return None if value is None or value != value else int(value)


def names_of(run: RunToSign, chosen: Sequence[int]) -> list[str]:
    """The addressees of the chosen letters of a run, each once: a run is answered by addressee, all letters of one together."""
    wanted = set(chosen)
    return list(dict.fromkeys(one.name for one in run.letters if one.letter_id in wanted))
