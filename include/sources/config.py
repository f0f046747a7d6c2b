"""A source as it is configured: one value, built from an Airflow connection or by a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal, get_args

from include.errors import InputError, keep_secret, secrets_of
from include.periods import office_zone
from include.settings import TODO, flag, require_keys

SourceKind = Literal["files", "inbox", "platform", "database", "mail"]
Clock = Literal["record", "receipt"]
Speaker = Literal["office", "unit"]
_UNITS_OWN: Final = ("inbox", "mail")  # what units send themselves, when they like
_MOST: Final = 1e12  # of any option
# What a connection's extra may say besides what every source has; a number is one from 0.
_FLAGS: Final = ("is_played", "reports")
_NUMBERS: Final = frozenset(
    {
        "settle_seconds",
        "folder_seconds",
        "page_size",
        "timeout_seconds",
        "answer_seconds",
        "pull_seconds",
        "attempts",
        "first_wait_seconds",
        "longest_wait_seconds",
        "rows_per_chunk",
        "round_seconds",
        "most_mails",
    }
)
_EVERY: Final = ("user", "same_ids_as", "is_played")
OPTIONS: Final[Mapping[SourceKind, tuple[str, ...]]] = {
    "files": (*_EVERY, "folder_seconds"),
    "inbox": (*_EVERY, "settle_seconds", "folder_seconds"),
    "platform": (
        *_EVERY,
        "reports",
        "page_size",
        "timeout_seconds",
        "answer_seconds",
        "pull_seconds",
        "attempts",
        "first_wait_seconds",
        "longest_wait_seconds",
        "ca_file",
    ),
    "database": (*_EVERY, "rows_per_chunk"),
    "mail": (
        *_EVERY,
        "protocol",
        "security",
        "ca_file",
        "received_host",
        "authserv_id",
        "addresses",
        "trusted_domains",
        "after",
        "folder",
        "done_folder",
        "other_folder",
        "most_mails",
        "round_seconds",
        "timeout_seconds",
    ),
}
"""By kind of source, what its options may be."""
SOURCE_KINDS: Final[tuple[str, ...]] = get_args(SourceKind)
# Whose owner accepts, sends back and decides disputes itself; of the rest this office does.
DECIDING_KINDS: Final[tuple[str, ...]] = ("platform", "database")


@dataclass(frozen=True)
class SourceConfig:
    """One source. `name` is what the ledger and every fact keep; it stays the same for the life of the source.

    kind      files      a folder of exports that stay in place, read by window
              inbox      a folder whose files are consumed, one by one, into done/ or failed/
              platform   an HTTP API (docs/platform-api.yaml)
              database   a query against any SQLAlchemy URL
              mail       the office's mailbox, read by `answer_round` (`mailboxes.settings`)
    location  the folder or the URL
    token     bearer token of a platform, password of a database
    mapping   path of a YAML mapping, or the name of a shipped one; None: the file formats of the data dictionary
    time_zone of times that carry no offset, unless the mapping says otherwise
    first_day  the first Beijing day that the source can tell of; None: the season's first
    clock     whose clock dates the steps of the feedback. `record`: the source's own record of them (platform, database,
              files). `receipt`: what comes counts from the moment it reached us, whatever it says itself, which is kept beside
              it as 排查时间 (inbox, mail)
    speaks_for  `office`: the source may tell decisions (platform, database, files); `unit`: only what a unit says of itself (inbox, mail)
    options   `same_ids_as`: names of sources whose alarm and problem ids mean the same thing as this one's;
              files and mail: `is_played` (true: a simulated world, told to its end, under a played clock: what lies after the clock
              waits for its own pull or round; of any other source it is set apart); files and inbox: `settle_seconds`, `folder_seconds` (600: of all files in one pull; see `turns`); platform: `page_size`, `timeout_seconds` (of silence),
              `answer_seconds` (300: of one answer in all), `pull_seconds` (3600: of all pages), `attempts`,
              `first_wait_seconds`, `longest_wait_seconds`, `ca_file`; database: `user`, `rows_per_chunk`
    """

    name: str
    kind: SourceKind
    location: str
    token: str | None = field(default=None, repr=False)
    mapping: str | None = None
    time_zone: str = field(default_factory=lambda: office_zone().key)
    options: Mapping[str, Any] = field(default_factory=dict, hash=False, repr=False)
    first_day: date | None = None
    clock: Clock | None = None
    speaks_for: Speaker | None = None

    def __post_init__(self) -> None:
        keep_secret(self.token)
        for secret in secrets_of(self.location, self.options):
            keep_secret(secret)
        if self.kind not in SOURCE_KINDS:
            raise InputError(
                "unknown kind of source",
                where=f"source {self.name}",
                expected=" | ".join(SOURCE_KINDS),
                got=self.kind,
            )
        if not self.name or len(self.name) > 64:
            raise InputError("a source needs a name of 1 to 64 characters", where="sources", got=self.name)
        if not self.location:
            raise InputError(
                "a source needs a folder or URL",
                where=f"source {self.name}",
                expected="its connection's host",
            )
        self._require_options()
        for name, value, allowed in (
            ("clock", self.clock, get_args(Clock)),
            ("speaks_for", self.speaks_for, get_args(Speaker)),
        ):
            if value is not None and value not in allowed:
                raise InputError(
                    f"a source's {name} is not understood",
                    where=f"source {self.name}",
                    expected=" | ".join(allowed),
                    got=value,
                )

    def _require_options(self) -> None:
        """Raises InputError for an option that sources of this kind have not, or that cannot be used."""
        where = f"source {self.name}"
        require_keys(self.options, OPTIONS[self.kind], where)
        for option in _FLAGS:
            flag(self.options, option, where)
        for option in _NUMBERS & self.options.keys():
            self.number(option, 0)

    @property
    def counts_by_receipt(self) -> bool:
        """Whether a step counts from the moment it reached us."""
        return (self.clock or ("receipt" if self.kind in _UNITS_OWN else "record")) == "receipt"

    @property
    def is_unit(self) -> bool:
        """Whether the source speaks for the units that are asked: it decides nothing."""
        return (self.speaks_for or ("unit" if self.kind in _UNITS_OWN else "office")) == "unit"

    @property
    def is_played(self) -> bool:
        """Whether the source is a whole simulated world under a played clock."""
        return flag(self.options, "is_played", f"source {self.name}")

    @property
    def is_reported_to(self) -> bool:
        """Whether it is the platform of an office above, which is told what the units did."""
        return flag(self.options, "reports", f"source {self.name}")

    def number(self, option: str, default: float) -> float:
        """An option that is a number, not negative. Raises InputError."""
        told = self.options.get(option, default)
        try:
            value = float(told)
        except (TypeError, ValueError):
            value = -1.0
        if not 0 <= value < _MOST or isinstance(told, bool) or not str(told).isascii():
            raise InputError(
                "an option is no number",
                where=f"source {self.name}: {option}",
                got=told,
                expected="a number from 0",
                todo=TODO,
            )
        return value

    @property
    def is_windowed(self) -> bool:
        """Whether pulls of this source cover windows of time (an inbox or a mailbox holds whatever was put there)."""
        return self.kind not in _UNITS_OWN
