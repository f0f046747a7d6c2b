"""What the desk cannot answer, as a page of the desk in the reader's language: what is wrong, where, and where to go from here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal
from urllib.parse import unquote, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException

from include.desk.pages.access import Visitor
from include.desk.pages.desk import Desk
from include.desk.pages.troubles import FIELDS, error_text
from include.desk.pages.view import LABELS, page, words, words_for
from include.errors import QianliyanError

HEADLINES: Final[Mapping[int, str]] = {
    400: "请求不能办理",
    401: "请先登录",
    403: "没有权限",
    404: "没有这个页面",
    405: "这个地址不接受这种请求",
    413: "文件过大",
    422: "填写或网址中有不能用的值",
    500: "督办台出错了",
}
TODOS: Final[Mapping[int, str]] = {
    400: "请改正后重试。",
    401: "登录已过期或尚未登录：请登录后再打开这一页。",
    403: "需要办理的，请向管理员申请值班员权限。",
    404: "网址可能有误，或这一页所说的已不在库中：可从首页进入，或搜索。",
    405: "请从督办台的页面上操作。",
    413: "一次上传至多 2 MB：请拆成几份，或由管理员用命令行导入。",
    422: "请返回上一页改正后重试；已填写的内容，浏览器一般会保留。",
    500: "请稍后重试；仍然出错的，请把时间和网址告诉管理员，日志中有详情。",
}
# What a field of a form or an address is called where it is not a column of intake.
ADVICE: Final[Mapping[str, str]] = {
    "missing": "必须填写",
    "string_too_short": "必须填写",
    "string_too_long": "过长，至多{max_length}字",
    "too_long": "过多，一次至多{max_length}项",
    "int_parsing": "应为数字",
    "int_from_float": "应为数字",
    "float_parsing": "应为数字",
    "greater_than_equal": "不能小于{ge}",
    "less_than_equal": "不能大于{le}",
    "literal_error": "不在可选的范围内",
}
# The parameters that are days or moments.
_DAYS: Final = frozenset({"at", "first", "last", "day", "date", "on", "week", "began", "ended"})
_MOST_SHOWN: Final = 60  # characters of a value


def refuse_on_pages(site: FastAPI, desk: Desk, headers: Mapping[str, str]) -> None:
    """Gives the site its pages of refusal. `headers`: those of every answer, for the one of a fault, which the site's guard does not see."""

    def refused(
        request: Request,
        status: int,
        what: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
        *,
        is_nowhere: bool = False,
    ) -> Response:
        # What the map asks for stands on one line under it, what a frame shows in the frame.
        if request.url.path.endswith((".json", "/mail")):
            say = words_for(request)
            return PlainTextResponse(" · ".join(what) or say(_headline(status)), status, headers)
        visitor: Visitor = getattr(request.state, "visitor", Visitor("", may_act=False))
        values = {
            "status": status,
            "headline": _headline(status),
            "what": what,
            "todo": TODOS.get(status, TODOS[400]),
            "back": _page_before(request),
            "looked_for": _looked_for(request) if is_nowhere or status == 404 else "",
            "asked": _asked(request) if status in (400, 422) and request.method == "GET" else (),
        }
        answer = page(desk, request, visitor, "refusal.html", values, status=status)
        answer.headers.update(headers or {})
        return answer

    @site.exception_handler(QianliyanError)
    async def unusable(request: Request, error: QianliyanError) -> Response:
        return refused(request, 400, (error_text(request, error),))

    @site.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        say = words_for(request)
        told = tuple(_told(say, one) for one in error.errors())
        return refused(request, 422, told, is_nowhere=any(one["loc"][0] == "path" for one in error.errors()))

    @site.exception_handler(HTTPException)
    async def failed(request: Request, error: HTTPException) -> Response:
        # A text in English is the framework's own for the status, which the headline says.
        told = str(error.detail or "")
        what = () if told.isascii() else (words_for(request)(told) if told in words() else told,)
        return refused(request, error.status_code, what, error.headers)

    @site.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        return refused(request, 500, (), headers)


def _headline(status: int) -> str:
    return HEADLINES.get(status, HEADLINES[400])


def _told(worded: Callable[..., str], one: Mapping[str, Any]) -> str:
    """What is wrong with one value: its name, the advice, and what came."""
    name = str(one["loc"][-1] if isinstance(one["loc"][-1], str) or len(one["loc"]) < 2 else one["loc"][-2])
    label = FIELDS.get(name) or LABELS["field"].get(name) or name
    came = one.get("input")
    advice = worded(_advice(one, came), **{key: str(value) for key, value in one.get("ctx", {}).items()})
    shown = f"{came[:_MOST_SHOWN]}…" if isinstance(came, str) and len(came) > _MOST_SHOWN else came
    is_shown = isinstance(came, str | int | float) and str(came).strip() and one["type"] != "missing"
    got = worded("（现为“{value}”）", value=shown) if is_shown else ""
    return worded("{field}：{advice}", field=worded(label), advice=advice) + got


def _advice(one: Mapping[str, Any], came: Any) -> str:
    if one["type"] != "string_pattern_mismatch":
        return ADVICE.get(one["type"], "写法不能用")
    if isinstance(came, str) and not came.strip():
        return "不能只有空格"
    return "写法不能用"


@dataclass(frozen=True)
class _Asked:
    """One value of an address, to be put right and asked for again. `form`: of the field, as HTML calls it."""

    name: str
    label: str
    value: str
    form: Literal["date", "text", "hidden"]


def _asked(request: Request) -> tuple[_Asked, ...]:
    """What the address asked for: days in fields of their own, the rest with them; none where it asked for no day."""
    found = tuple(
        _Asked(name, FIELDS.get(name, ""), value, _form_of(name, value))
        for name, value in request.query_params.multi_items()
    )
    return found if any(one.form != "hidden" for one in found) else ()


def _form_of(name: str, value: str) -> Literal["date", "text", "hidden"]:
    if name not in _DAYS:
        return "hidden"
    return "date" if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) and _is_day(value) else "text"


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _page_before(request: Request) -> str:
    """The page of the desk that led here; empty where it is none of ours."""
    told = urlsplit(request.headers.get("referer", ""))
    root = request.scope.get("root_path", "")
    is_ours = told.netloc == request.headers.get("host") and told.path.startswith(f"{root}/")
    if not is_ours or (told.path == request.url.path and request.method == "GET"):
        return ""
    return told.path + (f"?{told.query}" if told.query else "")


def _looked_for(request: Request) -> str:
    """The last part of an address that leads nowhere, to be searched for."""
    here = request.url.path.removeprefix(request.scope.get("root_path", "")).rstrip("/")
    return unquote(here.rpartition("/")[2])[:100]
