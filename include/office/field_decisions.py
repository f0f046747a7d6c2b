"""What becomes of reports of the phone page that wait: a person takes or refuses one, or the device that sent it is confirmed.

And what is shown and what is erased of them: positions after 90 days, photos after two years.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, and_, func, select

from include.act import Act
from include.errors import InputError, StateError
from include.field.reports import Answer
from include.house import House
from include.office.field_answers import store_answer
from include.office.field_devices import speaker
from include.office.field_tasks import is_step_of_chain, spot_check_key, take_step
from include.post.audit import Change, record
from include.profile.current import office
from include.rules import FIELD
from include.store import tables
from include.store.engine import reading, writing
from include.store.field_tables import field_photo, field_report

UNCONFIRMED: Final = "手机尚未确认"
STATES: Final = {
    "taken": "已采用",
    "waiting": "待确认",
    "accepted": "人工采用",
    "rejected": "未采用",
    "quarantined": "部分待核对",
}
"""What the states of a report are called."""
WITHDRAWN, ODD_MOMENT, ENDED, STOPPED = (
    "函件已撤回",
    "收到时间不合理（早于发函或晚于现在）",
    "链接已过期",
    "链接已停用",
)
CONFIRMED: Final = "手机已确认"
PARTLY: Final = "有内容未能采用，见隔离"
WORDS: Final = (UNCONFIRMED, WITHDRAWN, ODD_MOMENT, ENDED, STOPPED, CONFIRMED, PARTLY)
"""Why a report waits, or what was made of it, where no person said it."""


def accept(house: House, report_id: str, act: Act) -> str:
    """A person takes a report that waits: it becomes facts as of the moment it was received. Returns `accepted` or `quarantined`."""
    return settle(house, report_id, act.now, _with_reason(report_id, act), is_person=True)


def reject(house: House, report_id: str, act: Act) -> None:
    """A person refuses a report that waits; nothing of it becomes a fact, and the page says so."""
    _with_reason(report_id, act)
    with writing(house.engine, lock="intake") as connection:
        row = _locked(connection, report_id)
        if row.state != "waiting":
            raise StateError("the report does not wait", where=f"report {report_id}", got=row.state)
        _decide(connection, row, "rejected", act)


def _with_reason(report_id: str, act: Act) -> Act:
    if not act.reason.strip():
        raise InputError("a reason is needed", where=f"report {report_id}", todo="say why")
    return act


def settle(house: House, report_id: str, now: datetime, act: Act, *, is_person: bool) -> str:
    """Makes facts of a report that waits: by a person's word, or (else) because its device is confirmed by now. Returns its state."""
    key = spot_check_key(house, now)
    with writing(house.engine, lock="intake") as connection:
        row = _locked(connection, report_id)
        if row.state != "waiting":
            if is_person:
                raise StateError("the report does not wait", where=f"report {report_id}", got=row.state)
            return "known"
        answer = Answer.model_validate_json(row.body_json)
        by = speaker(connection, answer.device_id, answer.unit_code, now)
        if not is_person and not by:
            return "waiting"
        told = by or (act.actor if is_person else "")
        if is_step_of_chain(answer):
            return _settle_step(connection, row, answer, told, key, act, is_person=is_person)
        is_whole = store_answer(connection, answer, told, now, is_simulated=row.is_simulated)
        state = ("accepted" if is_person else "taken") if is_whole else "quarantined"
        _decide(connection, row, state, act, by)
    return state


def _settle_step(
    connection: Connection, row: Any, answer: Answer, by: str, key: bytes, act: Act, *, is_person: bool
) -> str:
    """The same of a step of a chain. Raises StateError to the person where it cannot be taken."""
    reason = take_step(connection, answer, by, key, act.now)
    if reason and is_person:
        raise StateError("the step cannot be taken", where=f"report {row.report_id}", got=reason)
    state = "rejected" if reason else "accepted" if is_person else "taken"
    _decide(connection, row, state, Act(act.now, act.actor, reason or act.reason), by)
    return state


