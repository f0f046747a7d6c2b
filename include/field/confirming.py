"""How a device is confirmed: a code is wished for, mailed by the office, and typed in."""

from __future__ import annotations

import time

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from include.field.codes import LENGTH, is_code, is_written_as_code, tidy
from include.field.reports import CodeWish, Confirmation, report_id
from include.field.requests import Sent, device_id, device_secret, require_own_site, sent_form
from include.field.told import Opened
from include.field.view import HEADERS, page
from include.field.visit import FieldSite, confirmation_id, device_state, opened_by, require_pace, with_cookie
from include.rules import FIELD


async def device_page(site: FieldSite, request: Request) -> Response:
    """How the visitor's device stands, and how it is confirmed."""
    opened = opened_by(site, request)
    return with_cookie(site, request, _device_form(site, request, opened))


def _device_form(
    site: FieldSite, request: Request, opened: Opened, fault: str = "", status: int = 200
) -> Response:
    values = {
        "word": opened.word,
        "unit": site.told.unit(opened.bundle.unit_code),
        "device": device_state(site, request, opened),
        "is_asked": request.query_params.get("asked") == "1",
        "fault": fault,
        "code_minutes": int(FIELD.code_life.total_seconds() // 60),
        "code_length": LENGTH,
    }
    return page("device.html", values, bundle=opened.bundle, base="../../", status=status)


async def device_sent(site: FieldSite, request: Request) -> Response:
    """The wish for a code, or a code that was typed in."""
    require_own_site(request)
    opened = opened_by(site, request)
    require_pace(site, request, opened)
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
    return with_cookie(site, request, RedirectResponse("device?asked=1", 303, HEADERS), secret)


async def _code_typed(site: FieldSite, request: Request, opened: Opened, sent: Sent, secret: str) -> Response:
    device, unit_code = device_id(secret), opened.bundle.unit_code
    code = tidy(sent.texts.get("code", ""))
    if not is_written_as_code(code):
        return _device_form(site, request, opened, "验证码不完整或有多余的字符，未计次数", 422)
    if not site.limits.tries.allows(f"{device} {unit_code}", time.monotonic()):
        raise HTTPException(429)
    told = site.told.device(device, unit_code, site.clock())
    if told is None or told.state != "asked":
        return _device_form(site, request, opened, "验证码已失效，请重新申请", 422)
    if not await run_in_threadpool(is_code, code, told.code_salt, told.code_hash):
        return _device_form(site, request, opened, "验证码不对，请核对邮件中最近一次的验证码", 422)
    confirmation = Confirmation(
        report_id=confirmation_id(told),
        word=opened.word,
        letter_key=opened.bundle.letter_key,
        unit_code=unit_code,
        device_id=device,
        received_at=site.clock(),
        code=code,
    )
    await run_in_threadpool(site.spool.take, confirmation)
    return with_cookie(site, request, RedirectResponse("device", 303, HEADERS), secret)
