"""The daily list of what needs a person, mailed to the operators: a letter like the others (kind `digest`, no number), so
that it goes out once a day, is archived, audited and survives a crash."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine

from include.periods import Period, midnight
from include.post.composed import ComposedLetter
from include.post.letters import LetterFacts, draft, find_by_key
from include.post.recipients import Recipient
from include.post.release import ReleaseOutcome, release
from include.post.server import MailServer, Office
from include.store.archive import Archive


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


def queue_digest(
    engine: Engine,
    archive: Archive,
    facts: LetterFacts,
    composed: ComposedLetter,
    to: tuple[Recipient, ...],
    *,
    office: Office,
    server: MailServer,
    now: datetime,
    actor: str,
) -> ReleaseOutcome:
    """Drafts and releases the day's digest to `to`; the next `post_round` sends it. Asked again that day: `left`."""
    drafted = draft(engine, archive, facts, composed, now=now, actor=actor)
    return release(
        engine,
        archive,
        drafted.letter_id,
        now=now,
        actor=actor,
        reason="每日待办清单",
        office=office,
        server=server,
        render=lambda _letter, _number, _issued_on: composed,
        recipients=to,
    )
