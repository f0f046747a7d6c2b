"""What the connections and variables of an installation say, each read by itself into the values that its house holds. Nothing is
connected to."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL

from include.connections import Connection, Registry, require_server_name, require_usable
from include.errors import InputError, keep_secret, secrets_of
from include.periods import office_zone, parse_date
from include.post.channels.settings import Channel, Channels
from include.post.channels.webhooks import key_of
from include.post.recipients import address_problem
from include.post.server import MailServer, Office
from include.profile.values import Profile
from include.settings import TODO, days, flag, number, require_keys
from include.sources.config import SourceConfig

ROOT: Final = Path(__file__).resolve().parents[1]
Read = TypeVar("Read")

# What the variables say that are read here.
KNOWN_KEYS: Final = {
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
    "channels": ("groups", "test_group", "webhooks"),
}
# Of a PostgreSQL connection's extra: socket and TLS, which the driver is told; Airflow's own form of the address says the cursor.
_LIBPQ: Final = ("host", "sslmode", "sslrootcert", "sslcert", "sslkey")
STORE_EXTRA: Final = (*_LIBPQ, "cursor")
MAIL_EXTRA: Final = (
    "security",
    "sender",
    "sender_name",
    "sender_each_delivery",
    "timeout_seconds",
    "ca_file",
    "mailbox",
)
CHANNEL_EXTRA: Final = ("kind", "url", "secret", "topics", "form", "ca_file", "timeout_seconds")
_LONGEST_SECONDS: Final = 3600.0


@dataclass(frozen=True)
class Issuer:
    """The office as its letters name it."""

    name: str
    contact: str
    phone: str
    reply_to: str
    operators: str  # address of the duty officers: rehearsals and the daily digest go there


@dataclass
class Parts:
    """Reads settings one by one. `troubles`: by part, as `variable office` or `connection mail_server`, what is wrong with it."""

    troubles: dict[str, InputError] = field(default_factory=dict)

    def part(self, name: str, read: Callable[[], Read], otherwise: Read) -> Read:
        """What `read` makes of a part, or `otherwise` where it cannot be used."""
        try:
            return read()
        except InputError as error:
            trouble = error
        except (TypeError, ValueError, AttributeError, LookupError) as error:
            said = f"{type(error).__name__}: {error}"
            trouble = InputError("a setting is not of the form that it has", where=name, got=said)
            trouble.__cause__ = error
        trouble.todo = trouble.todo or TODO
        self.troubles.setdefault(name, trouble)
        return otherwise


def source_names(variables: Mapping[str, str]) -> list[str]:
    """The connection ids of the sources that are pulled."""
    return _names(variables.get("sources"))


def station_names(variables: Mapping[str, str]) -> list[str]:
    """The connections that stations' readings come from, as the variable `watch` lists them."""
    return _names(_listed(variables, "watch").get("sources"))


def channel_names(variables: Mapping[str, str]) -> list[str]:
    """The connections of chat groups and webhooks, as the variable `channels` lists them."""
    told = _listed(variables, "channels")
    return [name for key in KNOWN_KEYS["channels"] for name in _names(told.get(key))]


