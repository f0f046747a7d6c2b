"""Letters 函件: the list with its filters, one act on many of them, and the list as CSV."""

from functools import cache
from typing import Annotated, Any, Final, Literal

import pandas as pd
from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from include.act import Act
from include.desk.bulk import MOST, BulkAction, act_on, may_work
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.codes import codes_said, run_said
from include.desk.pages.days import Day, day_of, days_of
from include.desk.pages.desk import At, Desk
from include.desk.pages.exports import MOST_ROWS, csv_file
from include.desk.pages.letter import Reason, rehearse_to
from include.desk.pages.troubles import error_text
from include.desk.pages.view import LABELS, office_text, page, window_text
from include.desk.search import nearest
from include.desk.standing import letters_standing
from include.house import House
from include.letter_kinds import LETTER_KINDS, letter_label
from include.rules import SIMULATED_LABEL

PAGE: Final = 100
Standing = Literal[
    "",
    "drafted",
    "awaiting_approval",
    "withheld",
    "rejected",
    "released",
    "queued",
    "sent",
    "unknown",
    "refused",
    "expired",
]
ACTIONS: Final[dict[BulkAction, str]] = {
    "release": "签发并放行",
    "withhold": "这封暂不发送",
    "resend": "重发",
    "rehearse": "演练发给我",
}
COLUMNS: Final = (
    "letter_id",
    "kind",
    "addressee",
    "window",
    "number",
    "standing",
    "reason",
    "run",
    "mark",
)
_Id = Annotated[str, Query(max_length=250, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Name = Annotated[str, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _asked(
    kind: Annotated[str, Query(pattern=r"^[a-z_]{0,16}$")] = "",
    day: Day = "",
    city: Annotated[str, Query(pattern=r"^([0-9A-Za-z][0-9A-Za-z.-]{0,31})?$")] = "",
    unit: _Name = "",
    standing: Standing = "",
    first: Day = "",
    last: Day = "",
    number: _Name = "",
    dag_id: _Id = "",
    run_id: _Id = "",
) -> dict[str, str]:
    return dict(locals())


_Filters = Annotated[dict[str, str], Depends(_asked)]


def routes(desk: Desk) -> APIRouter:
    """GET /letters, /letters.csv; POST /letters"""
    router = APIRouter()

    def shown(
        request: Request, visitor: Visitor, asked: dict[str, str], skip: int, at: str, **more: Any
    ) -> HTMLResponse:
        house = desk.open_house()
        rows = _rows(house, asked, PAGE + 1, skip)
        standings = {row["standing"] for row in rows[:PAGE]}
        values = {
            "rows": rows[:PAGE],
            "has_more": len(rows) > PAGE,
            "near": nearest(house, "unit", asked["unit"]) if asked["unit"] and not rows else (),
            "skip": skip,
            "page_size": PAGE,
            "asked": asked,
            "query": {name: value for name, value in asked.items() if value},
            "kinds": list(LETTER_KINDS),
            "standings": [one for one in LABELS["state"] if one in Standing.__args__],  # type: ignore[attr-defined]
            "run": _run(asked),
            "actions": {value: name for value, name in ACTIONS.items() if may_work(value, standings)},
            "most": MOST,
            "outcomes": [],
            "nothing_chosen": False,
            "is_simulated": any(row["is_simulated"] for row in rows),
            **more,
        }
        return page(desk, request, visitor, "letters.html", values, status=more.get("status", 200), at=at)

    @router.get("/letters", response_class=HTMLResponse, responses=answers())
    def read_letters(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        at: At = "",
        asked: _Filters,
        skip: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> HTMLResponse:
        return shown(request, visitor, asked, skip, at)

    @router.get("/letters.csv", response_class=Response, responses=answers())
    def read_csv(*, visitor: Visitor = desk.reading, asked: _Filters) -> Response:
        rows = _rows(desk.open_house(), asked, MOST_ROWS + 1, 0)
        return csv_file(letters_table(rows), "letters.csv")

    @router.post("/letters", response_class=HTMLResponse, responses=answers(409))
    def act_on_many(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        asked: _Filters,
        reason: Reason,
        action: Annotated[BulkAction, Form()],
        letter: Annotated[list[Annotated[int, Query(ge=1, le=2**53)]], Form(max_length=MOST)] = [],  # noqa: B006
    ) -> HTMLResponse:
        if not letter:
            return shown(request, visitor, asked, 0, "", nothing_chosen=True, status=409)
        house = desk.open_house()
        to = rehearse_to(visitor, house.issuer.operators)
        act = Act(desk.clock(), visitor.name, reason)
        outcomes = [
            {
                "letter_id": one.letter_id,
                "is_done": one.is_done,
                "words": error_text(request, one.error) if one.error else one.words,
            }
            for one in act_on(house, list(dict.fromkeys(letter)), action, act, to)
        ]
        return shown(request, visitor, asked, 0, "", outcomes=outcomes, done_action=ACTIONS.get(action, ""))

    return router


def _rows(house: House, asked: dict[str, str], most: int, skip: int) -> list[dict[str, Any]]:
    since, until = days_of(asked["first"], asked["last"])
    rows: list[dict[str, Any]] = letters_standing(
        house,
        unit_code=asked["city"] or None,
        on_date=day_of(asked["day"], "day"),
        run_id=_run(asked),
        kind=asked["kind"] or None,
        unit=asked["unit"],
        standing=asked["standing"] or None,
        from_date=since,
        to_date=until,
        number=asked["number"],
        most=most,
        skip=skip,
    ).to_dict("records")  # type: ignore[assignment]
    return rows


def _run(asked: dict[str, str]) -> str | None:
    return f"{asked['dag_id']}/{asked['run_id']}" if asked["dag_id"] and asked["run_id"] else None


def letters_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The columns COLUMNS, one row a letter, in the order of the list."""
    kind = cache(lambda value: office_text(letter_label(value)))
    standing = cache(lambda value: office_text(LABELS["state"].get(value, value)))
    reason, run = cache(codes_said), cache(lambda run_id: run_said(run_id, office_text))
    window = cache(lambda start_at, end_at: window_text({"start_at": start_at, "end_at": end_at}))
    return pd.DataFrame(
        [
            (
                row["letter_id"],
                kind(row["kind"]),
                row["addressee_name"],
                window(row["start_at"], row["end_at"]),
                row["number"] or "",
                standing(row["standing"]),
                reason(row["state_reason"]),
                run(row["run_id"]),
                SIMULATED_LABEL if row["is_simulated"] else "",
            )
            for row in rows
        ],
        columns=list(COLUMNS),
        dtype=object,
    )
