"""What a bounce does to the deliveries of its letter: for good, it was refused and a person must act; for now, it is noted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from include.language import say
from include.office.mailroom.matching import Match
from include.post.outbox import note_bounce, refuse_bounced
from include.replies.senders import is_aligned
from include.replies.verdict import Verdict
from include.sources.reading.mails import ReadMail
from include.store import tables

_delivery = tables.delivery.c
_LEFT: Final = ("sent", "unknown", "refused")
_LONGEST: Final = 500


@dataclass(frozen=True)
class Bounced:
    """What became of a bounce: addresses that were refused by it, addresses of which it was noted, or why a person must look."""

    refused: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    tray_reason: str = ""


def take_bounce(
    connection: Connection,
    read: ReadMail,
    match: Match | None,
    trusted: Iterable[str],
    *,
    now: datetime,
    actor: str,
) -> Bounced:
    """Acts on a bounce or a notice of delay. Only deliveries of the letter that came back are touched, of these only what left, and
    only where the report can be about them: see `_doubt`."""
    verdict = read.verdict
    if match is None:
        return Bounced(tray_reason=say("退信没有说明是哪封函件"))
    named = _named(connection, verdict, match)
    if not named:
        return Bounced(tray_reason=say("退信没有说明是哪个收件地址，或该地址不在这封函件的收件人中"))
    if doubt := _doubt(connection, read, match, named, trusted):
        return Bounced(tray_reason=say("未经验证的退信：{doubt}", doubt=doubt))
    words = " ".join(verdict.words.split())[:_LONGEST]
    told = f"{verdict.status} {words}".strip() or say("对方未说明原因")
    ids = [delivery_id for delivery_id, _ in named]
    addresses = tuple(address for _, address in named)
    if verdict.kind == "bounce" and verdict.permanence == "permanent":
        refuse_bounced(connection, ids, say("退信：{told}", told=told), words, actor=actor, now=now)
        return Bounced(refused=addresses)
    noted = say("延迟投递：{told}" if verdict.kind == "delayed" else "暂时退信：{told}", told=told)
    note_bounce(connection, ids, noted, actor=actor, now=now)
    unclear = verdict.kind == "bounce" and not verdict.permanence
    return Bounced(noted=addresses, tray_reason=say("退信没有说明地址是否失效") if unclear else "")


def _doubt(
    connection: Connection,
    read: ReadMail,
    match: Match,
    named: Sequence[tuple[int, str]],
    trusted: Iterable[str],
) -> str:
    """Why anybody may have written this report, or empty. A mail with an envelope sender of its own is reported to that address, whose
    tag nobody can guess; of the others the report must name the Message-ID, and whoever our server knows must be the address's own
    server or ours."""
    if read.authenticity == "fail":
        return say("本单位邮件服务器判定发件人 {sender} 未通过验证", sender=read.sender)
    if match.delivery_id is not None:
        return ""
    ids = [delivery_id for delivery_id, _ in named]
    has_tag = select(_delivery.delivery_id).where(
        _delivery.delivery_id.in_(ids), _delivery.return_tag.is_not(None)
    )
    if connection.execute(has_tag.limit(1)).first() is not None:
        return say("原函件以专用的退信地址发出，这封退信没有寄到该地址")
    if not match.message_id:
        return say("没有写明原函件的 Message-ID")
    domain = read.sender.rpartition("@")[2]
    known = {
        match.message_id.strip("<>").rpartition("@")[2],
        *(address.rpartition("@")[2] for _, address in named),
    }
    known |= {one.lstrip("@") for one in trusted}
    if read.authenticity == "pass" and not any(is_aligned(domain, one) for one in known):
        return say("发件人 {sender} 的域名与被退回的地址、与本单位都无关", sender=read.sender)
    return ""


def _named(connection: Connection, verdict: Verdict, match: Match) -> list[tuple[int, str]]:
    """The deliveries that the bounce is about: by the address that only one had, by the addresses that it names, or the only one."""
    query = select(_delivery.delivery_id, _delivery.address).where(
        _delivery.letter_id == match.letter_id, _delivery.state.in_(_LEFT)
    )
    if match.message_id:
        query = query.where(_delivery.message_id == match.message_id)
    rows = [
        (row.delivery_id, row.address) for row in connection.execute(query.order_by(_delivery.delivery_id))
    ]
    if match.delivery_id is not None:
        return [row for row in rows if row[0] == match.delivery_id]
    named = [row for row in rows if row[1].lower() in verdict.recipients]
    if named or len({address.lower() for _, address in rows}) != 1:
        return named
    return [] if verdict.recipients and match.how != "references" else rows
