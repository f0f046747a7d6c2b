"""What a letter needs in order to leave: the store, the archive, what the post knows of the office, and the mail server."""

from dataclasses import dataclass

from sqlalchemy import Engine

from include.post.server import MailServer, Office
from include.store.archive import Archive


@dataclass(frozen=True)
class Outgoing:
    """The way out of an installation."""

    engine: Engine
    archive: Archive
    office: Office
    server: MailServer
