"""An installation: what was configured, opened. And a run: one beat of the cadence in that installation."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Final, Literal, get_args

from sqlalchemy import Engine

from include import configured
from include.configured import ROOT, Issuer, inside
from include.connections import Registry, read_each, read_registry
from include.errors import InputError
from include.field.folders import FieldFolder
from include.field.settings import OFF, FieldSettings, field_settings
from include.geo.tiles import Tiles, read_tiles
from include.open_settings import DEFAULTS, OpenSettings, open_settings
from include.periods import Period
from include.post.channels.settings import NO_CHANNELS, Channels
from include.post.outgoing import Outgoing
from include.post.server import MailServer, Office
from include.profile.current import DEFAULT, VARIABLE, load, use
from include.profile.values import Profile
from include.rules import COMPLETENESS
from include.sources.config import SourceConfig
from include.store.archive import Archive
from include.store.engine import open_engine
from include.store.offices import adopt_office
from include.watch.quiet import QuietHours, quiet_hours

SETTINGS_FILE: Final = ROOT / "airflow_settings.yaml"
CONNECTION_IDS: Final = ("supervision_db", "mail_server")
VARIABLE_KEYS: Final = (
    "profile",
    "sources",
    "office",
    "season",
    "letters",
    "least_completeness",
    "watch",
    "map",
    "publish",
    "field",
    "channels",
)

# Stand in where a connection or variable cannot be used: they reach nobody.
_NO_SERVER: Final[tuple[MailServer, Path | None]] = (
    MailServer("server.invalid", 25, "nobody@server.invalid", "nobody"),
    None,
)
_NO_STORE: Final = "sqlite:///:memory:"
_NO_OFFICE: Final = Office({})
_NOBODY: Final = Issuer("", "", "", "", "")
_PLAIN_LETTERS: Final[tuple[Path | None, bool, bool]] = (None, False, False)

NEEDED_TO_POST: Final = (
    "variable profile",
    "connection supervision_db",
    "connection mail_server",
    "variable office",
)
"""The parts of `Opened` without which no mail leaves and nobody can be told."""

Deliver = Literal["auto", "send", "withhold", "rehearse"]


@dataclass(frozen=True)
class House:
    """Everything that the steps of a workflow need. `engine` connects when it is first used."""

    engine: Engine
    var: Path
    sources: tuple[SourceConfig, ...]
    mail_server: MailServer
    mailbox: (
        Path | None
    )  # what the mail server keeps its mail in, where it is the local mailbox: compared with the outbox
    office: Office
    issuer: Issuer
    season: tuple[date, date]  # end exclusive
    fonts_dir: Path | None
    has_red_head: bool
    has_province_summaries: (
        bool  # the mid-week and weekend summaries go to the provinces too, each with its own cities only
    )
    least_completeness: (
        float  # share of the hours that figures read, below which a run stops before composing
    )
    station_sources: tuple[
        SourceConfig, ...
    ] = ()  # where stations' readings come from, beside the folder that waits
    quiet_hours: QuietHours | None = None  # in which no alarm of the watch is pushed
    tiles: Tiles | None = None  # the background of the desk's map
    openness: OpenSettings = DEFAULTS  # how the office publishes
    field: FieldSettings = OFF  # the phone page of inspectors
    mailboxes: tuple[SourceConfig, ...] = ()  # sources of kind `mail`: read by `answer_round`, not by pulls

    channels: Channels = NO_CHANNELS  # chat groups and webhooks

    @property
    def outgoing(self) -> Outgoing:
        """What a letter needs in order to leave."""
        return Outgoing(self.engine, self.archive, self.office, self.mail_server)

    @property
    def hourly_dir(self) -> Path:
        """Hourly values and the grids' daily means, in Parquet by day."""
        return self.var / "hourly"

    @property
    def notes_dir(self) -> Path:
        """What imports have to say at length: names that are not known, one a line."""
        return self.var / "import_notes"

    @property
    def stations_dir(self) -> Path:
        """Readings of stations, winds and meters, and what the watch made of each hour, in Parquet by day."""
        return self.var / "stations"

    @property
    def stations_inbox(self) -> Path:
        """Where files of stations and their readings wait for the next hourly run."""
        return self.var / "stations_in"

    @property
    def air_dir(self) -> Path:
        """Where air-quality files wait for the next bulletin."""
        return self.var / "air_quality"

    @property
    def public_dir(self) -> Path:
        """Where the publication is written after a person's approval."""
        return inside(self.openness.folder, self.var)

    @property
    def field_folder(self) -> FieldFolder:
        """What the office shares with the phone page's server."""
        return FieldFolder(inside(self.field.folder, self.var))

    @property
    def hints_inbox(self) -> Path:
        """Where files of hints wait to be read in."""
        return self.var / "hints_in"

    @property
    def archive(self) -> Archive:
        """The exact bytes of every letter."""
        return Archive(self.var / "archive")


@dataclass(frozen=True)
class Decision:
    """What the person said who was asked. `names`: the addressees whose letters may leave; None: all; empty: none (不签发)."""

    who: str
    reason: str
    names: frozenset[str] | None = None


