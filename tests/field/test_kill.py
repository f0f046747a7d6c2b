"""Kill -9 at any moment of a take, then take again: every report once, every code mailed once, nothing left in the spool.

`SWEEP=1` in the environment kills at every step instead of at a few of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from include.field import forms
from include.field.codes import code_of
from include.field.photos import re_encoded
from include.field.reports import Answer, CodeWish
from include.house import House
from include.office.field_links import link_key
from include.office.field_told import tell_page
from include.post.local_server import LocalMailbox
from include.store import tables
from include.store.engine import reading
from include.store.field_tables import field_photo, field_report
from tests.field.office import events, office, page_of, problems, word_of
from tests.field.pages import CLEAR, FOUND, Place, Visitor, photo, upload
from tests.killing import killer

FEW = 9  # kills, evenly spread over the steps of a take
FOUND_Y = FOUND | {"category": "工业企业"}


@pytest.fixture(scope="module")
def killed() -> Iterator[Callable[..., str]]:
    with killer("tests.field.killed_take") as ask:
        yield ask


def take(killed: Callable[..., str], point: int, house: House, page: Place) -> str:
    url = house.engine.url.render_as_string(hide_password=False)
    return killed(point, url, house.var, page.now.isoformat())


def first_batch(page: Place, word: str, number: int) -> tuple[Visitor, str]:
    """An answer of a phone that nobody knows, and its wish for a code; the wish's id."""
    phone = page.visitor(f"198.51.100.{number % 250}")
    contacts = page.visitor("192.0.2.1").get(f"/f/{word}/device").text
    contact = contacts.split('name="contact" value="')[1].split('"')[0]
    assert phone.send(FOUND_Y, word=word, uploads=[upload(photo(colour="blue"))]).status_code == 303
    assert phone.post(f"/f/{word}/device", {"contact": contact}).status_code == 303
    [wish] = [one for one in page.reports() if isinstance(one, CodeWish)]
    return phone, wish.report_id


def second_batch(house: House, page: Place, word: str, phone: Visitor, wish: str) -> None:
    """The code of that phone, and another answer."""
    tell_page(house, page.now)
    code = code_of(link_key(house.engine, page.now), wish)
    assert phone.post(f"/f/{word}/device", {"code": code}).status_code == 303
    assert phone.send(CLEAR, word=word, number=2, uploads=[upload(photo(colour="green"))]).status_code == 303
    assert any(isinstance(one, Answer) for one in page.reports())


def state(house: House) -> dict[str, int]:
    """What the store holds of the phone page, in numbers."""
    with reading(house.engine) as connection:
        counts = {
            "codes": select(func.count()).where(tables.letter.c.kind == "code"),
            "mails": select(func.count())
            .select_from(tables.delivery.join(tables.letter))
            .where(tables.letter.c.kind == "code"),
            "reports": select(func.count()).select_from(field_report),
            "waiting": select(func.count()).where(field_report.c.state != "taken"),
            "photos": select(func.count()).select_from(field_photo),
            "ledger": select(func.count()).where(tables.pull.c.source == "field"),
        }
        found = {name: int(connection.execute(query).scalar_one()) for name, query in counts.items()}
    return found | {"events": len(events(house)), "problems": len(problems(house))}


def test_a_killed_take_loses_and_doubles_nothing(
    engine: Engine,
    killed: Callable[..., str],
    tmp_path: Path,
    mailbox: LocalMailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forms, "re_encoded", cache(re_encoded))  # two photos are enough
    house = office(engine, tmp_path / "var", mailbox)
    page, word = page_of(house), word_of(house)
    steps = [0, 0]
    done = 0
    while done == 0 or done < (max(steps) + 1 if os.environ.get("SWEEP") else FEW):
        for half in (0, 1):
            if half == 0:
                page.open()  # with limits that nobody has used
                phone, wish = first_batch(page, word, done)
            else:
                second_batch(house, page, word, phone, wish)
            if done == 0:
                steps[half] = int(take(killed, 0, house, page))
            else:
                point = done if os.environ.get("SWEEP") else 1 + (steps[half] * done) // FEW
                assert take(killed, point, house, page) in ("killed", str(steps[half])) or point > steps[half]
                take(killed, 0, house, page)
            assert list(house.field_folder.spool.iterdir()) == []
            assert list(house.field_folder.refused.iterdir()) == []
        done += 1
        assert state(house) == {
            "codes": done,
            "mails": done,
            "reports": 2 * done,
            "waiting": 0,
            "photos": 2 * done,
            "ledger": 2 * done,
            "events": 2 * done,
            "problems": done,
        }
        page.now += timedelta(minutes=15)
        print(f"killed at {done - 1} of {steps}", flush=True)
    assert min(steps) > 40
