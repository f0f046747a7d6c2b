"""An installation: what was configured, opened. And a run: one beat of the cadence in that installation."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from sqlalchemy import URL, Engine

from include.connections import Connection, Registry, read_registry, require_server_name, require_usable
from include.errors import InputError
from include.field.folders import FieldFolder
from include.field.settings import OFF, FieldSettings, field_settings
from include.geo.tiles import Tiles, read_tiles
from include.open_settings import DEFAULTS, OpenSettings, open_settings
from include.periods import Period, office_zone, parse_date
from include.post.channels.settings import NO_CHANNELS, Channel, Channels
from include.post.channels.webhooks import key_of
from include.post.outgoing import Outgoing
from include.post.server import MailServer, Office
from include.profile.current import DEFAULT, VARIABLE, load, use
from include.rules import COMPLETENESS
from include.settings import days, flag, number, require_keys
from include.sources.config import SourceConfig
from include.store.archive import Archive
from include.store.engine import open_engine
from include.store.offices import adopt_office
from include.watch.quiet import QuietHours, quiet_hours

ROOT: Final = Path(__file__).resolve().parents[1]
SETTINGS_FILE: Final = ROOT / "airflow_settings.yaml"
CONNECTION_IDS: Final = ("supervision_db", "mail_server")
_LIBPQ: Final = (
    "host",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
)  # of a PostgreSQL connection's extra: socket and TLS
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
# What the variables say that are read here; order as `open_house` reads them.
_KNOWN_KEYS: Final = {
    "office": (
        "issuer",
        "contact",
        "phone",
        "reply_to",
        "reply_to_each_letter",
        "operators",
        "number_words",
        "attachment_names",
    ),
    "season": ("start", "end"),
    "letters": ("fonts_dir", "red_head", "province_summaries"),
    "watch": ("sources", "quiet_from", "quiet_to"),
    "map": ("tiles", "attribution"),
}
_LONGEST_SECONDS: Final = 3600.0

Deliver = Literal["auto", "send", "withhold", "rehearse"]


@dataclass(frozen=True)
class Issuer:
    """The office as its letters name it."""

    name: str
    contact: str
    phone: str
    reply_to: str
    operators: str  # address of the duty officers: rehearsals and the daily digest go there


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
        return _inside(self.openness.folder, self.var)

    @property
    def field_folder(self) -> FieldFolder:
        """What the office shares with the phone page's server."""
        return FieldFolder(_inside(self.field.folder, self.var))

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


def default_var() -> Path:
    """The folder of everything made at run time: `var/`, or what QIANLIYAN_VAR says."""
    return Path(os.environ.get("QIANLIYAN_VAR", ROOT / "var")).resolve()


def profile_name(variables: Mapping[str, str]) -> str:
    """The profile of this installation: QIANLIYAN_PROFILE, the variable `profile`, or that of the ministry."""
    return os.environ.get(VARIABLE) or variables.get("profile", "").strip() or DEFAULT


def numbered(letters: Mapping[str, str]) -> dict[str, str]:
    """机关代字 of the kinds of letters that have one."""
    return {kind: word for kind, word in letters.items() if word}


def source_names(variables: Mapping[str, str]) -> list[str]:
    """The connection ids of the sources that are pulled."""
    return [name.strip() for name in variables.get("sources", "").split(",") if name.strip()]


def station_names(variables: Mapping[str, str]) -> list[str]:
    """The connections that stations' readings come from, as the variable `watch` lists them."""
    try:
        told = json.loads(variables.get("watch") or "{}")
    except ValueError:
        return []  # `open_house` says what is wrong with it
    names = told.get("sources") if isinstance(told, dict) else None
    return [name.strip() for name in str(names or "").split(",") if name.strip()]


def channel_names(variables: Mapping[str, str]) -> list[str]:
    """The connections of chat groups and webhooks, as the variable `channels` lists them."""
    try:
        told = json.loads(variables.get("channels") or "{}")
    except ValueError:
        return []  # `open_house` says what is wrong with it
    if not isinstance(told, dict):
        return []
    return [name for key in ("groups", "test_group", "webhooks") for name in _names(told.get(key))]


