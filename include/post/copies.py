"""Copies of a letter: the mail that its release queues, an operator's resend, and rehearsals.

A copy is built, archived as .eml and queued in the caller's transaction: after the commit sending only moves bytes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine, func, insert, select

from include.act import Act
from include.errors import InputError, StateError
from include.language import say
from include.letter_kinds import useful_life
from include.periods import office_date
from include.post import audit
from include.post.composed import ComposedLetter, stored_composition
from include.post.drafts import StoredLetter, locked
from include.post.message import Dispatch, build_message, message_id
from include.post.outbox import has_left, restore_settled, withdraw_all
from include.post.outgoing import Outgoing
from include.post.recipients import Recipient, address_problem, name_problem, recipients_for
from include.post.server import MailServer, is_on_this_machine
from include.profile.current import office
from include.replies.answered import check_of, tagged
from include.rules import POST
from include.store import tables
from include.store.engine import writing

_delivery = tables.delivery


@dataclass(frozen=True)
class QueuedCopy:
    """One mail in the outbox."""

    copy_no: int
    message_id: str
    eml_sha256: str
    size_bytes: int


class TooLarge(Exception):
    """The mail is larger than POST.largest_message_bytes; the text is the reason for the operator."""


def simulated_blocker(letter: StoredLetter, server: MailServer) -> str:
    """Why a letter of simulated data may not go to this server (Chinese), or empty."""
    if letter.is_simulated and not is_on_this_machine(server):
        return say(
            "模拟数据的函件只能发往本机邮箱，当前邮件服务器 {label} 不在本机：未发出", label=server.label
        )
    return ""


def largest_message_bytes() -> int:
    """The largest mail that this office sends: as its profile says (`largest_mail_mib`), or the house's default."""
    return office().largest_mail_mib * 2**20 or POST.largest_message_bytes


def queue_copy(
    connection: Connection,
    outgoing: Outgoing,
    letter: StoredLetter,
    composed: ComposedLetter,
    recipients: Sequence[Recipient],
    act: Act,
    *,
    references: tuple[str, ...] = (),
    is_rehearsal: bool = False,
) -> QueuedCopy:
    """Builds the next copy's mail, archives it and queues one delivery a recipient. Raises TooLarge, CompositionError."""
    last = connection.execute(
        select(func.max(_delivery.c.copy_no)).where(
            _delivery.c.letter_id == letter.letter_id, _delivery.c.is_rehearsal == is_rehearsal
        )
    ).scalar_one()
    copy_no = (last or 0) + 1
    dispatch = Dispatch(
        letter.letter_key,
        copy_no,
        is_rehearsal,
        letter.is_simulated,
        letter.addressee_name,
        tuple(recipients),
        references,
        act.now,
        _reply_to(outgoing, letter),
        outgoing.office.attachment_names,
    )
    eml = build_message(dispatch, composed, outgoing.server)
    if len(eml) > (largest := largest_message_bytes()):
        raise TooLarge(
            say(
                "邮件 {count:.1f} MB，超过上限 {largest_message_bytes:.0f} MB：请精简附件后重新拟稿",
                count=len(eml) / 2**20,
                largest_message_bytes=largest / 2**20,
            )
        )
    identity = message_id(
        letter.letter_key, copy_no, is_rehearsal=is_rehearsal, domain=outgoing.server.domain
    )
    copy = QueuedCopy(copy_no, identity, outgoing.archive.put(eml), len(eml))
    rows = [
        {
            "letter_id": letter.letter_id,
            "copy_no": copy_no,
            "is_rehearsal": is_rehearsal,
            "address": each.address,
            "name": each.name,
            "header": each.header,
            "message_id": identity,
            "eml_sha256": copy.eml_sha256,
            "state": "queued",
            "state_reason": act.reason,
            "attempts": 0,
            "next_attempt_at": act.now,
            "expires_at": act.now + useful_life(letter.kind),
            "updated_at": act.now,
        }
        for each in recipients
    ]
    ids = connection.execute(
        insert(_delivery).returning(_delivery.c.delivery_id, sort_by_parameter_order=True), rows
    ).scalars()
    changes = [audit.Change("delivery", str(each), "queue", None, "queued", act.reason) for each in ids]
    audit.record(connection, changes, now=act.now, actor=act.actor)
    return copy


def _reply_to(outgoing: Outgoing, letter: StoredLetter) -> str:
    """Where answers go: the office's address, with the letter in it where the server of that mailbox takes addresses with a plus."""
    office = outgoing.office
    if not (office.reply_to and office.has_own_replies):
        return office.reply_to
    check = check_of(letter.letter_id, letter.letter_key)
    return tagged(office.reply_to, "l", letter.letter_id, check)


