"""Days that a page is asked for: how they are read, and what is said of those that cannot be used, the same on every page."""

from datetime import date
from typing import Annotated, Final

from fastapi import Query

from include.errors import InputError
from include.periods import parse_date

# Any text: what is no date is refused by `day_of` in one sentence, whatever is wrong with it.
Day = Annotated[str, Query(max_length=32, pattern=r"^[^\x00-\x1f\x7f]*$")]
MOST_DAYS: Final = 400


def day_of(text: str, name: str) -> date | None:
    """The day; None for no text. Raises InputError, which names the field."""
    try:
        return parse_date(text) if text else None
    except InputError as error:
        raise InputError(
            error.what, where=name, got=error.got, expected=error.expected, todo=error.todo
        ) from error


def days_of(
    first: str, last: str, *, most: int | None = None, names: tuple[str, str] = ("first", "last")
) -> tuple[date | None, date | None]:
    """Both days, in order and, with `most`, at most so many. Raises InputError."""
    since, until = day_of(first, names[0]), day_of(last, names[1])
    if since and until:
        require_order(since, until, names)
        if most and (until - since).days >= most:
            raise InputError(
                "too many days",
                where=", ".join(names),
                got=f"{since} — {until}",
                expected=f"at most {most} days",
                todo="choose days that lie closer together",
            )
    return since, until


def require_order(since: date, until: date, names: tuple[str, str] = ("first", "last")) -> None:
    """Raises InputError for days the wrong way round."""
    if since > until:
        raise InputError(
            "the first day lies after the last",
            where=", ".join(names),
            got=f"{since} — {until}",
            todo="change one of them, or the two for each other",
        )
