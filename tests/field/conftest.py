"""The mailbox that the office of these tests mails to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from include.post.local_server import LocalMailbox, local_mailbox


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[LocalMailbox]:
    with local_mailbox(tmp_path / "mailbox") as running:
        yield running