def resend(outgoing: Outgoing, letter_id: int, act: Act, *, only: Collection[str] = ()) -> QueuedCopy:
    """A person sends a released letter again, as the next copy with the same files and number, to today's contacts
    (or those of them in `only`). What was refused or expired of earlier copies is settled by it.

    Raises StateError while an earlier copy is under way or unknown; InputError without a reason or a recipient.
    """
    if not act.reason.strip():
        raise InputError(
            "a reason is needed", where=f"letter {letter_id}", todo="say why the letter goes again"
        )
    with writing(outgoing.engine) as connection:
        letter = locked(connection, letter_id)
        if letter.state != "released":
            raise StateError(
                f"the letter is {letter.state}",
                where=letter.letter_key,
                expected="released",
                todo="release it",
            )
        _require_settled(connection, letter)
        if blocker := simulated_blocker(letter, outgoing.server):
            raise StateError("the letter cannot go there", where=letter.letter_key, got=blocker)
        addressing = recipients_for(
            connection, letter.kind, letter.unit_code, office_date(act.now), letter.addressee
        )
        wanted = {address.lower() for address in only}
        chosen = [each for each in addressing.recipients if not wanted or each.address.lower() in wanted]
        if addressing.blocker or not chosen:
            raise InputError(
                "nobody to send to",
                where=letter.letter_key,
                got=addressing.blocker or ", ".join(sorted(only)),
                expected="an address of the contacts valid today",
                todo="correct the contacts first",
            )
        copy = queue_copy(
            connection,
            outgoing,
            letter,
            stored_composition(connection, outgoing.archive, letter_id),
            chosen,
            act,
            references=(letter.message_id,) if letter.message_id else (),
        )
        _settle_earlier(connection, letter, copy, addressing.recipients, chosen, act)
        return copy


def take_back(engine: Engine, letter_id: int, act: Act, *, copy_no: int | None = None) -> int:
    """A person takes what is still queued of a released letter out of the outbox: of one copy, or of all. What a resend had
    settled of earlier copies needs a person again. Returns recipients.

    Raises InputError without a reason; StateError when nothing is queued, or when nothing of the letter's only copy has left:
    then it is withheld as a whole (`release.withdraw`), which also voids its number.
    """
    if not act.reason.strip():
        raise InputError("a reason is needed", where=f"letter {letter_id}", todo="say why it is taken back")
    with writing(engine) as connection:
        letter = locked(connection, letter_id)
        rows = connection.execute(
            select(_delivery.c.copy_no, _delivery.c.state, _delivery.c.smtp_code)
            .where(_delivery.c.letter_id == letter_id, _delivery.c.is_rehearsal.is_(False))
            .with_for_update()
        ).all()
        queued = {row.copy_no for row in rows if row.state == "queued" and copy_no in (None, row.copy_no)}
        if not queued:
            raise StateError(
                "nothing is queued",
                where=letter.letter_key,
                expected="a delivery in state queued",
                todo="what has left cannot be taken back",
            )
        if not any(row.copy_no > 1 or has_left(row.state, row.smtp_code) for row in rows):
            raise StateError(
                "nothing of the letter has left",
                where=letter.letter_key,
                todo="withhold it: its number becomes 作废",
            )
        conditions = [
            _delivery.c.letter_id == letter_id,
            _delivery.c.is_rehearsal.is_(False),
            _delivery.c.state == "queued",
            _delivery.c.copy_no.in_(sorted(queued)),
        ]
        taken = withdraw_all(connection, conditions, actor=act.actor, reason=act.reason, now=act.now)
        for number in sorted(queued):
            restore_settled(
                connection,
                letter_id,
                replaced_by(number),
                say("第 {number} 份已撤回，仍待处理", number=number),
                actor=act.actor,
                now=act.now,
            )
        return taken


def replaced_by(copy_no: int) -> str:
    """The reason of earlier recipients that a copy has settled."""
    return say("已由第 {copy_no} 份代替", copy_no=copy_no)


def rehearse(outgoing: Outgoing, letter_id: int, to: Recipient, act: Act) -> QueuedCopy:
    """演练: the letter as it is now, marked, to the operator alone. Its state and number stay as they are.

    Raises InputError for an address that cannot be used, StateError for simulated data and a server elsewhere.
    """
    problem = address_problem(to.address) or name_problem(to.name)
    if problem:
        raise InputError(
            "the rehearsal cannot go there", where="operator's address", got=to.address, expected=problem
        )
    with writing(outgoing.engine) as connection:
        letter = locked(connection, letter_id)
        if blocker := simulated_blocker(letter, outgoing.server):
            raise StateError("the letter cannot go there", where=letter.letter_key, got=blocker)
        composed = stored_composition(connection, outgoing.archive, letter_id)
        return queue_copy(
            connection, outgoing, letter, composed, [to], replace(act, reason=say("演练")), is_rehearsal=True
        )


def _require_settled(connection: Connection, letter: StoredLetter) -> None:
    open_states = connection.execute(
        select(_delivery.c.address, _delivery.c.state).where(
            _delivery.c.letter_id == letter.letter_id,
            _delivery.c.is_rehearsal.is_(False),
            _delivery.c.state.in_(("queued", "sending", "unknown")),
        )
    ).all()
    if open_states:
        raise StateError(
            "an earlier copy is not settled",
            where=letter.letter_key,
            got=", ".join(f"{row.address} {row.state}" for row in open_states),
            todo="wait for the next round, or settle what is unknown with: letters resolve",
        )


def _settle_earlier(
    connection: Connection,
    letter: StoredLetter,
    copy: QueuedCopy,
    current: Sequence[Recipient],
    chosen: Sequence[Recipient],
    act: Act,
) -> None:
    """Refused and expired recipients of earlier copies need nobody any more, unless they are contacts left out now."""
    left_out = {each.address for each in current} - {each.address for each in chosen}
    conditions = [
        _delivery.c.letter_id == letter.letter_id,
        _delivery.c.is_rehearsal.is_(False),
        _delivery.c.copy_no < copy.copy_no,
        _delivery.c.state.in_(("refused", "expired")),
        _delivery.c.address.not_in(left_out),
    ]
    withdraw_all(connection, conditions, actor=act.actor, reason=replaced_by(copy.copy_no), now=act.now)
