"""Connections and variables as plain values: from airflow_settings.yaml, from the environment, or handed over by Airflow.

The command line has no Airflow at hand, so it reads the same places in the same order as Airflow would: the environment
(`AIRFLOW_CONN_<ID>`, `AIRFLOW_VAR_<KEY>`), then airflow_settings.yaml.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml

from include.errors import InputError, keep_secret, secrets_of
from include.settings import TODO
from include.yaml_once import load_yaml

_TEXTS: Final = ("conn_type", "host", "login", "password", "schema")  # its fields that are texts


@dataclass(frozen=True)
class Connection:
    """One connection, in Airflow's own terms. The password is never in its repr."""

    conn_id: str
    conn_type: str
    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    schema: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name in _TEXTS:
            _require_text(self.conn_id, name, getattr(self, name))
        keep_secret(self.password)
        if self.port is not None and not 0 < self.port < 65536:
            raise _bad_port(self.conn_id, str(self.port))
        require_usable(self.extra, f"connection {self.conn_id}: extra")
        for secret in secrets_of(self.host, self.extra):
            keep_secret(secret)


@dataclass(frozen=True)
class Registry:
    """Everything that was configured: connections by id, variables by key (their text). `unreadable`: what is wrong with what could not
    be read, by `connection ID` or by the name of the file."""

    connections: Mapping[str, Connection]
    variables: Mapping[str, str]
    unreadable: Mapping[str, InputError] = field(default_factory=dict)

    def connection(self, conn_id: str) -> Connection:
        """The connection of that id. Raises InputError where there is none that can be read."""
        if conn_id in self.connections:
            return self.connections[conn_id]
        if (trouble := self.unreadable.get(f"connection {conn_id}")) is not None:
            raise trouble
        raise InputError(
            "a connection is missing",
            where=f"connection {conn_id}",
            todo=f"set it in airflow_settings.yaml or as AIRFLOW_CONN_{conn_id.upper()}; one set in the Airflow UI is seen by runs only",
        )


def read_registry(settings_file: Path, environment: Mapping[str, str]) -> Registry:
    """The connections and variables of a settings file, with what the environment sets instead. Raises InputError."""
    found = read_each(settings_file, environment)
    for trouble in found.unreadable.values():
        raise trouble
    return found


def read_each(settings_file: Path, environment: Mapping[str, str]) -> Registry:
    """As `read_registry`, of what can be read: one connection that cannot takes no other with it."""
    unreadable: dict[str, InputError] = {}
    told: dict[str, Callable[[], Connection]] = {}
    variables: dict[str, str] = {}
    try:
        told, variables = _of_file(settings_file)
    except InputError as error:
        unreadable[settings_file.name] = error
    for name, value in environment.items():
        if name.startswith("AIRFLOW_CONN_"):
            conn_id = name.removeprefix("AIRFLOW_CONN_").lower()
            told[conn_id] = partial(from_text, conn_id, value)
        elif name.startswith("AIRFLOW_VAR_"):
            variables[name.removeprefix("AIRFLOW_VAR_").lower()] = value
    connections = {}
    for conn_id, read in told.items():
        try:
            connections[conn_id] = read()
        except InputError as error:
            unreadable[f"connection {conn_id}"] = error
    return Registry(connections, variables, unreadable)


def _of_file(settings_file: Path) -> tuple[dict[str, Callable[[], Connection]], dict[str, str]]:
    """How each connection of a settings file is read, and its variables. Raises InputError."""
    try:
        content = load_yaml(settings_file.read_text(encoding="utf-8"))["airflow"]
        connections: dict[str, Callable[[], Connection]] = {
            str(entry["conn_id"]): partial(_from_entry, dict(entry))
            for entry in content.get("connections") or []
        }
        variables = {
            str(entry["variable_name"]): _text(entry["variable_value"])
            for entry in content.get("variables") or []
        }
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            "the settings cannot be read",
            where=str(settings_file),
            got=error,
            expected="the Astro CLI's format: airflow: connections, pools, variables",
        ) from error
    return connections, variables


def from_text(conn_id: str, value: str) -> Connection:
    """A connection from Airflow's JSON or URI form. Raises InputError, which never repeats the value (a secret)."""
    try:
        told = dict(json.loads(value)) if value.lstrip().startswith("{") else _from_uri(value)
    except (ValueError, AttributeError, TypeError):
        raise InputError(
            "a connection cannot be read",
            where=f"AIRFLOW_CONN_{conn_id.upper()}",
            expected='Airflow\'s JSON form {"conn_type": …, "host": …} or its URI form',
            todo=TODO,
        ) from None
    return _made(conn_id, told)


