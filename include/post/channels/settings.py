"""A channel beside mail as it is configured. Its key and secret are in no repr, log, error or row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

from include.errors import InputError, keep_secret
from include.post.server import is_this_machine

ChannelKind = Literal["wecom", "dingtalk", "feishu", "webhook"]
MORNING, URGENT, OVERDUE, ESCALATED = "morning", "urgent", "overdue", "escalated"
TOPICS: Final = (MORNING, URGENT, OVERDUE, ESCALATED)
FORMS: Final = ("text", "card")
_ADDRESSES: Final = {
    "wecom": "https://qyapi.weixin.qq.com",
    "dingtalk": "https://oapi.dingtalk.com",
    "feishu": "https://open.feishu.cn",
    "webhook": "",
}


@dataclass(frozen=True)
class Channel:
    """One group's robot, or one webhook. Raises InputError for what cannot be used.

    name         of the connection; the outbox keeps it
    address      of the server (the robots' own unless told otherwise); the whole URL of a webhook
    token        the robot's key, which stands in its URL; the secret of a webhook (whsec_…)
    secret       with which 钉钉 and 飞书 sign, where the group asks for that
    topics       what it is told: of a group among TOPICS, of a webhook types of events; empty: everything
    form         text, or card: with the table as a picture (企业微信), as formatted text (钉钉) or as a card (飞书)
    ca_file      PEM of the authority that signed the server's certificate, when it is not a public one
    """

    name: str
    kind: ChannelKind
    token: str = field(repr=False)
    address: str = ""
    secret: str = field(default="", repr=False)
    topics: frozenset[str] = frozenset()
    form: str = "text"
    ca_file: str = ""
    timeout_seconds: float = 20.0

    def __post_init__(self) -> None:
        keep_secret(self.token)
        keep_secret(self.secret)
        where = f"connection {self.name}"
        if self.kind not in get_args(ChannelKind):
            raise InputError(
                "unknown kind of channel",
                where=where,
                got=self.kind,
                expected=" | ".join(get_args(ChannelKind)),
            )
        if not 0 < len(self.name) <= 64:
            raise InputError("a channel needs a name of 1 to 64 characters", where="channels", got=self.name)
        if not (self.token and self.token.isascii() and self.token.isprintable() and " " not in self.token):
            raise InputError(
                "a channel needs its key",
                where=where,
                expected="the robot's key as the connection's password",
            )
        if self.form not in FORMS:
            raise InputError("unknown form", where=where, got=self.form, expected=" | ".join(FORMS))
        if self.kind != "webhook" and (unknown := self.topics - set(TOPICS)):
            raise InputError(
                "unknown topic", where=where, got=", ".join(sorted(unknown)), expected=" | ".join(TOPICS)
            )
        if not 0 < self.timeout_seconds <= 120:
            raise InputError("a time-out is 1 to 120 seconds", where=where, got=self.timeout_seconds)
        _require_address(self.base, where)

    @property
    def base(self) -> str:
        """Where its server is."""
        return (self.address or _ADDRESSES[self.kind]).rstrip("/")

    def wants(self, topic: str) -> bool:
        """Whether it is told this."""
        return not self.topics or topic in self.topics

    @property
    def is_on_this_machine(self) -> bool:
        """Whether its server is this machine: what was made from simulated data goes nowhere else."""
        parts = urlsplit(self.base)
        return is_this_machine(parts.hostname or "", parts.port or 443)


def _require_address(address: str, where: str) -> None:
    try:
        parts = urlsplit(address)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
        is_usable = is_usable and (parts.port is None or parts.port > 0)
    except ValueError:
        is_usable = False
    if not is_usable:
        raise InputError("the address cannot be used", where=where, expected="https://…")
    if parts.scheme == "http" and not is_this_machine(parts.hostname or "", parts.port or 80):
        raise InputError(
            "the key would cross the network unencrypted", where=where, expected="https://…, or this machine"
        )


@dataclass(frozen=True)
class Channels:
    """The channels of an installation. `test_group`: where rehearsals go; None: nowhere."""

    groups: tuple[Channel, ...] = ()
    test_group: Channel | None = None
    webhooks: tuple[Channel, ...] = ()

    @property
    def all(self) -> tuple[Channel, ...]:
        """Every channel, each once."""
        test = (self.test_group,) if self.test_group else ()
        return tuple({one.name: one for one in (*self.groups, *test, *self.webhooks)}.values())


NO_CHANNELS: Final = Channels()