def _listed(variables: Mapping[str, str], key: str) -> Mapping[str, Any]:
    """What a variable says; nothing where it cannot be read, which `known_keys` says."""
    try:
        told = json.loads(variables.get(key) or "{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _names(told: object) -> list[str]:
    """The names of a list, each once."""
    return list(dict.fromkeys(name.strip() for name in str(told or "").split(",") if name.strip()))


def store_url(registry: Registry, var: Path) -> str:
    """The address of the store. Raises InputError."""
    connection = registry.connection("supervision_db")
    if connection.conn_type == "sqlite":
        return f"sqlite:///{inside(connection.host, var)}"
    if connection.conn_type in ("postgres", "postgresql"):
        require_keys(connection.extra, STORE_EXTRA, "connection supervision_db: extra")
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


def mail_server(registry: Registry, var: Path) -> tuple[MailServer, Path | None]:
    """The server that letters leave through, and the folder of the local mailbox where it is that. Raises InputError."""
    connection = registry.connection("mail_server")
    extra, where = connection.extra, "connection mail_server: extra"
    require_keys(extra, MAIL_EXTRA, where)
    server = MailServer(
        host=require_server_name(connection),
        port=connection.port or 0,
        sender_address=str(extra.get("sender", "")),
        sender_name=str(extra.get("sender_name", "")),
        security=extra.get("security", "starttls"),
        user=connection.login,
        password=connection.password,
        timeout_seconds=_patience(connection, 30),
        has_own_senders=flag(extra, "sender_each_delivery", where),
        ca_file=str(extra.get("ca_file", "")),
    )
    return server, inside(str(extra["mailbox"]), var) if extra.get("mailbox") else None


def office_and_issuer(registry: Registry, profile: Profile) -> tuple[Office, Issuer]:
    """The office as the post knows it, and as letters name it: the profile's, where the variable does not say otherwise. Raises InputError."""
    told = known_keys(registry, "office")
    words = told.get("number_words") or {}
    if not isinstance(words, dict) or not all(isinstance(word, str) for word in words.values()):
        raise InputError(
            "a setting cannot be used",
            where="variable office: number_words",
            expected="an object: kind of letter to its 机关代字",
            got=words,
        )
    reply_to, head = str(told.get("reply_to", "")), profile.letterhead
    office = Office(
        number_words={**{kind: word for kind, word in profile.letters.items() if word}, **words},
        reply_to=reply_to,
        has_own_replies=flag(told, "reply_to_each_letter", "variable office"),
        attachment_names=told.get("attachment_names") or "unicode",
    )
    issuer = Issuer(
        name=str(told.get("issuer") or head.issuer),
        contact=str(told.get("contact") or head.contact),
        phone=str(told.get("phone") or head.phone),
        reply_to=reply_to,
        operators=_operators(told),
    )
    return office, issuer


def _operators(told: Mapping[str, Any]) -> str:
    address = str(told.get("operators") or "")
    if not address:
        raise InputError("a setting is missing", where="variable office: operators", expected="an address")
    if problem := address_problem(address):
        raise InputError(
            "the operators' address cannot be used",
            where="variable office: operators",
            expected=problem,
            got=address,
        )
    return address


def season_days(registry: Registry, default: tuple[date, date]) -> tuple[date, date]:
    """The season, end exclusive. Raises InputError."""
    return days(known_keys(registry, "season"), default, "variable season")


def letter_settings(registry: Registry, var: Path) -> tuple[Path | None, bool, bool]:
    """The folder of the operator's fonts, whether letters have a red head, whether provinces get summaries. Raises InputError."""
    told, where = known_keys(registry, "letters"), "variable letters"
    fonts = str(told.get("fonts_dir") or "")
    has_red_head, has_summaries = (flag(told, key, where) for key in ("red_head", "province_summaries"))
    return inside(fonts, var) if fonts else None, has_red_head, has_summaries


def least_share(registry: Registry, default: float) -> float:
    """The share of the hours that must have been pulled. Raises InputError."""
    told = registry.variables.get("least_completeness", default)
    return number(told, "variable least_completeness", least=0, most=1)


def source(registry: Registry, name: str, var: Path) -> SourceConfig:
    """The source that a connection describes. Raises InputError."""
    connection = registry.connection(name)
    extra = dict(connection.extra)
    kind = extra.pop("kind", "files")
    location = str(extra.pop("url", "") or _host(connection))
    if kind in ("files", "inbox") and location:
        location = str(inside(location, var))
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


def channels(registry: Registry, parts: Parts) -> Channels:
    """The chat groups and webhooks that the variable `channels` names, without those that cannot be used."""

    told: dict[str, Any] = parts.part("variable channels", lambda: _channel_lists(registry), {})

    def of(key: str) -> tuple[Channel, ...]:
        made = (
            parts.part(f"connection {name}", partial(_channel, registry, name, key), None)
            for name in _names(told.get(key))
        )
        return tuple(one for one in made if one is not None)

    test = of("test_group")
    return Channels(of("groups"), test[0] if test else None, of("webhooks"))


def _channel_lists(registry: Registry) -> dict[str, Any]:
    told = known_keys(registry, "channels")
    if len(_names(told.get("test_group"))) > 1:
        raise InputError("one test group is enough", where="variable channels: test_group")
    return told


def _channel(registry: Registry, name: str, key: str) -> Channel:
    connection = registry.connection(name)
    extra = connection.extra
    require_keys(extra, CHANNEL_EXTRA, f"connection {name}: extra")
    made = Channel(
        name=name,
        kind=extra.get("kind", ""),
        token=connection.password,
        address=str(extra.get("url") or _host(connection)),
        secret=str(extra.get("secret") or ""),
        topics=frozenset(_names(extra.get("topics"))),
        form=str(extra.get("form") or "text"),
        ca_file=str(extra.get("ca_file") or ""),
        timeout_seconds=_patience(connection, 20),
    )
    if (made.kind == "webhook") != (key == "webhooks"):
        raise InputError("a webhook is no chat group", where=f"variable channels: {key}", got=name)
    if made.kind == "webhook":
        key_of(made)
    return made


def inside(path: str, var: Path) -> Path:
    """A configured path; `var/…` is below the folder of this installation, other relative paths below the project."""
    parts = Path(path)
    if parts.is_absolute():
        return parts
    return var.joinpath(*parts.parts[1:]) if parts.parts[:1] == ("var",) else ROOT / parts


def mapping(registry: Registry, key: str) -> dict[str, Any]:
    """A variable that is an object, empty where it is not told. Raises InputError."""
    text = registry.variables.get(key, "{}")
    try:
        value = json.loads(text or "{}")
        got = type(value).__name__
    except ValueError as error:  # without the text, which may hold a secret
        value, got = None, f"{len(text)} characters that are no JSON: {error}"
    if not isinstance(value, dict):
        raise InputError(
            "a variable cannot be read", where=f"variable {key}", expected="a JSON object", got=got
        )
    for told in (one for one in value.values() if isinstance(one, str)):
        for secret in secrets_of(told, value):
            keep_secret(secret)
    require_usable(value, f"variable {key}")
    return value


def known_keys(registry: Registry, key: str) -> dict[str, Any]:
    """As `mapping`, of a variable whose keys are known here. Raises InputError for any other key."""
    told = mapping(registry, key)
    require_keys(told, KNOWN_KEYS[key], f"variable {key}")
    return told


def _host(connection: Connection) -> str:
    return connection.host + (f":{connection.port}" if connection.port else "")


def _patience(connection: Connection, default: float) -> float:
    where = f"connection {connection.conn_id}: extra: timeout_seconds"
    return number(connection.extra.get("timeout_seconds", default), where, least=0.1, most=_LONGEST_SECONDS)
