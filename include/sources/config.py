"""A source as it is configured: one value, built from an Airflow connection or by a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from include.errors import InputError, keep_secret, secrets_of

SourceKind = Literal["files", "inbox", "platform", "database"]
SOURCE_KINDS: Final[tuple[str, ...]] = get_args(SourceKind)


@dataclass(frozen=True)
class SourceConfig:
    """One source. `name` is what the ledger and every fact keep; it stays the same for the life of the source.

    kind      files      a folder of exports that stay in place, read by window
              inbox      a folder whose files are consumed, one by one, into done/ or failed/
              platform   an HTTP API (docs/platform-api.yaml)
              database   a query against any SQLAlchemy URL
    location  the folder or the URL
    token     bearer token of a platform, password of a database
    mapping   path of a YAML mapping, or the name of a shipped one; None: the file formats of the data dictionary
    time_zone of times that carry no offset, unless the mapping says otherwise
    options   `same_ids_as`: names of sources whose alarm and problem ids mean the same thing as this one's;
              files and inbox: `settle_seconds`; platform: `page_size`, `timeout_seconds` (of silence),
              `answer_seconds` (300: of one answer in all), `pull_seconds` (3600: of all pages), `attempts`,
              `first_wait_seconds`, `longest_wait_seconds`, `ca_file`; database: `user`, `rows_per_chunk`
    """

    name: str
    kind: SourceKind
    location: str
    token: str | None = field(default=None, repr=False)
    mapping: str | None = None
    time_zone: str = "Asia/Shanghai"
    options: Mapping[str, Any] = field(default_factory=dict, hash=False, repr=False)

    def __post_init__(self) -> None:
        keep_secret(self.token)
        for secret in secrets_of(self.location, self.options):
            keep_secret(secret)
        if self.kind not in SOURCE_KINDS:
            raise InputError(
                "unknown kind of source", where=f"source {self.name}",
                expected=" | ".join(SOURCE_KINDS), got=self.kind,
            )  # fmt: skip
        if not self.name or len(self.name) > 64:
            raise InputError("a source needs a name of 1 to 64 characters", where="sources", got=self.name)
        if not self.location:
            raise InputError(
                "a source needs a folder or URL",
                where=f"source {self.name}",
                expected="its connection's host",
            )

    @property
    def is_windowed(self) -> bool:
        """Whether pulls of this source cover windows of time (an inbox holds whatever was put there)."""
        return self.kind != "inbox"
