"""One visit: what every page asks of the site: the letter of a link, an alarm of it, the visitor's device, the pace."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from include.field.bundles import BundleAlarm, DeviceTold, TaskTold
from include.field.limits import Limiter
from include.field.reports import report_id
from include.field.requests import COOKIE, device_id, device_secret, visitor
from include.field.spooling import SpoolFolder
from include.field.steps import STEPS
from include.field.told import LinkRefused, Opened, ToldFolder
from include.rules import FIELD

_MINUTE, _TEN_MINUTES, _HOUR = 60.0, 600.0, 3600.0
_COOKIE_SECONDS: Final = int(FIELD.device_life.total_seconds())


@dataclass(frozen=True)
class Limits:
    """How often what may be asked."""

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
    limits: Limits = field(default_factory=Limits)


def opened_by(site: FieldSite, request: Request) -> Opened:
    """The letter of the link that was asked for. Raises LinkRefused."""
    return site.told.open(request.path_params["word"], site.clock())


def alarm_of(request: Request, opened: Opened) -> tuple[int, BundleAlarm]:
    """The alarm that was asked for, and its number in the letter. Raises LinkRefused."""
    number = int(request.path_params["number"])
    if not 0 < number <= len(opened.bundle.alarms):
        raise LinkRefused
    return number, opened.bundle.alarms[number - 1]


def require_pace(site: FieldSite, request: Request, opened: Opened) -> None:
    """Raises HTTPException (429) for a visitor or a link that sends too much."""
    now = time.monotonic()
    if not site.limits.reports.allows(visitor(request), now) or not site.limits.of_link.allows(
        opened.name, now
    ):
        raise HTTPException(429)


def with_cookie(site: FieldSite, request: Request, response: Response, secret: str = "") -> Response:
    """The response with the device's cookie, where the visitor holds none yet."""
    secret = secret or device_secret(request)
    if request.cookies.get(COOKIE) != secret:
        response.set_cookie(
            COOKIE, secret, _COOKIE_SECONDS, path="/", secure=site.is_secure, httponly=True, samesite="lax"
        )
    return response


def wants_json(request: Request) -> bool:
    """Whether a script asks, which shows what went wrong itself."""
    return "application/json" in request.headers.get("accept", "")


def device_state(site: FieldSite, request: Request, opened: Opened) -> dict[str, Any]:
    """How the visitor's device stands with this unit: `state` (none, asked, confirmed, refused), `label`, `reason`."""
    device, now = device_id(device_secret(request)), site.clock()
    told = site.told.device(device, opened.bundle.unit_code, now)
    if told is None:
        return {"state": "none", "label": "", "reason": ""}
    is_typed = told.state == "asked" and site.spool.receipt(confirmation_id(told)) is not None
    return {"state": "confirmed" if is_typed else told.state, "label": told.label, "reason": told.reason}


def confirmation_id(told: DeviceTold) -> str:
    """The id of the report that confirms this device by its last code."""
    return report_id(told.unit_code, told.device_id, f"confirmation {told.code_salt}")


def task_of(site: FieldSite, opened: Opened, alarm_id: str) -> TaskTold | None:
    """How the task of an alarm stands, where it is in a chain."""
    tasks = site.told.results(opened.name).tasks
    return next((one for one in tasks if one.alarm_id == alarm_id), None)


def is_offered(code: str, task: TaskTold | None) -> bool:
    """Whether a step may be taken as the task stands; without a task whatever the letter asks."""
    step = STEPS[code]
    if task is None:
        return step.chain_step in ("", "acknowledge", "report")
    return not step.chain_step or step.chain_step in task.steps


def received_by(site: FieldSite, opened: Opened) -> dict[str, list[Any]]:
    """What the office has from this link, by alarm, the oldest first."""
    found: dict[str, list[Any]] = {}
    for one in sorted(site.told.results(opened.name).reports, key=lambda one: one.received_at):
        found.setdefault(one.alarm_id, []).append(one)
    return found
