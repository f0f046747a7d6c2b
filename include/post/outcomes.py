"""What is known about a mail after one attempt, recipient by recipient."""

from dataclasses import dataclass
from typing import Literal

Result = Literal["accepted", "refused", "retry", "unknown"]


@dataclass(frozen=True)
class Outcome:
    """What is known about one recipient. `code`: the server's (None: ours); `text`: its words, or ours in Chinese."""

    result: Result
    code: int | None
    text: str


@dataclass(frozen=True)
class Transmission:
    """The outcome of one mail, by address. `is_server_down`: the server could not be reached, nobody was asked.
    `is_troubled`: the connection or the whole mail failed, not a recipient."""

    outcomes: dict[str, Outcome]
    is_server_down: bool = False
    is_troubled: bool = False
