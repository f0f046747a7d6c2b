"""The site: a letter's alarms, a form for each, the receipt, and how a device is confirmed. Nothing else has an address here."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from include.field.confirming import device_page, device_sent
from include.field.folders import FieldFolder
from include.field.forms import form_page, form_sent, receipt_page
from include.field.requests import Bounded, TooLarge, visitor
from include.field.spooling import SpoolFolder, SpoolFull
from include.field.steps import STEPS
from include.field.told import LinkRefused, ToldFolder
from include.field.view import HEADERS, PAGES, page
from include.field.visit import FieldSite, device_state, opened_by, received_by, wants_json, with_cookie
from include.rules import receipt_second

_LISTED: Final = 25  # alarms of one page
_ASSETS: Final = {
    "field.css": "text/css; charset=utf-8",
    "field.js": "text/javascript; charset=utf-8",
    "sw.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}

MESSAGES: Final = {
    403: ("不能这样提交", "请在本页填写并提交。"),
    404: (
        "链接无效",
        "链接不完整、已过期或已停用。请使用最近一封函件中的链接；刚收到的函件，请过几分钟再试。",
    ),
    408: ("网络太慢", "没有在规定时间内收完，请减少照片后重试。已填写的内容仍保存在本机。"),
    413: ("内容过大", "请减少照片的数量或尺寸后重试。已填写的内容仍保存在本机。"),
    429: ("操作过于频繁", "请过几分钟再试。已填写的内容仍保存在本机。"),
    503: ("暂时不能接收", "请稍后重试，或按函件所附表格反馈。已填写的内容仍保存在本机。"),
}
"""What a visitor is told when something is not to be had."""


def create_site(
    folder: FieldFolder, key: bytes, clock: Callable[[], datetime], *, is_secure: bool
) -> Starlette:
    """The application. `folder` exists; `key` is that of its seals."""
    told, spool = ToldFolder(folder, key), SpoolFolder(folder, key)
    site = FieldSite(told, spool, lambda: receipt_second(clock()), is_secure)
    pages: list[tuple[str, Callable[[FieldSite, Request], Awaitable[Response]], list[str]]] = [
        ("/f/{word}", _list_page, ["GET"]),
        ("/f/{word}/device", device_page, ["GET"]),
        ("/f/{word}/device", device_sent, ["POST"]),
        ("/f/{word}/r/{report_id}", receipt_page, ["GET"]),
        ("/f/{word}/{number:int}", form_page, ["GET"]),
        ("/f/{word}/{number:int}", form_sent, ["POST"]),
    ]
    routes = [Route(path, _bound(site, handler), methods=methods) for path, handler, methods in pages]
    routes.append(Route("/health", _health))
    routes += [Route(f"/{name}", _asset(name, kind)) for name, kind in _ASSETS.items()]
    handlers: dict[Any, Any] = {
        404: _told_404,
        405: _told_404,
        HTTPException: _http_error,
        LinkRefused: _told_404,
        TooLarge: lambda request, error: _message(request, 413),
        TimeoutError: lambda request, error: _message(request, 408),
        SpoolFull: lambda request, error: _message(request, 503),
        ClientDisconnect: lambda request, error: _message(request, 408),
        Exception: lambda request, error: _message(request, 503),
    }
    return Starlette(routes=routes, exception_handlers=handlers, middleware=[Middleware(Bounded)])


def _bound(
    site: FieldSite, handler: Callable[[FieldSite, Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        who, now = visitor(request), time.monotonic()
        if site.limits.wrong.is_spent(who, now) or not site.limits.views.allows(who, now):
            raise HTTPException(429)
        try:
            return await handler(site, request)
        except LinkRefused:
            site.limits.wrong.allows(who, now)
            raise

    return endpoint


async def _list_page(site: FieldSite, request: Request) -> Response:
    opened = opened_by(site, request)
    last = max(1, -(-len(opened.bundle.alarms) // _LISTED))
    told = request.query_params.get("page", "1")
    number = (
        min(int(told), last) if told.isascii() and told.isdigit() and 0 < len(told) < 5 and int(told) else 1
    )
    first = (number - 1) * _LISTED
    listed = list(enumerate(opened.bundle.alarms, start=1))[first : first + _LISTED]
    values = {
        "word": opened.word,
        "listed": listed,
        "page_number": number,
        "pages": last,
        "received": received_by(site, opened),
        "steps": STEPS,
        "tasks": {one.alarm_id: one for one in site.told.results(opened.name).tasks},
        "now": site.clock(),
        "device": device_state(site, request, opened),
    }
    return with_cookie(site, request, page("list.html", values, bundle=opened.bundle, base="../"))


def _message(request: Request, status: int) -> Response:
    title, text = MESSAGES.get(status, MESSAGES[503])
    if wants_json(request):
        return JSONResponse({"message": text}, status, HEADERS)
    base = "../" * max(0, request.url.path.count("/") - 1)
    return page("message.html", {"title": title, "text": text}, base=base, status=status)


async def _told_404(request: Request, error: Exception) -> Response:
    return _message(request, 404)


async def _http_error(request: Request, error: HTTPException) -> Response:
    return _message(request, error.status_code if error.status_code in MESSAGES else 403)


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok", headers=HEADERS)


def _asset(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def asset(request: Request) -> Response:
        return FileResponse(
            PAGES / name, media_type=kind, headers={**HEADERS, "Cache-Control": "public, max-age=3600"}
        )

    return asset
