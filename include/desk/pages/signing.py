"""Signing 签发: the letters that wait, riskiest first, each with its preview; all, some or none of a run with a reason."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from include.act import Act
from include.desk.bulk import MOST, act_on
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk, Question, RunKey
from include.desk.pages.letter import Reason
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.desk.signing import (
    LARGE_LEAST,
    LARGE_SHARE,
    POINTS,
    RunToSign,
    kept_back,
    letters_to_sign,
    names_of,
)
from include.errors import QianliyanError, StateError

Choice = Literal["all", "some", "none"]
SAID: dict[str, str] = {
    "all": "已签发：运行随即编号、定稿、发出。",
    "some": "已签发所选单位的函件，其余留待处理。",
    "none": "已决定不签发。",
}
SAID_HERE: dict[str, str] = {**SAID, "all": "已签发、编号、定稿，列入发件箱。"}
STANDINGS: dict[Question, str] = {
    "answered": "这次运行已有答复，正在办理；再次提问时，可在此再答复。请稍后刷新。",
    "unasked": "这次运行还没有问到签发。请稍后刷新。",
    "ended": "这次运行已经结束，不再提问：在此签发，即逐封放行。",
}
_Run = Annotated[str, Form(max_length=250, pattern=r"^[^\x00-\x1f\x7f]*$")]


def routes(desk: Desk) -> APIRouter:
    """GET /signing; POST /signing"""
    router = APIRouter()

    def shown(
        request: Request, visitor: Visitor, letter_id: int | None, status: int = 200, **more: Any
    ) -> HTMLResponse:
        house = desk.open_house()
        runs = letters_to_sign(house)
        every = [one for run in runs for one in run.letters]
        values = {
            "runs": runs,
            "questions": _questions(desk, runs),
            "count": len(every),
            "kept_back": kept_back(house),
            "preview": next(
                (one for one in every if one.letter_id == letter_id), every[0] if every else None
            ),
            "standings": STANDINGS,
            "points": POINTS,
            "large_share": round(100 * LARGE_SHARE),
            "large_least": LARGE_LEAST,
            "kept": {"key": None, "letters": set(), "reason": ""},
            "is_simulated": any(one.is_simulated for one in every),
            **more,
        }
        return page(desk, request, visitor, "signing.html", values, status=status)

    @router.get("/signing", response_class=HTMLResponse, responses=answers())
    def read_signing(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        letter: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    ) -> HTMLResponse:
        return shown(request, visitor, letter)

    @router.post("/signing", response_class=Response, responses=answers(409))
    def sign(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        reason: Reason,
        choice: Annotated[Choice, Form()],
        dag_id: _Run = "",
        run_id: _Run = "",
        letter: Annotated[list[Annotated[int, Query(ge=1, le=2**53)]], Form(max_length=1000)] = [],  # noqa: B006
    ) -> Response:
        try:
            said = _answer(desk, visitor, (dag_id, run_id), choice, letter, reason)
        except QianliyanError as error:
            kept = {"key": (dag_id, run_id), "letters": set(letter), "reason": reason}
            return shown(request, visitor, None, 409, problem=error_text(request, error), kept=kept)
        return shown(request, visitor, None, said_key=said)

    return router


def _questions(desk: Desk, runs: Sequence[RunToSign]) -> Mapping[RunKey, Question]:
    """How each run stands that waits for an answer of Airflow's; none where no question is known."""
    asked = [(run.dag_id, run.run_id) for run in runs if run.is_asked]
    known = desk.airflow.questions
    return {} if known is None or not asked else known(asked)


def _answer(
    desk: Desk, visitor: Visitor, key: tuple[str, str], choice: Choice, chosen: list[int], reason: str
) -> str:
    """Answers the run, or, of letters that no run asks about, releases or rejects them here; what is said of it. Raises QianliyanError."""
    run = next(
        (one for one in letters_to_sign(desk.open_house()) if (one.dag_id, one.run_id) == key),
        None,
    )
    if run is None:
        raise StateError("nothing of it waits for a signature", where="/".join(key) or "signing")
    standing = _questions(desk, (run,)).get(key, "open")
    if standing == "answered":
        raise StateError(
            "the run has an answer", where="/".join(key), todo="wait until it has released, or asks again"
        )
    if standing == "unasked":
        raise StateError(
            "the run has not asked yet", where="/".join(key), todo="load the page again in a moment"
        )
    names = names_of(run, chosen)
    if choice == "some" and not names:
        raise StateError(
            "no letter was chosen", where="/".join(key) or "signing", todo="tick the letters to sign"
        )
    if run.is_asked and standing == "open" and desk.airflow.answer is not None:
        desk.airflow.answer(
            visitor, run.dag_id, run.run_id, choice, names if choice == "some" else [], reason
        )
        return SAID[choice]
    _settle_here(desk, visitor, run, choice, chosen, reason)
    return SAID_HERE[choice]


def _settle_here(
    desk: Desk, visitor: Visitor, run: RunToSign, choice: Choice, chosen: list[int], reason: str
) -> None:
    ids = [one.letter_id for one in run.letters if choice != "some" or one.letter_id in set(chosen)][:MOST]
    act = Act(desk.clock(), visitor.name, reason)
    done = act_on(desk.open_house(), ids, "reject" if choice == "none" else "release", act, "")
    failed = [one for one in done if not one.is_done]
    if failed:
        first = failed[0]
        if first.error is not None:
            raise first.error
        raise StateError(
            "a letter was not released", where=f"letter {first.letter_id}", got=first.words or "left"
        )
