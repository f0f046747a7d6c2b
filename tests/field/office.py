"""An office with a phone page: a region whose letters of a morning left with links, and the page over the same folder."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from include.field.settings import FieldSettings
from include.house import House
from include.office.field_links import link_of
from include.post.local_server import ReceivedMail, received
from include.store import tables
from include.store.engine import reading
from include.workflows import daily_dispatch
from tests.field.pages import Place
from tests.workflows.region import open_region, run_of

URL = "https://pad.example"
YANGQUAN = "notice_140300_day_2020-03-11_2020-03-12_1"


def office(
    engine: Engine,
    var: Path,
    mailbox: Any,
    settings: FieldSettings | None = None,
    *,
    deliver_mail: bool = True,
) -> House:
    """The morning's letters have left."""
    house = replace(open_region(engine, var, mailbox), field=settings or FieldSettings(URL))
    run = run_of(house)
    daily_dispatch.pull(run)
    computed = daily_dispatch.figures(run)
    daily_dispatch.compose(run, computed)
    daily_dispatch.release(run, None)
    if deliver_mail:
        daily_dispatch.post(run)
    return house


def sent_at(house: House) -> datetime:
    return run_of(house).now


def page_of(house: House, *, minutes: float = 60) -> Place:
    """The page's server on the house's folder, so long after the letters left."""
    folder = house.field_folder
    return Place(folder, bytes.fromhex(folder.key.read_text()), sent_at(house) + timedelta(minutes=minutes))


def word_of(house: House, letter_key: str = YANGQUAN) -> str:
    """The word of the link that a letter names."""
    with reading(house.engine) as connection:
        letter = tables.letter.c
        query = select(letter.letter_id).where(letter.letter_key == letter_key)
        letter_id = connection.execute(query).scalar_one()
    return link_of(house, letter_id, sent_at(house)).removeprefix(f"{URL}/f/")


def code_mailed(house: House) -> str:
    """The code in the last mail with one."""
    codes = [mail for mail in received(house.mailbox) if mail.letter_key.startswith("code_")]
    return re.search(r"验证码：([0-9A-Z]{4}-[0-9A-Z]{4})", text_of(codes[-1]))[1]


def text_of(mail: ReceivedMail) -> str:
    """The plain text of a mail."""
    message = message_from_bytes(mail.content(), policy=default)
    return message.get_body(("plain",)).get_content()


def form_of(mail: ReceivedMail) -> bytes:
    """The answer form of a mail."""
    message = message_from_bytes(mail.content(), policy=default)
    [form] = [part for part in message.iter_attachments() if part.get_filename().endswith(".xlsx")]
    return form.get_payload(decode=True)


def events(house: House) -> list[tuple[Any, ...]]:
    """What the phone page told of alarms."""
    own = tables.feedback_event.c
    columns = (
        own.alarm_id,
        own.event,
        own.event_at,
        own.unit,
        own.inspector,
        own.problem_found,
        own.note,
        own.inspected_at,
    )
    with reading(house.engine) as connection:
        query = select(*columns).where(own.source == "field").order_by(own.event_at, own.alarm_id, own.event)
        return [tuple(row) for row in connection.execute(query)]


def problems(house: House) -> list[tuple[Any, ...]]:
    own = tables.problem.c
    columns = (
        own.problem_id,
        own.alarm_id,
        own.category,
        own.description,
        own.found_at,
        own.status,
        own.rectify_by,
    )
    with reading(house.engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).where(own.source == "field"))]
