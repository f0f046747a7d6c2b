"""The site: a letter's alarms, a form for each, the receipt, and how a device is confirmed. Nothing else has an address here."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from include.field.answers import FIELDS, answer_typed
from include.field.bundles import BundleAlarm, DeviceTold
from include.field.codes import LENGTH, is_code, tidy
from include.field.folders import FieldFolder
from include.field.limits import Limiter
from include.field.photos import PhotoRefused, TakenPhoto, re_encoded
from include.field.reports import Answer, CodeWish, Confirmation, report_id
from include.field.requests import (
    COOKIE,
    Bounded,
    Sent,
    TooLarge,
    device_id,
    device_secret,
    require_own_site,
    sent_form,
    visitor,
)
from include.field.spooling import SpoolFolder, SpoolFull
from include.field.steps import STEPS
from include.field.told import LinkRefused, Opened, ToldFolder
from include.field.view import HEADERS, PAGES, page
from include.rules import FIELD

_LISTED: Final = 25  # alarms of one page
_MINUTE, _TEN_MINUTES, _HOUR = 60.0, 600.0, 3600.0
_COOKIE_SECONDS: Final = int(FIELD.device_life.total_seconds())
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


@dataclass(frozen=True)
class _Limits:
    views: Limiter = field(default_factory=lambda: Limiter(FIELD.views_a_minute, _MINUTE))
    wrong: Limiter = field(default_factory=lambda: Limiter(FIELD.wrong_a_minute, _MINUTE))
    reports: Limiter = field(default_factory=lambda: Limiter(FIELD.reports_a_minute, _MINUTE))
    of_link: Limiter = field(default_factory=lambda: Limiter(FIELD.reports_of_link_an_hour, _HOUR))
    codes_of_device: Limiter = field(default_factory=lambda: Limiter(FIELD.codes_of_device, _HOUR))
    codes_of_unit: Limiter = field(default_factory=lambda: Limiter(FIELD.codes_of_unit, _HOUR))
    tries: Limiter = field(default_factory=lambda: Limiter(FIELD.code_tries, _TEN_MINUTES))


@dataclass(frozen=True)
class FieldSite:
    """What the pages need: the folder read and written, a clock, and whether cookies travel over TLS only."""

    told: ToldFolder
    spool: SpoolFolder
    clock: Callable[[], datetime]
    is_secure: bool
    limits: _Limits = field(default_factory=_Limits)


def create_site(
    folder: FieldFolder, key: bytes, clock: Callable[[], datetime], *, is_secure: bool
) -> Starlette:
    """The application. `folder` exists; `key` is that of its seals."""
    site = FieldSite(ToldFolder(folder, key), SpoolFolder(folder, key), clock, is_secure)
    pages: list[tuple[str, Callable[[FieldSite, Request], Awaitable[Response]], list[str]]] = [
        ("/f/{word}", _list_page, ["GET"]),
        ("/f/{word}/device", _device_page, ["GET"]),
        ("/f/{word}/device", _device_sent, ["POST"]),
        ("/f/{word}/r/{report_id}", _receipt_page, ["GET"]),
        ("/f/{word}/{number:int}", _form_page, ["GET"]),
        ("/f/{word}/{number:int}", _form_sent, ["POST"]),
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
    opened = _opened(site, request)
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
        "received": _received(site, opened),
        "steps": STEPS,
        "now": site.clock(),
        "device": _device(site, request, opened),
    }
    return _with_cookie(site, request, page("list.html", values, bundle=opened.bundle, base="../"))


async def _form_page(site: FieldSite, request: Request) -> Response:
    opened = _opened(site, request)
    return _with_cookie(site, request, _form(site, request, opened, {}, {}))


def _form(
    site: FieldSite,
    request: Request,
    opened: Opened,
    typed: dict[str, str],
    faults: dict[str, str],
    status: int = 200,
) -> Response:
    number, alarm = _alarm(request, opened)
    values = {
        "word": opened.word,
        "number": number,
        "alarm": alarm,
        "steps": [STEPS[code] for code in opened.bundle.steps if code in STEPS],
        "all_steps": STEPS,
        "typed": defaultdict(str, typed),
        "faults": faults,
        "fields": FIELDS,
        "limits": FIELD,
        "nonce": typed.get("nonce", "") or secrets.token_hex(8),
        "received": _received(site, opened).get(alarm.alarm_id, []),
        "now": site.clock(),
    }
    return page("form.html", values, bundle=opened.bundle, base="../../", status=status)


async def _form_sent(site: FieldSite, request: Request) -> Response:
    require_own_site(request)
    opened = _opened(site, request)
    number, alarm = _alarm(request, opened)
    _require_pace(site, request, opened)
    await run_in_threadpool(site.spool.require_room)
    sent = await sent_form(request)
    secret, now = device_secret(request), site.clock()
    typed = answer_typed(sent.texts, opened.bundle, alarm, now)
    faults = dict(typed.faults)
    photos: list[TakenPhoto] = []
    if not faults:
        photos, fault = await run_in_threadpool(_photos, sent)
        faults |= {"photos": fault} if fault else {}
    if faults:
        if _wants_json(request):
            return JSONResponse({"faults": faults}, 422, HEADERS)
        if sent.uploads:
            faults.setdefault("photos", "请重新选择照片")
        return _with_cookie(
            site, request, _form(site, request, opened, dict(sent.texts), faults, 422), secret
        )
    identity = report_id(opened.word, device_id(secret), _content_of(number, sent))
    if await run_in_threadpool(site.spool.receipt, identity) is None:
        answer = Answer(
            report_id=identity,
            word=opened.word,
            letter_key=opened.bundle.letter_key,
            unit_code=opened.bundle.unit_code,
            device_id=device_id(secret),
            received_at=now,
            photos=tuple(photo.told for photo in photos),
            **typed.values,
        )
        await run_in_threadpool(site.spool.take, answer, photos)
    where = f"r/{identity}"
    if _wants_json(request):
        return _with_cookie(site, request, JSONResponse({"receipt": where}, headers=HEADERS), secret)
    return _with_cookie(site, request, RedirectResponse(where, 303, HEADERS), secret)


async def _receipt_page(site: FieldSite, request: Request) -> Response:
    opened = _opened(site, request)
    name = request.path_params["report_id"]
    found = await run_in_threadpool(site.spool.receipt, name) if len(name) == 32 and name.isalnum() else None
    if not isinstance(found, Answer) or found.word != opened.word:
        raise LinkRefused
    alarms = {one.alarm_id: (place, one) for place, one in enumerate(opened.bundle.alarms, start=1)}
    number, alarm = alarms[found.alarm_id]
    results = {one.report_id: one for one in site.told.results(opened.name).reports}
    suspects = {one.candidate_id: one.name for one in alarm.suspects}
    values = {
        "word": opened.word,
        "number": number,
        "alarm": alarm,
        "answer": found,
        "step": STEPS[found.step],
        "result": results.get(found.report_id),
        "suspects": suspects,
        "device": _device(site, request, opened),
    }
    return page("receipt.html", values, bundle=opened.bundle, base="../../../")


async def _device_page(site: FieldSite, request: Request) -> Response:
    opened = _opened(site, request)
    return _with_cookie(site, request, _device_form(site, request, opened))


def _device_form(
    site: FieldSite, request: Request, opened: Opened, fault: str = "", status: int = 200
) -> Response:
    values = {
        "word": opened.word,
        "unit": site.told.unit(opened.bundle.unit_code),
        "device": _device(site, request, opened),
        "is_asked": request.query_params.get("asked") == "1",
        "fault": fault,
        "code_minutes": int(FIELD.code_life.total_seconds() // 60),
        "code_length": LENGTH,
    }
    return page("device.html", values, bundle=opened.bundle, base="../../", status=status)


async def _device_sent(site: FieldSite, request: Request) -> Response:
    require_own_site(request)
    opened = _opened(site, request)
    _require_pace(site, request, opened)
    sent = await sent_form(request)
    secret = device_secret(request)
    if "code" in sent.texts:
        return await _code_typed(site, request, opened, sent, secret)
    contacts = {one.contact for one in site.told.unit(opened.bundle.unit_code).contacts}
    contact, device, now = sent.texts.get("contact", ""), device_id(secret), time.monotonic()
    if contact not in contacts:
        return _device_form(site, request, opened, "请选择由谁收验证码", 422)
    unit_code = opened.bundle.unit_code
    if not site.limits.codes_of_device.allows(device, now) or not site.limits.codes_of_unit.allows(
        unit_code, now
    ):
        raise HTTPException(429)
    received_at = site.clock()
    wish = CodeWish(
        report_id=report_id(opened.word, device, f"wish {received_at.isoformat()}"),
        word=opened.word,
        letter_key=opened.bundle.letter_key,
        unit_code=unit_code,
        device_id=device,
        received_at=received_at,
        contact=contact,
    )
    await run_in_threadpool(site.spool.take, wish)
    return _with_cookie(site, request, RedirectResponse("device?asked=1", 303, HEADERS), secret)


async def _code_typed(site: FieldSite, request: Request, opened: Opened, sent: Sent, secret: str) -> Response:
    device, unit_code = device_id(secret), opened.bundle.unit_code
    if not site.limits.tries.allows(f"{device} {unit_code}", time.monotonic()):
        raise HTTPException(429)
    told = site.told.device(device, unit_code, site.clock())
    code = tidy(sent.texts.get("code", ""))
    if told is None or told.state != "asked":
        return _device_form(site, request, opened, "验证码已失效，请重新申请", 422)
    if len(code) != LENGTH or not await run_in_threadpool(is_code, code, told.code_salt, told.code_hash):
        return _device_form(site, request, opened, "验证码不对，请核对邮件中最近一次的验证码", 422)
    confirmation = Confirmation(
        report_id=_confirmation_id(told),
        word=opened.word,
        letter_key=opened.bundle.letter_key,
        unit_code=unit_code,
        device_id=device,
        received_at=site.clock(),
        code=code,
    )
    await run_in_threadpool(site.spool.take, confirmation)
    return _with_cookie(site, request, RedirectResponse("device", 303, HEADERS), secret)


def _confirmation_id(told: DeviceTold) -> str:
    return report_id(told.unit_code, told.device_id, f"confirmation {told.code_salt}")


def _device(site: FieldSite, request: Request, opened: Opened) -> dict[str, Any]:
    """How the visitor's device stands with this unit: `state` (none, asked, confirmed, refused), `label`, `reason`."""
    device, now = device_id(device_secret(request)), site.clock()
    told = site.told.device(device, opened.bundle.unit_code, now)
    if told is None:
        return {"state": "none", "label": "", "reason": ""}
    is_typed = told.state == "asked" and site.spool.receipt(_confirmation_id(told)) is not None
    return {"state": "confirmed" if is_typed else told.state, "label": told.label, "reason": told.reason}


