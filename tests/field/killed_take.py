"""Takes of the spool that kill themselves: a child process that forks for every line on its standard input.

A line is `POINT URL VAR NOW`: the fork takes the spool into the store and dies by SIGKILL at the POINT-th step: before and after each
statement, at each begin and commit, at each point that `take_spool` names, before and after each file that is archived. POINT 0 lives;
the answer is then the number of steps. The answer to a killed take is `killed`.
"""

import os
import signal
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from include.connections import read_registry
from include.field.settings import FieldSettings
from include.house import SETTINGS_FILE, House, open_house
from include.office.field_reports import take_spool
from include.post.server import MailServer
from include.store.archive import Archive
from include.store.engine import open_engine


class Countdown:
    """Ends the process at the step of the given number."""

    def __init__(self, point: int) -> None:
        self.point, self.steps = point, 0

    def step(self, *_arguments: Any, **_keywords: Any) -> None:
        self.steps += 1
        if self.steps == self.point:
            os.kill(os.getpid(), signal.SIGKILL)


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
    for moment in ("before_cursor_execute", "after_cursor_execute", "begin", "commit"):
        event.listen(house.engine, moment, countdown.step)
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


def main() -> None:
    for line in sys.stdin:
        point, url, var, now = line.split()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, str(taken(int(point), url, var, now)).encode())
            os._exit(0)
        os.close(writer)
        _, status = os.waitpid(child, 0)
        told = os.read(reader, 100).decode()
        os.close(reader)
        print("killed" if os.WIFSIGNALED(status) else told or "failed", flush=True)


if __name__ == "__main__":
    main()