def _decide(connection: Connection, row: Any, state: str, act: Act, by: str = "") -> None:
    values = {"state": state, "reason": act.reason, "decided_at": act.now, "decided_by": act.actor[:128]}
    if by:
        values["actor"] = by[:400]
    connection.execute(field_report.update().where(field_report.c.report_id == row.report_id).values(values))
    change = Change("field_report", row.report_id, "decide", row.state, state, act.reason)
    record(connection, [change], now=act.now, actor=act.actor)


def _locked(connection: Connection, report_id: str) -> Any:
    query = select(field_report).where(field_report.c.report_id == report_id).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        raise InputError("no such report", where="field", got=report_id, todo="see: field list")
    return row


def reports(engine: Engine, states: tuple[str, ...], limit: int = 200) -> list[dict[str, Any]]:
    """The reports in those states, the oldest first: the columns of `field_report`, the `answer`, `photos` (rows of field_photo) and
    `unit_name`, `point_name` where they are known."""
    own = field_report.c
    with reading(engine) as connection:
        query = select(field_report).where(own.state.in_(states)).order_by(own.received_at, own.report_id)
        rows = [dict(row) for row in connection.execute(query.limit(limit)).mappings()]
        units = connection.execute(select(tables.city.c.unit_code, tables.city.c.unit_name))
        names = {str(code): str(name) for code, name in units}
        for row in rows:
            photos = select(field_photo).where(field_photo.c.report_id == row["report_id"])
            row["photos"] = [
                dict(one) for one in connection.execute(photos.order_by(field_photo.c.place)).mappings()
            ]
            row["answer"] = Answer.model_validate_json(row.pop("body_json"))
            row["unit_name"] = names.get(row["unit_code"], row["unit_code"])
    return rows


def waiting_reports(connection: Connection) -> list[dict[str, Any]]:
    """When each report that waits was received, the oldest first: `unit_name, received_at, reason, is_simulated`."""
    own, city = field_report.c, tables.city.c
    name = func.coalesce(city.unit_name, own.unit_code).label("unit_name")
    query = (
        select(name, own.received_at, own.reason, own.is_simulated)
        .select_from(field_report.outerjoin(tables.city, city.unit_code == own.unit_code))
        .where(own.state == "waiting")
        .order_by(own.received_at, own.report_id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def photo_of(house: House, sha256: str) -> bytes:
    """The bytes of a photo of a report. Raises InputError for any other file of the archive."""
    with reading(house.engine) as connection:
        own = field_photo.c
        found = connection.execute(
            select(own.sha256).where(own.sha256 == sha256, own.erased_at.is_(None)).limit(1)
        ).first()
    if found is None:
        raise InputError("no such photo", where="field", got=sha256[:64])
    return house.archive.get(sha256)


def kept_for(name: Literal["positions", "photos", "spools"]) -> timedelta:
    """How long the office keeps such things, by its profile."""
    return timedelta(days=office().retention_days.get(name, getattr(FIELD, name)))


def erasable(connection: Connection, now: datetime) -> tuple[list[str], list[tuple[str, int]]]:
    """Reports whose position, and photos (report, place) whose time, is over."""
    own, photo = field_report.c, field_photo.c
    positions = select(own.report_id).where(
        own.lon.is_not(None), own.received_at < now - kept_for("positions")
    )
    photos = (
        select(photo.report_id, photo.place)
        .join(field_report, own.report_id == photo.report_id)
        .where(photo.erased_at.is_(None), own.received_at < now - kept_for("photos"))
    )
    return (
        [str(one) for one in connection.execute(positions.order_by(own.report_id)).scalars()],
        [(str(name), int(place)) for name, place in connection.execute(photos)],
    )


def erase(engine: Engine, now: datetime) -> tuple[int, int]:
    """Erases those positions and gives those photos up (their bytes go with the archive's sweep); returns how many of each."""
    with writing(engine, lock="intake") as connection:
        positions, photos = erasable(connection, now)
        nowhere = {"lon": None, "lat": None, "accuracy_m": None}
        for name in positions:
            connection.execute(field_report.update().where(field_report.c.report_id == name).values(nowhere))
        for name, place in photos:
            mine = and_(field_photo.c.report_id == name, field_photo.c.place == place)
            connection.execute(field_photo.update().where(mine).values(erased_at=now))
    return len(positions), len(photos)
