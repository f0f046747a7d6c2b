"""A book of what holds from a day on (units, places): its rows on a date, what a person decides, and one form for every act on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Final

import pandas as pd
from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from include.act import Act
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.days import Day, day_of
from include.desk.pages.desk import Desk
from include.desk.pages.letter import Reason
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.errors import QianliyanError
from include.office.units import undecided, words_of
from include.periods import office_date, parse_date
from include.profile.current import latest_told_office
from include.store.engine import reading, writing
from include.store.offices import adopt_office, keep_ours

BookText = Annotated[str, Form(max_length=128, pattern=r"^[^\x00-\x1f]*$")]
Step = Callable[[Connection, Act], object]
KEEP: Final = "keep"  # the act that settles a difference to the profile


@dataclass(frozen=True)
class Field:
    """A field of the form. `choices`: of a list, named by the labels of `group`; else a text of at most `most` characters."""

    name: str
    label: str
    most: int = 32
    choices: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class Also:
    """A second table of the page, below the first where it has rows; an empty cell stands for all that no other row names."""

    title: str
    heads: tuple[str, ...]
    rows: Callable[[Connection], list[tuple[str, ...]]]


@dataclass(frozen=True)
class Book:
    """One book. `name`: of its page; `subject`: what a row is called in the store; `code`, `columns`: (column, its head); `acts`: what each is
    called; `above`: the column that names another row by its code; `labels`: by column, the group of labels of its words; `form`: a dependency that reads its form (the act, its fields, `since` among them); `step`: what an act does, or InputError."""

    name: str
    subject: str
    title: str
    change: str
    note: str
    code: tuple[str, str]
    columns: tuple[tuple[str, str], ...]
    above: str
    fields: tuple[Field, ...]
    acts: Mapping[str, str]
    rows: Callable[[Connection, date], pd.DataFrame]
    form: Callable[..., tuple[str, dict[str, str]]]
    step: Callable[[str, dict[str, str], date], Step]
    also: Also | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> set[str]:
        """Every text of its page that no template has."""
        heads = {head for _, head in (self.code, *self.columns)}
        heads |= {self.also.title, *self.also.heads} if self.also else set()
        return heads | {
            self.title,
            self.change,
            self.note,
            *self.acts.values(),
            *(one.label for one in self.fields),
        }


def book_routes(desk: Desk, book: Book) -> APIRouter:
    """GET and POST of the book's page."""
    router = APIRouter()

    nothing = dict.fromkeys(("act", "since", "reason", book.code[0], *(one.name for one in book.fields)), "")

    def shown(request: Request, visitor: Visitor, on: date, status: int = 200, **more: Any) -> HTMLResponse:
        with reading(desk.open_house().engine) as connection:
            found = book.rows(connection, on)
            rows = found.astype(object).where(found.notna(), None).to_dict("records")
            also = book.also.rows(connection) if book.also else []
            asked = [
                (one.code, list(words_of(one)))
                for one in undecided(connection)
                if one.subject == book.subject
            ]
        values = {
            "book": book,
            "also": also,
            "rows": rows,
            "called": {row[book.code[0]]: row["name"] for row in rows},
            "on": on,
            "asked": asked,
            "done": "",
            "typed": nothing,
            "is_simulated": False,
            **more,
        }
        return page(desk, request, visitor, "dated_book.html", values, status=status)

    @router.get(f"/{book.name}", response_class=HTMLResponse, responses=answers())
    def read_book(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        on: Day = "",
        done: Annotated[str, Query(pattern=r"^[a-z]{0,8}$")] = "",
    ) -> HTMLResponse:
        return shown(request, visitor, day_of(on, "on") or office_date(desk.clock()), done=done)

    @router.post(f"/{book.name}", response_class=Response, responses=answers(409))
    def change(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        reason: Reason,
        form: Annotated[tuple[str, dict[str, str]], Depends(book.form)],
    ) -> Response:
        now, (act, told) = desk.clock(), form
        try:
            day = parse_date(told["since"]) if told["since"] else office_date(now)
            step = _keep(told[book.code[0]]) if act == KEEP else book.step(act, told, day)
            engine = desk.open_house().engine
            with writing(engine, lock="intake") as connection:
                step(connection, Act(now, visitor.name, reason))
            adopt_office(engine)
        except QianliyanError as error:
            # An act on what waits for a decision has a form of its own, with nothing but a reason in it.
            typed = nothing | ({} if act == KEEP else {**told, "act": act, "reason": reason})
            problem = error_text(request, error)
            return shown(request, visitor, office_date(now), 409, problem=problem, typed=typed)
        return RedirectResponse(f"{request.scope['root_path']}/{book.name}?on={day}&done={act}", 303)

    return router


def _keep(code: str) -> Step:
    return lambda connection, by: keep_ours(connection, latest_told_office(), code, by)
