"""An office in English that has a chain, groups and upper levels: the desk's pages of them hold no Chinese character either."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine, insert

from include.act import Act
from include.chain.values import Move
from include.office.chain import take
from include.office.chain_outages import extend_for
from include.office.dissection import look
from include.office.profiles import found_store
from include.office.waiting import waiting
from include.post.channels.settings import Channel, Channels
from include.profile.chain_values import AssignRule, ChainSettings, Duty
from include.profile.current import VARIABLE, load, office, using
from include.rules import ChainRules, DissectionRules
from include.store.channel_tables import channel_message, channel_state
from include.store.engine import writing
from include.store.level_tables import platform_token, sent_report
from include.store.tables import metadata
from tests.conftest import REFERENCE
from tests.desk.facts import NOW, Browser, add_alarm, house_of
from tests.profile.test_harbour_english import chinese, plain_pages, told
from tests.store.test_exchange_retention import message, sent

H = timedelta(hours=1)
NORTH, SOUTH = "HB-N", "HB-S"
CHAIN = ChainSettings(
    replace(ChainRules(), spot_check_percent=50),
    {"review": Duty("A. Reed", "B. Moore", "C. Lane")},
    (AssignRule(places=("Old Docks",), joint=(SOUTH,)),),
    dissection=DissectionRules(alarms=3, within=timedelta(days=5)),
)
# One alarm for each way that a chain goes, and three of one grid for a case.
ALARMS = ("W1", "W2", "W3", "W4", "W5")
OFFICE = ("return", "pass", "accept")  # the office's own steps
SPAN = (NOW + 0.25 * H, NOW + 1.25 * H)


@pytest.fixture
def browser(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    monkeypatch.setenv(VARIABLE, "harbour")
    hook = Channel("hook", "webhook", "whsec_eHh4", "https://x.example/in")
    with using(load("harbour")):
        house = replace(house_of(engine, tmp_path), channels=Channels((), None, (hook,)))
        house.__dict__["engine"] = engine
        with writing(engine) as connection:  # it was founded as the ministry's
            for table in reversed([one for one in metadata.sorted_tables if one.name in REFERENCE]):
                connection.execute(table.delete())
        found_store(engine, NOW)
        with using(replace(office(), chain=CHAIN)):
            for name in ALARMS:
                place = {"county": "Old Docks", "point_name": "Grid 1", "grid_id": "HB-N-001"}
                add_alarm(engine, name, "03-11 06:00", NORTH, **place)
            browser = Browser(house, language="en-GB", now=NOW + 60 * H)
            browser.house = house
            yield browser


def step(browser: Browser, alarm_id: str, name: str, hours: float, task_no: int = 1, **more: object) -> None:
    at = NOW + hours * H
    values = {"task_no": task_no, **({} if name in OFFICE else {"unit_code": NORTH}), **more}
    take(browser.house, alarm_id, Move(name, at, at, "duty", **values))


def worked(browser: Browser) -> None:
    """Tasks in every state, an outage that was made good, a case, and traffic that did not get through."""
    for name in ALARMS[1:]:
        step(browser, name, "assign", 0, 0)
    step(browser, "W3", "acknowledge", 0.5, person="D. Poe")
    found = {
        "problem_found": True,
        "category": "Industrial plant",
        "note": "An open heap",
        "person": "D. Poe",
    }
    for name in ("W4", "W5"):
        step(browser, name, "report", 0.6, rectify_by=NOW + 30 * H, **found)
    step(browser, "W4", "return", 2, note="No photograph", person="A. Reed")
    step(browser, "W5", "pass", 2, person="A. Reed")
    step(browser, "W5", "rectify", 3, person="D. Poe")
    step(browser, "W5", "accept", 4)
    extend_for(browser.house, *SPAN, Act(NOW + 5 * H, "duty", "Mail server down"))
    look(browser.house, NOW + 5 * H, "duty")
    with writing(browser.house.engine) as connection:
        refused = message("m1", "refused", NOW) | {"state_reason": "93000 no such robot"}
        connection.execute(insert(channel_message), [refused])
        since = {"disabled_at": NOW, "failing_since_at": NOW, "reason": "93000"}
        connection.execute(insert(channel_state), {"channel": "hook", **since})
        connection.execute(insert(sent_report), [sent("k1", "waiting", NOW)])
        token = {"token_sha256": "ab" * 32, "unit_code": NORTH, "label": "Platform", "made_by": "duty"}
        dates = {"made_at": NOW, "expires_at": NOW + 9 * 24 * H}
        connection.execute(insert(platform_token), {**token, **dates})


def test_pages_of_the_chain_of_traffic_and_outages_are_in_english(browser: Browser) -> None:
    worked(browser)
    outage = urlencode({"began": "2020-03-12T03:00", "ended": "2020-03-12T04:00"})
    paths = [
        *plain_pages(browser),
        *(f"/chain/{name}" for name in ALARMS),
        *(f"/alarms/{name}" for name in ALARMS),
        "/dissection/case/HB-N-001-1",
        f"/outages?{outage}",
        f"/outages?{urlencode({'began': 'nothing', 'ended': 'x'})}",
        "/chain?at=2020-03-12T09:00",
    ]
    answers = {path: browser.get(path) for path in paths}
    assert {
        path: one.status_code for path, one in answers.items() if one.status_code not in (200, 409, 422)
    } == {}
    found = {path: chinese(told(answer, path)) for path, answer in answers.items()}
    assert {path: lines for path, lines in found.items() if lines} == {}
    for path, words in (
        ("/chain", "W4"),
        ("/chain/W4", "No photograph"),
        ("/dissection", "HB-N-001"),
        ("/outages", "Mail server down"),
        ("/links", "93000"),
        ("/audit", "Mail server down"),
    ):
        assert words in answers[path].text, path


def test_what_waits_and_what_is_refused_are_in_english(browser: Browser) -> None:
    worked(browser)
    matters = waiting(browser.house, NOW + 60 * H)
    assert {"chain"} <= {one.topic for one in matters}
    said = [f"{one.title} {one.reason} {one.todo}" for one in matters]
    at_once = Browser(browser.house, language="en-GB", now=NOW + 6 * H)
    forms = (
        ("/chain", {"alarm_id": "W2"}),
        ("/chain/W2", {"name": "pass", "task_no": "1"}),
        ("/chain/W3", {"name": "report", "task_no": "1", "problem": "yes", "note": "x", "category": "none"}),
        ("/chain/W4", {"name": "report", "task_no": "9", "problem": "no", "note": "x"}),
        ("/chain/W5", {"name": "close", "task_no": "0", "note": ""}),
        ("/outages", {"began": "2020-03-13", "ended": "2020-03-12", "reason": "x"}),
        ("/links/reports", {"key": "none", "how": "drop", "reason": "x"}),
    )
    for path, fields in forms:
        answer = at_once.post(path, fields)
        assert answer.status_code in (303, 404, 409, 422), path
        said.append(told(answer, path) if answer.status_code != 303 else "")
    assert chinese("\n".join(said)) == []
