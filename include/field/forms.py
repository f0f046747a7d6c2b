"""The form of an alarm, what it sends, and the receipt."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from include.field.answers import FIELDS, Speaker, answer_typed
from include.field.photos import PhotoRefused, TakenPhoto, re_encoded
from include.field.reports import Answer, report_id
from include.field.requests import Sent, device_id, device_secret, require_own_site, sent_form
from include.field.steps import STEPS
from include.field.told import LinkRefused, Opened
from include.field.view import HEADERS, page, speaker
from include.field.visit import (
    FieldSite,
    alarm_of,
    device_state,
    is_offered,
    opened_by,
    received_by,
    require_pace,
    task_of,
    wants_json,
    with_cookie,
)
from include.rules import FIELD


async def form_page(site: FieldSite, request: Request) -> Response:
    """The form of one alarm."""
    opened = opened_by(site, request)
    return with_cookie(site, request, _form(site, request, opened, {}, {}))


def _form(
    site: FieldSite,
    request: Request,
    opened: Opened,
    typed: dict[str, str],
    faults: dict[str, str],
    status: int = 200,
) -> Response:
    number, alarm = alarm_of(request, opened)
    task = task_of(site, opened, alarm.alarm_id)
    values = {
        "word": opened.word,
        "number": number,
        "alarm": alarm,
        "task": task,
        "steps": [STEPS[code] for code in opened.bundle.steps if code in STEPS and is_offered(code, task)],
        "all_steps": STEPS,
        "typed": defaultdict(str, typed),
        "faults": faults,
        "fields": FIELDS,
        "limits": FIELD,
        "nonce": typed.get("nonce", "") or secrets.token_hex(8),
        "received": received_by(site, opened).get(alarm.alarm_id, []),
        "now": site.clock(),
    }
    return page("form.html", values, bundle=opened.bundle, base="../../", status=status)


async def form_sent(site: FieldSite, request: Request) -> Response:
    """A form that was filled in: a report, or its faults."""
    require_own_site(request)
    opened = opened_by(site, request)
    number, alarm = alarm_of(request, opened)
    require_pace(site, request, opened)
    await run_in_threadpool(site.spool.require_room)
    sent = await sent_form(request)
    secret, now, t = device_secret(request), site.clock(), speaker(opened.bundle.language)
    typed = answer_typed(sent.texts, opened.bundle, alarm, now, t)
    faults = dict(typed.faults)
    photos: list[TakenPhoto] = []
    if not faults:
        photos, fault = await run_in_threadpool(_photos, sent, t)
        if not fault and not photos and "photos" in STEPS[typed.values["step"]].needs:
            fault = t("必填")
        faults |= {"photos": fault} if fault else {}
    if faults:
        if wants_json(request):
            return JSONResponse({"faults": faults}, 422, HEADERS)
        if sent.uploads:
            faults.setdefault("photos", t("请重新选择照片"))
        return with_cookie(site, request, _form(site, request, opened, dict(sent.texts), faults, 422), secret)
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
    if wants_json(request):
        return with_cookie(site, request, JSONResponse({"receipt": where}, headers=HEADERS), secret)
    return with_cookie(site, request, RedirectResponse(where, 303, HEADERS), secret)


async def receipt_page(site: FieldSite, request: Request) -> Response:
    """What was received, exactly, and what became of it."""
    opened = opened_by(site, request)
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
        "device": device_state(site, request, opened),
    }
    return page("receipt.html", values, bundle=opened.bundle, base="../../../")


def _photos(sent: Sent, t: Speaker) -> tuple[list[TakenPhoto], str]:
    """The photos of a form, re-encoded, each once; or what is wrong with them."""
    if len(sent.uploads) > FIELD.most_photos:
        return [], t("最多{n}张", n=FIELD.most_photos)
    taken: dict[str, TakenPhoto] = {}
    for place, upload in enumerate(sent.uploads, start=1):
        if len(upload) > FIELD.largest_photo_bytes:
            return [], t("第{n}张：超过{most}MB", n=place, most=FIELD.largest_photo_bytes >> 20)
        try:
            photo = re_encoded(upload)
        except PhotoRefused as refused:
            return [], t("第{n}张：{why}", n=place, why=t(str(refused)))
        taken[photo.told.sha256] = photo
    return list(taken.values()), ""


def _content_of(number: int, sent: Sent) -> str:
    """What makes one form one report: its number and all that it says. A form that is sent again is the same one; what was changed
    before it was sent again is another."""
    digest = hashlib.sha256(repr((number, sorted(sent.texts.items()))).encode("utf-8", "surrogatepass"))
    for upload in sent.uploads:
        digest.update(hashlib.sha256(upload).digest())
    return digest.hexdigest()
