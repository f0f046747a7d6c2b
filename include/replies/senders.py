"""Who sent a mail: what the own server says about it, and nobody else.

Only fields `Authentication-Results` that name the own server count, and of these only those above its own trace, or the topmost one: what
a sender writes into a mail himself stands below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

from include.replies.mail import Mail

Authenticity = Literal["pass", "fail", "none"]
_RESULT: Final = re.compile(r"\s*(dmarc|dkim|spf)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY: Final = re.compile(
    r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom|smtp\.mail|envelope-from)\s*=\s*\"?([^\s;\"]+)",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_WORD: Final = re.compile(r"[A-Za-z0-9.@_+-]*")
_BY: Final = re.compile(r"\bby\s+([^\s;()]+)", re.IGNORECASE)


def authenticity(mail: Mail, own_server: str) -> Authenticity:
    """What the own server says: `pass` where a check that passed names a domain that speaks for that of From; `fail` where one failed and none
    passed, `none` where it says nothing. `own_server`: its name in Authentication-Results; empty: it writes none."""
    sender = mail.sender.rpartition("@")[2]
    if not own_server or not sender:
        return "none"
    results = list(_results(_own_fields(mail, own_server.lower())))
    if any(method == "dmarc" and result == "fail" for method, result, _ in results):
        return "fail"
    for _, result, domain in results:
        if result == "pass" and is_aligned(domain, sender):
            return "pass"
    return "fail" if any(result in ("fail", "softfail", "permerror") for _, result, _ in results) else "none"


def is_aligned(domain: str, sender: str) -> bool:
    """Whether a domain speaks for the sender's: the same, or one of the two below the other (DMARC's relaxed alignment).

    >>> is_aligned("mail.yq.example", "yq.example"), is_aligned("evil-yq.example", "yq.example")
    (True, False)
    """
    domain, sender = domain.strip(".").lower(), sender.strip(".").lower()
    if domain.count(".") < 1 or sender.count(".") < 1:
        return domain == sender != ""
    return domain == sender or domain.endswith(f".{sender}") or sender.endswith(f".{domain}")


def _own_fields(mail: Mail, own_server: str) -> list[str]:
    """The own server's results: those above its own trace (`Received`), which nobody else can write, or else the topmost one below
    it: what comes after that may be the sender's."""
    found: list[str] = []
    is_traced = False
    for name, value in mail.heads:
        if name == "received":
            if not is_same_host(server_of(value), own_server):
                break
            if found:
                return found
            is_traced = True
        elif name == "authentication-results":
            plain = _plain(value)
            told = plain.partition(";")[0].split()
            if told and told[0].lower() == own_server:
                found.append(plain.partition(";")[2])
                if is_traced:
                    break
            elif found:
                break
        elif name in ("from", "to", "subject", "date", "message-id", "mime-version"):
            break  # below stands the sender's own
    return found[:1]


def server_of(trace: str) -> str:
    """The server that left a trace (`Received`); empty where it does not say."""
    by = _BY.search(_plain(trace))
    return by[1] if by else ""


def _plain(value: str) -> str:
    """A structured field without its comments; a quoted string stands for itself where it is a plain word, and for nothing otherwise:
    the local part of an envelope's sender is anybody's words. What is not closed ends the field.

    >>> _plain('spf=none smtp.mailfrom="a; dkim=pass"@b.example (x "y); dmarc=none')
    'spf=none smtp.mailfrom=_@b.example   ; dmarc=none'
    """
    told: list[str] = []
    at = depth = 0
    while at < len(value):
        char = value[at]
        if char == "\\":
            at += 2
            continue
        if char in "()":
            depth = max(depth + (1 if char == "(" else -1), 0)
            told.append(" ")
        elif char == '"' and not depth:
            quoted = _QUOTED.match(value, at)
            if quoted is None:
                break
            told.append(quoted[1] if _WORD.fullmatch(quoted[1]) else "_")
            at = quoted.end()
            continue
        elif not depth:
            told.append(char)
        at += 1
    return "".join(told)


def is_same_host(one: str, other: str) -> bool:
    """Whether two names are those of one server, or of one below the other's domain (mx1.office.example, office.example)."""
    one, other = one.strip(".").lower(), other.strip(".").lower()
    return (
        one == other
        or one.endswith(f".{other}")
        or (other.count(".") > 1 and other.endswith(f".{one}") and one.count(".") >= 1)
    )


def _results(fields: Iterable[str]) -> Iterable[tuple[str, str, str]]:
    """`method, result, domain` of each check."""
    for field in fields:
        for clause in field.split(";"):
            method = _RESULT.match(clause)
            if method is None:
                continue
            told = {name.lower(): value for name, value in _PROPERTY.findall(clause)}
            named = {
                "dmarc": told.get("header.from", ""),
                "dkim": told.get("header.d") or told.get("header.i", "").rpartition("@")[2],
                "spf": (
                    told.get("smtp.mailfrom") or told.get("smtp.mail") or told.get("envelope-from", "")
                ).rpartition("@")[2],
            }[method[1].lower()]
            yield method[1].lower(), method[2].lower(), named.strip("<>")