def _from_uri(value: str) -> dict[str, Any]:
    parts = urlsplit(value)
    extra: Any = dict(parse_qsl(parts.query))
    # Not parts.port, whose error says nothing of the port that was told.
    port = re.fullmatch(r".*?(?<!:):([^:\]]*)", parts.netloc.rpartition("@")[2])
    return {
        "conn_type": parts.scheme.replace("-", "_"),
        "host": unquote(parts.hostname or ""),
        "port": port[1] if port else None,
        "login": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "schema": unquote(parts.path.lstrip("/")),
        "extra": extra.get("__extra__", extra),
    }


def _made(conn_id: str, told: Mapping[str, Any]) -> Connection:
    """A connection of what was told of it. Raises InputError that names the field, and no value that may be a secret."""
    extra = told.get("extra") or {}
    try:
        extra = json.loads(extra) if isinstance(extra, str) else extra
    except ValueError:
        extra = None
    if not isinstance(extra, Mapping):
        raise InputError(
            "a connection cannot be read",
            where=f"connection {conn_id}: extra",
            expected="a JSON object",
            todo=TODO,
        )
    texts = {name: "" if told.get(name) is None else told[name] for name in _TEXTS}
    return Connection(conn_id, **texts, port=_port(conn_id, told.get("port")), extra=extra)


def _require_text(conn_id: str, name: str, value: Any) -> None:
    """A field of a connection is a text that files, addresses and protocols can carry. Raises InputError without its value."""
    if not isinstance(value, str):
        got = f"a value of type {type(value).__name__}"
    elif odd := next((one for one in value if unicodedata.category(one) in ("Cc", "Cs")), None):
        got = f"the character U+{ord(odd):04X}"
    else:
        return
    raise InputError(
        "a connection cannot be read",
        where=f"connection {conn_id}: {name}",
        expected="a text in quotes, without control characters",
        got=got,
        todo=TODO,
    )


def require_server_name(connection: Connection) -> str:
    """The host of a server, empty where none was told. Raises InputError for what no name of a server can be."""
    try:
        connection.host.encode("idna")
    except UnicodeError:
        raise InputError(
            "a server's name cannot be used",
            where=f"connection {connection.conn_id}: host",
            expected="an address, or a name of parts of 1 to 63 characters between dots",
            got=connection.host[:100],
            todo=TODO,
        ) from None
    return connection.host


def require_usable(value: Any, where: str) -> None:
    """Settings whose texts no file name, no database and no protocol could carry: U+0000 and half characters. Raises InputError."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            require_usable(name, where)
            require_usable(one, f"{where}: {name}")
    elif isinstance(value, list):
        for one in value:
            require_usable(one, where)
    elif isinstance(value, str) and (odd := re.search("[\\0\ud800-\udfff]", value)):
        raise InputError(
            "a setting cannot be used",
            where=where.encode(errors="backslashreplace").decode(),
            expected="text of whole characters",
            got=f"the character U+{ord(odd[0]):04X}",
            todo=TODO,
        )


def as_airflow_json(registry: Registry) -> dict[str, dict[str, Any]]:
    """The connections in the form that `airflow connections import` takes."""
    return {
        one.conn_id: {
            "conn_type": one.conn_type,
            "host": one.host,
            "port": one.port,
            "login": one.login,
            "password": one.password,
            "schema": one.schema,
            "extra": json.dumps(dict(one.extra), ensure_ascii=False),
        }
        for one in registry.connections.values()
    }


def _from_entry(entry: Mapping[str, Any]) -> Connection:
    if entry.get("conn_uri"):
        return from_text(str(entry["conn_id"]), str(entry["conn_uri"]))
    return _made(
        str(entry["conn_id"]),
        {name.removeprefix("conn_"): value for name, value in entry.items()}
        | {"conn_type": entry.get("conn_type")},
    )


def _port(conn_id: str, told: Any) -> int | None:
    """The port, None where none was told. Raises InputError."""
    if told is None or told == "":
        return None
    if isinstance(told, bool) or not re.fullmatch(r"[0-9]{1,5}", str(told), re.ASCII):
        got = str(told) if re.fullmatch(r"-?[0-9]{1,9}", str(told)) else "something that is no number"
        raise _bad_port(conn_id, got)
    if not 0 < int(told) < 65536:
        raise _bad_port(conn_id, str(told))
    return int(told)


def _bad_port(conn_id: str, got: str) -> InputError:
    return InputError(
        "a port cannot be used",
        where=f"connection {conn_id}: port",
        expected="a number from 1 to 65535 in plain digits",
        got=got,
        todo=TODO,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
