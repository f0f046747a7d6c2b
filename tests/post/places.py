"""Where the sweep and the race happen: a store, an archive and a mailbox of their own, and processes to work in."""

import multiprocessing
from dataclasses import dataclass
from pathlib import Path

from include.store.archive import Archive
from include.store.engine import open_engine
from include.store.migrate import migrate
from tests.post.samples import JINAN, TAIYUAN, YANGQUAN, add_cities, add_contact

RECIPIENTS = {YANGQUAN: 1, TAIYUAN: 2, JINAN: 3}

ALONE = multiprocessing.get_context("forkserver")  # processes without the threads and connections of this one
ALONE.set_forkserver_preload(
    ["tests.post.crashes", "tests.post.races"]
)  # that need not import anything themselves


@dataclass(frozen=True)
class Place:
    """Plain values, so that another process can be given them."""

    url: str
    folder: Path
    port: int

    @property
    def archive(self) -> Archive:
        return Archive(self.folder / "archive")

    @property
    def mailbox(self) -> Path:
        return self.folder / "mailbox"


def prepare(url: str) -> None:
    """Creates the store, with the contacts of RECIPIENTS."""
    engine = open_engine(url)
    migrate(engine)
    add_contact(engine, YANGQUAN, "to", "one@city.example")
    add_cities(engine, TAIYUAN, JINAN)
    add_contact(engine, JINAN, "cc", "third@city.example")
    engine.dispose()
