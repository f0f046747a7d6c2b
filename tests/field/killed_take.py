"""Takes of the spool that kill themselves (tests/killing.py): arguments are the store's URL, the folder, the moment.

Steps: before and after each statement, at each begin and commit, at each point that `take_spool` names, before and after each file
that is archived.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from include.connections import read_registry
from include.field.settings import FieldSettings
from include.house import SETTINGS_FILE, House, open_house
from include.office.field_reports import take_spool
from include.post.server import MailServer
from include.store.archive import Archive
from include.store.engine import open_engine
from tests.killing import Countdown, serve


def house_at(url: str, var: str) -> House:
    house = open_house(read_registry(SETTINGS_FILE, {}), Path(var))
    server = MailServer("127.0.0.1", 9, "dudu@ministry.example", "监管平台", security="none")
    return replace(
        house,
        engine=open_engine(url),
        sources=(),
        field=FieldSettings("https://pad.example"),
        mail_server=server,
    )


def taken(point: int, url: str, var: str, now: str) -> int:
    house, countdown = house_at(url, var), Countdown(point)
    countdown.watch_store(house.engine)
    put = Archive.put

    def stepping(archive: Archive, content: bytes) -> str:
        countdown.step()
        digest = put(archive, content)
        countdown.step()
        return digest

    Archive.put = stepping  # type: ignore[method-assign]
    found = take_spool(house, now=datetime.fromisoformat(now), actor="killed", on_step=countdown.step)
    assert not found.troubles, found.troubles
    return countdown.steps


if __name__ == "__main__":
    serve(taken)
