"""Letter: the exact files, the deliveries with the server's words, the audit trail; and the actions, each with a reason."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.act import Act
from include.desk.fates import letter_fate
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import At, Desk, LetterId
from include.desk.pages.search import not_there
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.desk.standing import letter_page
from include.errors import QianliyanError, StateError
from include.house import House
from include.language import say
from include.letter_kinds import is_corrected
from include.letters.words.status_words import STANDINGS
from include.office.letter_acts import reason_against_release, release_letter, withhold_letter
from include.post.copies import TooLarge, rehearse, resend, take_back
from include.post.drafts import UNSETTLED, StoredLetter, reject
from include.post.outbox import TAKEN_CODES, resolve
from include.post.recipients import Recipient, address_problem
from include.replies.verdict import KINDS

Reason = Annotated[
    str, Form(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]*[^\x00-\x20][^\x00-\x1f]*$")
]
Action = Literal["release", "withhold", "reject", "resend", "take_back", "resolve", "rehearse", "correct"]
# What the page says after an action.
SAID: Final = {
    "release": "已放行，下一个投递轮次发出。",
    "withhold": "已暂不发送。",
    "reject": "已决定不签发。",
    "resend": "已排入发件箱重发，下一个投递轮次发出。",
    "take_back": "尚未送出的已从发件箱撤回。",
    "resolve": "结果不明的投递已处理。",
    "rehearse": "演练件已排入发件箱。",
    "correct": "这是更正稿，等待签发；签发之前不会发出。",
}


def routes(desk: Desk) -> APIRouter:
    """GET /letters/{letter_id}, POST /letters/{letter_id}/{action}"""
    router = APIRouter()

    def shown(request: Request, visitor: Visitor, letter_id: int, at: str, **more: Any) -> Response:
        house = desk.open_house()
        try:
            found = letter_page(house, letter_id)
        except StateError:
            return not_there(desk, request, visitor, "letter", str(letter_id))
        run = (found.letter.run_id or "").split("/", 1)
        values = {
            "found": found,
            "letter": found.letter,
            "files": found.files.to_dict("records"),
            "templates": found.templates.to_dict("records"),
            "recipients": found.recipients.to_dict("records"),
            "history": found.history.to_dict("records"),
            "run": run if len(run) == 2 else None,
            "is_corrected": is_corrected(found.letter.kind),
            "rehearse_to": rehearse_to(visitor, house.issuer.operators),
            "mails": found.mails,
            "mail_kinds": KINDS,
            "is_simulated": found.letter.is_simulated,
            "fate": letter_fate(house, letter_id, desk.moment(house, at, is_present=True)),
            "standings": STANDINGS,
            "taken_codes": TAKEN_CODES,
            "against_release": _against_release(request, house, found.letter, desk.clock())
            if visitor.may_act
            else "",
            **more,
        }
        return page(desk, request, visitor, "letter.html", values, status=more.get("status", 200), at=at)

    @router.get("/letters/{letter_id}", response_class=HTMLResponse, responses=answers(404))
    def read_letter(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        letter_id: LetterId,
        at: At = "",
        done: Action | Literal[""] = "",
    ) -> Response:
        return shown(request, visitor, letter_id, at, said_key=SAID.get(done, ""))

    def act(
        request: Request, visitor: Visitor, letter_id: int, action: str, do: Callable[[], str | int | None]
    ) -> Response:
        """Runs an action, which returns what went wrong in words or the id of the letter it made; on to the letter, which
        says what happened."""
        try:
            done = do()
        except QianliyanError as error:
            done = error_text(request, error)
        except TooLarge as error:
            done = str(error)
        if isinstance(done, str):
            return shown(request, visitor, letter_id, "", problem=done, said_key="", status=409)
        return RedirectResponse(
            f"{request.scope['root_path']}/letters/{done or letter_id}?done={action}", 303
        )

    @router.post("/letters/{letter_id}/release", response_class=Response, responses=answers(404, 409))
    def release_it(
        request: Request, *, visitor: Visitor = desk.acting, letter_id: LetterId, reason: Reason
    ) -> Response:
        def do() -> str | None:
            outcome = release_letter(
                desk.open_house(),
                letter_id,
                now=desk.clock(),
                actor=visitor.name,
                reason=say("{actor}签发：{reason}", actor=visitor.name, reason=reason),
                is_person=True,
            )
            return None if outcome.action == "released" else outcome.reason

        return act(request, visitor, letter_id, "release", do)

    @router.post("/letters/{letter_id}/withhold", response_class=Response, responses=answers(404, 409))
    def withhold_it(
        request: Request, *, visitor: Visitor = desk.acting, letter_id: LetterId, reason: Reason
    ) -> Response:
        def do() -> None:
            withhold_letter(desk.open_house(), letter_id, now=desk.clock(), actor=visitor.name, reason=reason)

        return act(request, visitor, letter_id, "withhold", do)

    @router.post("/letters/{letter_id}/reject", response_class=Response, responses=answers(404, 409))
    def reject_it(
        request: Request, *, visitor: Visitor = desk.acting, letter_id: LetterId, reason: Reason
    ) -> Response:
        def do() -> None:
            reject(desk.open_house().engine, letter_id, now=desk.clock(), actor=visitor.name, reason=reason)

        return act(request, visitor, letter_id, "reject", do)

    @router.post("/letters/{letter_id}/resend", response_class=Response, responses=answers(404, 409))
    def resend_it(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        letter_id: LetterId,
        reason: Reason,
        only: Annotated[list[str], Form(max_length=50)] = [],  # noqa: B006
    ) -> Response:
        def do() -> None:
            house = desk.open_house()
            resend(house.outgoing, letter_id, Act(desk.clock(), visitor.name, reason), only=only)

        return act(request, visitor, letter_id, "resend", do)

    @router.post("/letters/{letter_id}/take_back", response_class=Response, responses=answers(404, 409))
    def take_it_back(
        request: Request, *, visitor: Visitor = desk.acting, letter_id: LetterId, reason: Reason
    ) -> Response:
        def do() -> None:
            take_back(desk.open_house().engine, letter_id, Act(desk.clock(), visitor.name, reason))

        return act(request, visitor, letter_id, "take_back", do)

    @router.post("/letters/{letter_id}/resolve", response_class=Response, responses=answers(404, 409))
    def resolve_it(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        letter_id: LetterId,
        reason: Reason,
        outcome: Annotated[Literal["arrived", "again"], Form()],
        address: Annotated[str, Form(max_length=254)] = "",
    ) -> Response:
        def do() -> None:
            house = desk.open_house()
            resolve(
                house.engine,
                letter_id,
                arrived=outcome == "arrived",
                now=desk.clock(),
                actor=visitor.name,
                reason=reason,
                address=address or None,
            )

        return act(request, visitor, letter_id, "resolve", do)

    @router.post("/letters/{letter_id}/correct", response_class=Response, responses=answers(404, 409))
    def correct_it(
        request: Request, *, visitor: Visitor = desk.acting, letter_id: LetterId, reason: Reason
    ) -> Response:
        def do() -> int:
            house = desk.open_house()
            return desk.correct(
                house, letter_id, now=desk.clock(), actor=visitor.name, reason=reason
            ).letter_id

        return act(request, visitor, letter_id, "correct", do)

    @router.post("/letters/{letter_id}/rehearse", response_class=Response, responses=answers(404, 409))
    def rehearse_it(request: Request, *, visitor: Visitor = desk.acting, letter_id: LetterId) -> Response:
        def do() -> None:
            house = desk.open_house()
            to = Recipient(rehearse_to(visitor, house.issuer.operators), say("演练"), "to")
            rehearse(house.outgoing, letter_id, to, Act(desk.clock(), visitor.name))

        return act(request, visitor, letter_id, "rehearse", do)

    return router


def _against_release(request: Request, house: House, letter: StoredLetter, now: datetime) -> str:
    """Why the letter cannot be released now, in the reader's language; empty where it can, or has left."""
    if letter.state not in UNSETTLED:
        return ""
    try:
        return reason_against_release(house, letter, now)
    except QianliyanError as error:
        return error_text(request, error)


def rehearse_to(visitor: Visitor, operators: str) -> str:
    """The visitor's own address where their name is one; otherwise the duty officers'."""
    return operators if address_problem(visitor.name) else visitor.name
