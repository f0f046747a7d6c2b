"""A bulletin from its run to its mail, signed in the browser: scheduler, DAG processor and API server as `make up` starts them,
a region of three cities, and the local mailbox."""

import io
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import delete, select

from include.connections import Connection, Registry
from include.house import House, default_registry, open_house
from include.post.local_server import local_mailbox, received
from include.store import tables
from include.store.engine import reading, writing
from include.store.migrate import migrate
from include.up import airflow, airflow_commands, airflow_environment, answers, prepare_airflow, stop_session
from tests.plugins.browser import free_port, logged_in, needs_browser
from tests.plugins.installation import ROOT
from tests.workflows.region import CONTACTS, write_files
from tests.workflows.test_half_monthly_bulletin import CITIES, GRIDS, MINISTRY, drop_first_half

pytestmark = [needs_browser, pytest.mark.timeout(1200)]
BULLETIN_KINDS = ("bulletin", "overview")
RUN = {"period_end": "2020-03-16", "deliver": "auto", "approve": True}


def registry_of(folder: Path, mail_port: int) -> Registry:
    """The settings of the project with this region as their only source and this mailbox as their mail server."""
    usual = default_registry()
    mail = replace(usual.connections["mail_server"], port=mail_port)
    region = Connection("region", "generic", str(folder / "region"), extra={"kind": "files"})
    return Registry(
        {**usual.connections, "mail_server": mail, "region": region}, {**usual.variables, "sources": "region"}
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, House, dict[str, str]]]:
    """The address of Airflow, the installation whose bulletin waits for approval, and the environment of its processes."""
    folder, port = tmp_path_factory.mktemp("house"), free_port()
    with ExitStack() as stack:
        mailbox = stack.enter_context(local_mailbox(folder / "mailbox"))
        registry = registry_of(folder, mailbox.port)
        house = open_house(registry, folder)
        migrate(house.engine)
        with writing(house.engine) as connection:
            codes = [str(code) for code in CITIES.values()]
            connection.execute(
                delete(tables.region_member).where(tables.region_member.c.unit_code.not_in(codes))
            )
        write_files(folder / "region", contacts=CONTACTS + MINISTRY, grids=GRIDS)
        drop_first_half(house)
        environment = airflow_environment(folder, port) | {"QIANLIYAN_VAR": str(folder)}
        prepare_airflow(environment, folder, registry)
        airflow(environment, "dags", "reserialize")
        log = stack.enter_context((folder / "up.log").open("wb"))
        for command in airflow_commands(port).values():
            process = stack.enter_context(
                subprocess.Popen(
                    command, env=environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
                )
            )
            stack.callback(stop_session, process)
        deadline = time.monotonic() + 300
        while not answers(port):
            assert time.monotonic() < deadline, (folder / "up.log").read_text(encoding="utf-8")[-2000:]
            time.sleep(0.5)
        airflow(environment, "dags", "unpause", "half_monthly_bulletin")
        airflow(environment, "dags", "trigger", "half_monthly_bulletin", "--conf", json.dumps(RUN))
        yield f"http://127.0.0.1:{port}", house, environment


def states(house: House) -> dict[str, str]:
    """The letters of the half-month: state by kind and addressee. Others come by themselves: `post_round` runs beside, and from an
    hour of the day on it mails the operators their digest."""
    letter = tables.letter.c
    with reading(house.engine) as connection:
        rows = connection.execute(
            select(letter.kind, letter.addressee, letter.state).where(letter.kind.in_(BULLETIN_KINDS))
        ).all()
    return {f"{kind}_{addressee}": state for kind, addressee, state in rows}


def waited(house: House, state: str) -> dict[str, str]:
    """The letters once there are four and all of them are in this state."""
    deadline = time.monotonic() + 600
    while len(found := states(house)) < 4 or set(found.values()) != {state}:
        assert time.monotonic() < deadline, (
            found,
            (house.var / "up.log").read_text(encoding="utf-8")[-3000:],
        )
        time.sleep(1)
    return found