def _received(site: FieldSite, opened: Opened) -> dict[str, list[Any]]:
    """What the office has from this link, by alarm, the oldest first."""
    found: dict[str, list[Any]] = {}
    for one in sorted(site.told.results(opened.name).reports, key=lambda one: one.received_at):
        found.setdefault(one.alarm_id, []).append(one)
    return found


def _photos(sent: Sent) -> tuple[list[TakenPhoto], str]:
    """The photos of a form, re-encoded, each once; or what is wrong with them."""
    if len(sent.uploads) > FIELD.most_photos:
        return [], f"最多{FIELD.most_photos}张"
    taken: dict[str, TakenPhoto] = {}
    for place, upload in enumerate(sent.uploads, start=1):
        if len(upload) > FIELD.largest_photo_bytes:
            return [], f"第{place}张：超过{FIELD.largest_photo_bytes >> 20}MB"
        try:
            photo = re_encoded(upload)
        except PhotoRefused as refused:
            return [], f"第{place}张：{refused}"
        taken[photo.told.sha256] = photo
    return list(taken.values()), ""


def _content_of(number: int, sent: Sent) -> str:
    """What makes one form one report: its number and all that it says. A form that is sent again is the same one; what was changed
    before it was sent again is another."""
    digest = hashlib.sha256(repr((number, sorted(sent.texts.items()))).encode("utf-8", "surrogatepass"))
    for upload in sent.uploads:
        digest.update(hashlib.sha256(upload).digest())
    return digest.hexdigest()


def _opened(site: FieldSite, request: Request) -> Opened:
    return site.told.open(request.path_params["word"], site.clock())


def _alarm(request: Request, opened: Opened) -> tuple[int, BundleAlarm]:
    number = int(request.path_params["number"])
    if not 0 < number <= len(opened.bundle.alarms):
        raise LinkRefused
    return number, opened.bundle.alarms[number - 1]


def _require_pace(site: FieldSite, request: Request, opened: Opened) -> None:
    now = time.monotonic()
    if not site.limits.reports.allows(visitor(request), now) or not site.limits.of_link.allows(
        opened.name, now
    ):
        raise HTTPException(429)


def _with_cookie(site: FieldSite, request: Request, response: Response, secret: str = "") -> Response:
    """The response with the device's cookie, where the visitor holds none yet."""
    secret = secret or device_secret(request)
    if request.cookies.get(COOKIE) != secret:
        response.set_cookie(
            COOKIE, secret, _COOKIE_SECONDS, path="/", secure=site.is_secure, httponly=True, samesite="lax"
        )
    return response


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _message(request: Request, status: int) -> Response:
    title, text = MESSAGES.get(status, MESSAGES[503])
    if _wants_json(request):
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