def open_house(registry: Registry, var: Path | None = None) -> House:
    """The installation that the connections and variables describe; its profile is that of the process from now on. Raises
    InputError for what cannot be used."""
    profile = load(profile_name(registry.variables))
    use(profile)
    folder = var or default_var()
    office, season, letters, watch, background = (_known(registry, key) for key in _KNOWN_KEYS)
    fonts = str(letters.get("fonts_dir") or "")
    names = source_names(registry.variables)
    mail = _connection(registry, "mail_server")
    sources = [_source(_connection(registry, name), folder) for name in names]
    return House(
        engine=open_engine(_store_url(_connection(registry, "supervision_db"), folder)),
        var=folder,
        sources=tuple(source for source in sources if source.kind != "mail"),
        mail_server=_mail_server(mail),
        mailbox=_inside(str(mail.extra["mailbox"]), folder) if mail.extra.get("mailbox") else None,
        office=Office(
            number_words={**numbered(profile.letters), **office.get("number_words", {})},
            reply_to=str(office.get("reply_to", "")),
            has_own_replies=flag(office, "reply_to_each_letter", "variable office"),
            attachment_names=office.get("attachment_names", "unicode"),
        ),
        issuer=Issuer(
            name=str(office.get("issuer") or profile.letterhead.issuer),
            contact=str(office.get("contact") or profile.letterhead.contact),
            phone=str(office.get("phone") or profile.letterhead.phone),
            reply_to=str(office.get("reply_to", "")),
            operators=_word(office, "operators"),
        ),
        season=days(season, profile.season, "variable season"),
        fonts_dir=_inside(fonts, folder) if fonts else None,
        has_red_head=flag(letters, "red_head", "variable letters"),
        has_province_summaries=flag(letters, "province_summaries", "variable letters"),
        least_completeness=number(
            registry.variables.get("least_completeness", COMPLETENESS.least_share),
            "variable least_completeness",
            least=0,
            most=1,
        ),
        station_sources=tuple(
            _source(_connection(registry, name), folder) for name in station_names(registry.variables)
        ),
        quiet_hours=quiet_hours(watch),
        tiles=read_tiles(background),
        openness=open_settings(_mapping(registry, "publish"), profile.publish, profile.language),
        field=field_settings(_mapping(registry, "field")),
        mailboxes=tuple(source for source in sources if source.kind == "mail"),
        channels=_channels(registry),
    )


def _names(told: object) -> list[str]:
    return [name.strip() for name in str(told or "").split(",") if name.strip()]


def _channels(registry: Registry) -> Channels:
    """The chat groups and webhooks that the variable `channels` names. Raises InputError."""
    told = _mapping(registry, "channels")
    named = {key: _names(told.pop(key, "")) for key in ("groups", "test_group", "webhooks")}
    if told:
        raise InputError(
            "unknown setting",
            where="variable channels",
            got=", ".join(told),
            expected="groups, test_group, webhooks",
        )
    made = {
        key: tuple(_channel(_connection(registry, name)) for name in names) for key, names in named.items()
    }
    for key, channels in made.items():
        if wrong := [one.name for one in channels if (one.kind == "webhook") != (key == "webhooks")]:
            raise InputError(
                "a webhook is no chat group", where=f"variable channels: {key}", got=", ".join(wrong)
            )
    if len(made["test_group"]) > 1:
        raise InputError("one test group is enough", where="variable channels: test_group")
    for webhook in made["webhooks"]:
        key_of(webhook)
    return Channels(made["groups"], made["test_group"][0] if made["test_group"] else None, made["webhooks"])


def _channel(connection: Connection) -> Channel:
    extra = connection.extra
    host = connection.host + (f":{connection.port}" if connection.port else "")
    return Channel(
        name=connection.conn_id,
        kind=extra.get("kind", ""),
        token=connection.password,
        address=str(extra.get("url") or host),
        secret=str(extra.get("secret") or ""),
        topics=frozenset(_names(extra.get("topics"))),
        form=str(extra.get("form") or "text"),
        ca_file=str(extra.get("ca_file") or ""),
        timeout_seconds=_patience(connection, 20),
    )