def test_a_person_signs_the_bulletin_and_its_letters_leave(
    running: tuple[str, House, dict[str, str]],
) -> None:
    address, house, _ = running
    names = ["bulletin_130100", "bulletin_140300", "bulletin_610100", "overview_leader"]
    assert sorted(waited(house, "awaiting_approval")) == names
    with logged_in(address, house.var) as page:
        sign_until_released(page, house)
        page.goto("/desk/letters?kind=bulletin")
        page.get_by_role("row").filter(has_text="阳泉市").get_by_role("link").first.click()
        page.get_by_role("heading", name="通报函 阳泉市").wait_for()
        with page.expect_download() as download:
            page.locator("a[href*='/files/xlsx']").click()
        assert download.value.suggested_filename.endswith(".xlsx")
        content = Path(download.value.path()).read_bytes()
    assert "T85711" in {
        str(cell) for sheet in load_workbook(io.BytesIO(content)) for row in sheet.values for cell in row
    }
    deadline = time.monotonic() + 300
    while len(mails := bulletin_mails(house)) < 4:
        assert time.monotonic() < deadline, mails
        time.sleep(1)


def bulletin_mails(house: House) -> list[str]:
    """The keys of the half-month's letters whose mails arrived, one for each mail."""
    keys = [mail.letter_key for mail in received(house.var / "mailbox")]
    return [key for key in keys if key.startswith(BULLETIN_KINDS)]


def sign_until_released(page: Any, house: House) -> None:
    """Signs; signs once more where Airflow asks again. It does so when an answer comes within seconds of the question, before
    its scheduler has seen the asking process end: it takes the task for killed and tries it again (see `approval`)."""
    for _ in range(4):
        sign(page)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if set(states(house).values()) == {"released"}:
                return
            time.sleep(1)
    raise AssertionError((states(house), (house.var / "up.log").read_text(encoding="utf-8")[-3000:]))


def sign(page: Any) -> None:
    """Finds the question among the required actions of Airflow and answers it: sign."""
    page.goto("/required_actions")
    page.get_by_role("link", name="4封函件待签发").click()
    page.get_by_role("link", name="阳泉市").wait_for()  # leads to its preview on the desk
    page.get_by_test_id("hitl-option-全部签发").click()


def notices(house: House) -> dict[str, str]:
    """The notices of 11 March: state by addressee."""
    letter = tables.letter.c
    with reading(house.engine) as connection:
        rows = connection.execute(
            select(letter.addressee, letter.state).where(
                letter.kind == "notice", letter.period_end == date(2020, 3, 12)
            )
        )
        return {row.addressee: row.state for row in rows}


def test_a_person_signs_one_unit_of_a_day_at_the_desk_on_a_phone(
    running: tuple[str, House, dict[str, str]],
) -> None:
    address, house, environment = running
    day = {"period_end": "2020-03-12", "deliver": "auto", "approve": True}
    airflow(environment, "dags", "unpause", "daily_dispatch")
    airflow(environment, "dags", "trigger", "daily_dispatch", "--conf", json.dumps(day))
    with logged_in(address, house.var) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        own = page.locator("form:has(input[name=dag_id][value=daily_dispatch])").filter(has_text="阳泉市")
        deadline = time.monotonic() + 600
        while notices(house).get("140300") != "released":
            assert time.monotonic() < deadline, (
                notices(house),
                (house.var / "up.log").read_text(encoding="utf-8")[-3000:],
            )
            page.goto("/desk/signing")
            boxes = own.first.get_by_role("row").filter(has_text="阳泉市").get_by_role("checkbox").all()
            if not boxes:  # the run is not there yet, or the letter is signed and its run has not gone on
                time.sleep(2)
                continue
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            for box in boxes:
                box.check()
            own.first.locator("input[name=reason]").fill("阳泉先发")
            own.first.get_by_role("button", name="签发所选").click()
            page.wait_for_load_state()
            time.sleep(5)  # until the run goes on; where Airflow asks again, it is answered again
    assert notices(house)["130100"] != "released"
    with reading(house.engine) as connection:
        audit = tables.audit.c
        acts = connection.execute(
            select(audit.actor, audit.reason).where(
                audit.action == "release", audit.subject_id.like("notice%2020-03-12%")
            )
        ).all()
    assert [(act.actor, "阳泉先发" in act.reason) for act in acts] == [("admin", True)]
