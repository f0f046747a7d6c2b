"""What is mailed to the operators: letters like the others (kinds `digest` and `trouble`, no number), so that each goes out
once (a day, or a window), is archived, audited and survives a crash."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from include.act import Act
from include.letter_kinds import letter_label
from include.periods import Period, midnight
from include.post.composed import ComposedLetter
from include.post.drafts import LetterFacts, draft, find_by_key
from include.post.outgoing import Outgoing
from include.post.recipients import Recipient
from include.post.release import ReleaseOutcome, release


def is_queued(connection: Connection, day: date) -> bool:
    """Whether the digest of that Beijing day was released already."""
    told = find_by_key(connection, digest_facts(day, "", as_of=midnight(day), is_simulated=False).key)
    return told is not None and told.state == "released"


def digest_facts(day: date, figures_json: str, *, as_of: datetime, is_simulated: bool) -> LetterFacts:
    """The letter of one Beijing day; there is one a day."""
    return LetterFacts(
        "digest",
        "operators",
        None,
        Period.of_days(day, day + timedelta(days=1), "day", as_of),
        figures_json,
        is_simulated,
    )


def trouble_facts(period: Period, figures_json: str, *, is_simulated: bool) -> LetterFacts:
    """The letter about a run of this window that is late; there is one a window."""
    return LetterFacts("trouble", "operators", None, period, figures_json, is_simulated)


def queue_digest(
    outgoing: Outgoing,
    facts: LetterFacts,
    composed: ComposedLetter,
    to: tuple[Recipient, ...],
    act: Act,
) -> ReleaseOutcome:
    """Drafts and releases the letter to `to`; the next `post_round` sends it. Asked again for the same window: `left`."""
    drafted = draft(outgoing.engine, outgoing.archive, facts, composed, now=act.now, actor=act.actor)
    return release(
        outgoing,
        drafted.letter_id,
        replace(act, reason=letter_label(facts.kind)),
        render=lambda _letter, _number, _issued_on: composed,
        recipients=to,
    )