def as_kept(house: House) -> House:
    """The same installation; the office of the process is from now on as its store has it. Raises InputError for the store of another
    office."""
    adopt_office(house.engine)
    return house


def _store_url(connection: Connection, var: Path) -> str:
    if connection.conn_type == "sqlite":
        return f"sqlite:///{_inside(connection.host, var)}"
    if connection.conn_type in ("postgres", "postgresql"):
        return URL.create(
            "postgresql",
            connection.login or None,
            connection.password or None,
            require_server_name(connection) or None,
            connection.port,
            connection.schema or None,
            {name: str(value) for name, value in connection.extra.items() if name in _LIBPQ},
        ).render_as_string(hide_password=False)
    raise InputError(
        "the store runs on SQLite or PostgreSQL only",
        where="connection supervision_db",
        got=connection.conn_type,
        expected="conn_type sqlite or postgres",
    )


def _mail_server(connection: Connection) -> MailServer:
    extra = connection.extra
    return MailServer(
        host=require_server_name(connection),
        port=connection.port or 0,
        sender_address=str(extra.get("sender", "")),
        sender_name=str(extra.get("sender_name", "")),
        security=extra.get("security", "starttls"),
        user=connection.login,
        password=connection.password,
        timeout_seconds=_patience(connection, 30),
        has_own_senders=flag(extra, "sender_each_delivery", f"connection {connection.conn_id}: extra"),
        ca_file=str(extra.get("ca_file", "")),
    )


def _source(connection: Connection, var: Path) -> SourceConfig:
    extra = dict(connection.extra)
    kind = extra.pop("kind", "files")
    host = connection.host + (f":{connection.port}" if connection.port else "")
    location = str(extra.pop("url", "") or host)
    if kind in ("files", "inbox") and location:
        location = str(_inside(location, var))
    mapping, time_zone = extra.pop("mapping", None), extra.pop("time_zone", None) or office_zone().key
    first_day = extra.pop("first_day", None)
    clock, speaks_for = extra.pop("clock", None), extra.pop("speaks_for", None)
    if connection.login:
        extra["user"] = connection.login
    return SourceConfig(
        name=connection.conn_id,
        kind=kind,
        location=location,
        token=connection.password or None,
        mapping=mapping or None,
        time_zone=time_zone,
        options=extra,
        first_day=parse_date(str(first_day)) if first_day else None,
        clock=clock,
        speaks_for=speaks_for,
    )


def _inside(path: str, var: Path) -> Path:
    """A configured path; `var/…` is below the folder of this installation, other relative paths below the project."""
    parts = Path(path)
    if parts.is_absolute():
        return parts
    return var.joinpath(*parts.parts[1:]) if parts.parts[:1] == ("var",) else ROOT / parts


def _connection(registry: Registry, conn_id: str) -> Connection:
    if conn_id not in registry.connections:
        raise InputError(
            "a connection is missing",
            where=f"connection {conn_id}",
            todo=f"set it in airflow_settings.yaml, in the Airflow UI, or as AIRFLOW_CONN_{conn_id.upper()}",
        )
    return registry.connections[conn_id]


def _mapping(registry: Registry, key: str) -> dict[str, Any]:
    text = registry.variables.get(key, "{}")
    try:
        value = json.loads(text or "{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise InputError(
            "a variable cannot be read", where=f"variable {key}", expected="a JSON object", got=text
        )
    require_usable(value, f"variable {key}")
    return value


def _known(registry: Registry, key: str) -> dict[str, Any]:
    told = _mapping(registry, key)
    require_keys(told, _KNOWN_KEYS[key], f"variable {key}")
    return told


def _patience(connection: Connection, default: float) -> float:
    where = f"connection {connection.conn_id}: extra: timeout_seconds"
    return number(connection.extra.get("timeout_seconds", default), where, least=0.1, most=_LONGEST_SECONDS)


def _word(values: Mapping[str, Any], key: str) -> str:
    if not values.get(key):
        raise InputError("a setting is missing", where=f"variable office: {key}", expected="a text")
    return str(values[key])
