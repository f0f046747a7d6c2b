"""Audit 审计: who did what when, with filters and as CSV."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Annotated, Any, Final

import pandas as pd
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from include.desk.audit import COLUMNS, Filters, audit_rows, persons
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.codes import codes_said
from include.desk.pages.days import Day, days_of
from include.desk.pages.desk import Desk
from include.desk.pages.exports import MOST_ROWS, csv_file
from include.desk.pages.trail_words import TRAIL
from include.desk.pages.view import (
    LABELS,
    actor_text,
    capital,
    deed_text,
    office_text,
    page,
    trail_state,
    trail_thing,
)
from include.letter_kinds import LETTER_KINDS, letter_label
from include.periods import DAY, office_date

PAGE: Final = 100
SIGNED_DAYS: Final = 366  # of the sign-offs that are shown where no day is asked for
_Word = Annotated[str, Query(pattern=r"^[a-z_]{0,32}$")]
_Words = Annotated[str, Query(max_length=250, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _filters(
    first: Day = "",
    last: Day = "",
    actor: _Words = "",
    subject: _Word = "",
    action: _Word = "",
    words: _Words = "",
    kind: _Word = "",
    view: Annotated[str, Query(pattern=r"^(signed)?$")] = "",
) -> Filters:
    return Filters(*days_of(first, last), actor, subject, action, words, kind, view)


_Asked = Annotated[Filters, Depends(_filters)]


def routes(desk: Desk) -> APIRouter:
    """GET /audit, /audit.csv"""
    router = APIRouter()

    @router.get("/audit", response_class=HTMLResponse, responses=answers())
    def read_audit(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        asked: _Asked,
        skip: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> HTMLResponse:
        house = desk.open_house()
        if asked.view and not asked.first:
            asked = replace(asked, first=office_date(desk.clock()) - SIGNED_DAYS * DAY)
        rows = audit_rows(house, asked, most=PAGE + 1, skip=skip)
        shown = rows.head(PAGE)
        values = {
            "rows": shown.astype(object).where(shown.notna(), None).to_dict("records"),
            "has_more": len(rows) > PAGE,
            "skip": skip,
            "page_size": PAGE,
            "asked": asked,
            "query": query_of(asked),
            "persons": persons(house),
            "subjects": LABELS["subject"],
            "actions": _actions(),
            "kinds": list(LETTER_KINDS),
            "is_simulated": bool(shown["is_simulated"].any()),
        }
        return page(desk, request, visitor, "audit.html", values)

    @router.get("/audit.csv", response_class=Response, responses=answers())
    def read_csv(*, visitor: Visitor = desk.reading, asked: _Asked) -> Response:
        rows = audit_rows(desk.open_house(), asked, most=MOST_ROWS + 1)
        return csv_file(_in_words(rows), "audit.csv", is_simulated=bool(rows["is_simulated"].any()))

    return router


def _actions() -> dict[str, tuple[str, ...]]:
    """Every action that may stand in the trail, with what it is called: a word may mean another thing of an alarm than of a letter."""
    found: dict[str, dict[str, None]] = {}
    for group in ("action", "act", "deed", *(group for group in TRAIL if group.endswith("_deed"))):
        for value, name in LABELS[group].items():
            found.setdefault(value, {})[name] = None
    return {value: tuple(names) for value, names in found.items()}


def _in_words(rows: pd.DataFrame) -> pd.DataFrame:
    """The changes as they are read, in COLUMNS: kind, subject, action, states and whoever acts by rule in the office's words."""
    action = cache(lambda subject, value: capital(office_text(deed_text(subject, value))))
    words: dict[str, Callable[[Any], str]] = {
        "kind": lambda value: office_text(letter_label(value)) if isinstance(value, str) else "",
        "subject": partial(_of, "subject"),
        "actor": lambda value: office_text(actor_text(value)),
        "reason": lambda value: codes_said(value, office_text) if isinstance(value, str) else "",
    }
    state = cache(
        lambda subject, deed, value: capital(office_text(trail_state(subject, deed, value))) if value else ""
    )
    told = {name: [*map(cache(say), rows[name].tolist())] for name, say in words.items()}
    subjects = rows["subject"].tolist()
    deeds = rows["action"].tolist()
    told["action"] = [action(*one) for one in zip(subjects, deeds, strict=True)]
    for name in ("from_state", "to_state"):
        states = rows[name].astype(object).where(rows[name].notna(), None).tolist()
        told[name] = [state(*one) for one in zip(subjects, deeds, states, strict=True)]
    told["subject_id"] = [
        _thing(*one)
        for one in zip(subjects, rows["subject_id"].tolist(), rows["letter_id"].tolist(), strict=True)
    ]
    return rows.assign(**told)[list(COLUMNS)]


def _thing(subject: str, subject_id: str, letter_id: float | None) -> str:
    """Which thing of its subject a change is about: a letter by its number in the list, anything else by its own."""
    is_letter = letter_id is not None and letter_id == letter_id
    return f"#{int(letter_id)}" if is_letter and letter_id else trail_thing(subject, subject_id, office_text)


def _of(group: str, value: object) -> str:
    return office_text(LABELS[group].get(value, value)) if isinstance(value, str) else ""


def query_of(asked: Filters) -> dict[str, str]:
    """The filters as the query of a link."""
    return {name: str(value) for name, value in vars(asked).items() if value}
