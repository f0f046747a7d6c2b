"""One act on many letters: each by itself, so that one that cannot be done stops none of the others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from include.act import Act
from include.errors import QianliyanError, StateError
from include.house import House
from include.language import say
from include.office.letter_acts import release_letter, withhold_letter
from include.post.copies import TooLarge, rehearse, resend
from include.post.drafts import UNSETTLED, reject
from include.post.recipients import Recipient

BulkAction = Literal["release", "withhold", "resend", "rehearse", "reject"]
# The standings (see sql/letters_standing.sql) of which an act may do something; of any where none stands here.
WORKS_ON: Final[Mapping[BulkAction, tuple[str, ...]]] = {
    "release": UNSETTLED,
    "reject": UNSETTLED,
    "withhold": ("drafted", "awaiting_approval", "released", "queued", "refused", "expired"),
    "resend": ("released", "sent", "refused", "expired"),
}
MOST: Final = 100  # letters at once: each is rendered and numbered


@dataclass(frozen=True)
class Outcome:
    """What became of one letter: done, or why not."""

    letter_id: int
    is_done: bool
    error: QianliyanError | None = None
    words: str = ""


def may_work(action: BulkAction, standings: Collection[str]) -> bool:
    """Whether an act may do something about a letter of one of these standings."""
    return any(one in WORKS_ON.get(action, (one,)) for one in standings)


def act_on(house: House, letter_ids: Sequence[int], action: BulkAction, act: Act, to: str) -> list[Outcome]:
    """Does the same to each letter, in the given order. `to`: where a rehearsal goes."""
    return [_one(house, letter_id, action, act, to) for letter_id in letter_ids]


def _one(house: House, letter_id: int, action: BulkAction, act: Act, to: str) -> Outcome:
    try:
        trouble = _do(house, letter_id, action, act, to)
    except QianliyanError as error:
        return Outcome(letter_id, False, error)
    except TooLarge as error:
        return Outcome(letter_id, False, words=str(error))
    return Outcome(letter_id, not trouble, words=trouble)


def _do(house: House, letter_id: int, action: BulkAction, act: Act, to: str) -> str:
    """Empty, or why a release did not release."""
    if action == "release":
        outcome = release_letter(
            house,
            letter_id,
            now=act.now,
            actor=act.actor,
            reason=say("{actor}签发：{reason}", actor=act.actor, reason=act.reason),
            is_person=True,
        )
        return "" if outcome.action == "released" else outcome.reason
    if action == "withhold":
        withhold_letter(house, letter_id, now=act.now, actor=act.actor, reason=act.reason)
    elif action == "reject":
        reject(house.engine, letter_id, now=act.now, actor=act.actor, reason=act.reason)
    elif action == "resend":
        resend(house.outgoing, letter_id, act)
    elif action == "rehearse":
        rehearse(house.outgoing, letter_id, Recipient(to, say("演练"), "to"), act)
    else:
        raise StateError("no such action", where=f"letter {letter_id}", got=action)
    return ""