@dataclass(frozen=True)
class Run:
    """One run of a DAG (or of the command line) for one window."""

    house: House
    period: Period
    run_id: str
    actor: str  # user or process, for the audit trail
    deliver: Deliver
    is_backfill: bool
    now: datetime
    approve: bool = False  # a person is to release the letters
    is_scheduled: bool = False  # the schedule brought it, not a person or a back-fill

    def __post_init__(self) -> None:
        if self.deliver not in get_args(Deliver):
            raise InputError(
                "unknown way to deliver", got=self.deliver, expected=" | ".join(get_args(Deliver))
            )

    @property
    def asks_person(self) -> bool:
        """Whether anybody is asked: not where nothing would be sent whatever they say."""
        return self.approve and self.deliver in ("auto", "send") and not self.is_backfill


def default_registry() -> Registry:
    """What airflow_settings.yaml and the environment say."""
    return read_registry(SETTINGS_FILE, os.environ)


def usable_registry() -> Registry:
    """As `default_registry`, of what can be read: the rest is `unreadable`."""
    return read_each(SETTINGS_FILE, os.environ)


def default_var() -> Path:
    """The folder of everything made at run time: `var/`, or what QIANLIYAN_VAR says."""
    return Path(os.environ.get("QIANLIYAN_VAR", ROOT / "var")).resolve()


def profile_name(variables: Mapping[str, str]) -> str:
    """The profile of this installation: QIANLIYAN_PROFILE, the variable `profile`, or that of the ministry."""
    return os.environ.get(VARIABLE) or variables.get("profile", "").strip() or DEFAULT


@dataclass(frozen=True)
class Opened:
    """An installation of which every setting was read by itself. `troubles`: by part, as `variable office` or `connection mail_server`,
    what is wrong with it; there the house has its default, or a stand-in that reaches nothing."""

    house: House
    troubles: Mapping[str, InputError]

    def require(self, *parts: str) -> House:
        """The house. Raises InputError where one of these parts cannot be used."""
        for part in parts:
            if part in self.troubles:
                raise self.troubles[part]
        return self.house


def open_house(registry: Registry, var: Path | None = None) -> House:
    """The installation that the connections and variables describe; its profile is that of the process from now on. Raises
    InputError for what cannot be used."""
    opened = open_each(registry, var)
    return opened.require(*opened.troubles)


def open_each(registry: Registry, var: Path | None = None) -> Opened:
    """As `open_house`, of what can be used: one setting that cannot takes no other with it."""
    folder, parts = var or default_var(), configured.Parts()
    part = parts.part
    profile = part("variable profile", lambda: load(profile_name(registry.variables)), load(DEFAULT))
    use(profile)
    engine = part(
        "connection supervision_db", lambda: open_engine(configured.store_url(registry, folder)), None
    )
    server, mailbox = part(
        "connection mail_server", lambda: configured.mail_server(registry, folder), _NO_SERVER
    )
    office, issuer = part(
        "variable office", lambda: configured.office_and_issuer(registry, profile), (_NO_OFFICE, _NOBODY)
    )
    fonts_dir, has_red_head, has_province_summaries = part(
        "variable letters", lambda: configured.letter_settings(registry, folder), _PLAIN_LETTERS
    )
    sources = _sources(registry, configured.source_names(registry.variables), folder, parts)
    house = House(
        engine=engine or open_engine(_NO_STORE),
        var=folder,
        sources=tuple(source for source in sources if source.kind != "mail"),
        mail_server=server,
        mailbox=mailbox,
        office=office,
        issuer=issuer,
        season=part(
            "variable season", lambda: configured.season_days(registry, profile.season), profile.season
        ),
        fonts_dir=fonts_dir,
        has_red_head=has_red_head,
        has_province_summaries=has_province_summaries,
        least_completeness=part(
            "variable least_completeness",
            lambda: configured.least_share(registry, COMPLETENESS.least_share),
            COMPLETENESS.least_share,
        ),
        station_sources=_sources(registry, configured.station_names(registry.variables), folder, parts),
        quiet_hours=part(
            "variable watch", lambda: quiet_hours(configured.known_keys(registry, "watch")), None
        ),
        tiles=part("variable map", lambda: read_tiles(configured.known_keys(registry, "map")), None),
        openness=part("variable publish", lambda: _openness(registry, profile), DEFAULTS),
        field=part("variable field", lambda: field_settings(configured.mapping(registry, "field")), OFF),
        mailboxes=tuple(source for source in sources if source.kind == "mail"),
        channels=configured.channels(registry, parts),
    )
    for name, trouble in registry.unreadable.items():
        parts.troubles.setdefault(name, trouble)
    return Opened(house, parts.troubles)


def _sources(
    registry: Registry, names: list[str], folder: Path, parts: configured.Parts
) -> tuple[SourceConfig, ...]:
    """The sources of these names that can be used."""
    found = (
        parts.part(f"connection {name}", partial(configured.source, registry, name, folder), None)
        for name in names
    )
    return tuple(source for source in found if source is not None)


def _openness(registry: Registry, profile: Profile) -> OpenSettings:
    return open_settings(configured.mapping(registry, "publish"), profile.publish, profile.language)


def as_kept(house: House) -> House:
    """The same installation; the office of the process is from now on as its store has it. Raises InputError for the store of another
    office."""
    adopt_office(house.engine)
    return house
