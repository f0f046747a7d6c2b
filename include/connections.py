"""Connections and variables as plain values: from airflow_settings.yaml, from the environment, or handed over by Airflow.

The command line has no Airflow at hand, so it reads the same places in the same order as Airflow would: the environment
(`AIRFLOW_CONN_<ID>`, `AIRFLOW_VAR_<KEY>`), then airflow_settings.yaml.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml

from include.errors import InputError, keep_secret, secrets_of


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
        keep_secret(self.password)
        for secret in secrets_of(self.host, self.extra):
            keep_secret(secret)


@dataclass(frozen=True)
class Registry:
    """Everything that was configured: connections by id, variables by key (their text)."""

    connections: Mapping[str, Connection]
    variables: Mapping[str, str]


def read_registry(settings_file: Path, environment: Mapping[str, str]) -> Registry:
    """The connections and variables of a settings file, with what the environment sets instead. Raises InputError."""
    try:
        content = yaml.safe_load(settings_file.read_text(encoding="utf-8"))["airflow"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise InputError(
            "the settings cannot be read",
            where=str(settings_file),
            got=error,
            expected="the Astro CLI's format: airflow: connections, pools, variables",
        ) from error
    connections = {str(entry["conn_id"]): _from_entry(entry) for entry in content.get("connections") or []}
    variables = {
        str(entry["variable_name"]): _text(entry["variable_value"])
        for entry in content.get("variables") or []
    }
    for name, value in environment.items():
        if name.startswith("AIRFLOW_CONN_"):
            conn_id = name.removeprefix("AIRFLOW_CONN_").lower()
            connections[conn_id] = from_text(conn_id, value)
        elif name.startswith("AIRFLOW_VAR_"):
            variables[name.removeprefix("AIRFLOW_VAR_").lower()] = value
    return Registry(connections, variables)


def from_text(conn_id: str, value: str) -> Connection:
    """A connection from Airflow's JSON or URI form. Raises InputError, which never repeats the value (a secret)."""
    try:
        if value.lstrip().startswith("{"):
            entry = json.loads(value)
            extra = entry.get("extra") or {}
            return Connection(
                conn_id,
                str(entry.get("conn_type", "")),
                str(entry.get("host") or ""),
                _port(entry.get("port")),
                str(entry.get("login") or ""),
                str(entry.get("password") or ""),
                str(entry.get("schema") or ""),
                json.loads(extra) if isinstance(extra, str) else extra,
            )
        parts = urlsplit(value)
        extra = dict(parse_qsl(parts.query))
        if "__extra__" in extra:
            extra = json.loads(extra["__extra__"])
        return Connection(
            conn_id,
            parts.scheme.replace("-", "_"),
            unquote(parts.hostname or ""),
            _port(parts.port),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            unquote(parts.path.lstrip("/")),
            extra,
        )
    except (ValueError, AttributeError, TypeError):
        raise InputError(
            "a connection cannot be read",
            where=f"AIRFLOW_CONN_{conn_id.upper()}",
            expected='Airflow\'s JSON form {"conn_type": …, "host": …} or its URI form',
        ) from None


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
    extra = entry.get("conn_extra") or {}
    try:
        return Connection(
            str(entry["conn_id"]),
            str(entry.get("conn_type", "")),
            str(entry.get("conn_host") or ""),
            _port(entry.get("conn_port")),
            str(entry.get("conn_login") or ""),
            str(entry.get("conn_password") or ""),
            str(entry.get("conn_schema") or ""),
            json.loads(extra) if isinstance(extra, str) else extra,
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(
            "a connection cannot be read",
            where=f"connection {entry['conn_id']}",
            expected="a port from 1 to 65535, and extra as JSON",
            got=error,
        ) from error


def _port(told: Any) -> int | None:
    """A port. Raises ValueError."""
    if not told:
        return None
    port = int(told)
    if not 0 < port < 65536:
        raise ValueError(f"port {port}")
    return port


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
