"""Every letter due on a day accounted for by name and state, and every mail of the local mailbox known to the outbox."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select

from include.errors import CheckFailed
from include.language import say
from include.post import numbers
from include.post.local_server import copies
from include.post.outbox import TAKEN_CODES
from include.post.recipients import addressees
from include.store import statements, tables

# A released letter is what the worst of its recipients is.
_WORST_FIRST: Final = ("unknown", "refused", "expired", "sending", "queued", "sent")
_BEFORE_RELEASE: Final = ("drafted", "awaiting_approval", "withheld", "rejected")
OPEN_STATES: Final = ("drafted", "awaiting_approval", "queued", "sending")


@dataclass(frozen=True)
class Accounted:
    """One letter of the day. `state`: an open state, sent, refused, unknown, withheld, rejected or expired."""

    letter_id: int
    letter_key: str
    kind: str
    addressee_name: str
    number: str | None
    state: str
    recipients: dict[str, int]
    reason: str


@dataclass(frozen=True)
class Reconciliation:
    """`faults` (Chinese, one a line) is empty when everything is accounted for."""

    on_date: date
    letters: tuple[Accounted, ...]
    faults: tuple[str, ...]

    @property
    def states(self) -> Counter[str]:
        """Letters by state."""
        return Counter(letter.state for letter in self.letters)


def reconcile(
    connection: Connection, on_date: date, *, due: Collection[str], mailbox: Path | None = None
) -> Reconciliation:
    """Accounts for the letters that go out on `on_date` (their period_end) and for `due`, the keys that must exist.

    `mailbox`: the folder of the local mailbox, whose mail is compared with the outbox both ways. A real mail server
    cannot be asked what it holds: without `mailbox` this compares nothing outside the store.
    """
    rows = statements.frame(connection, "account_letters", on_date=on_date)
    letters, faults = [], []
    rows = rows.assign(addressee_name=rows["addressee_name"].replace(addressees()))
    for row in rows.to_dict("records"):
        state, recipients = _account(row)
        if state == "":
            faults.append(
                say(
                    "{addressee_name} {letter_key}：状态为 {state}，但没有任何投递记录，去向不明",
                    addressee_name=row["addressee_name"],
                    letter_key=row["letter_key"],
                    state=row["state"],
                )
            )
        number = row["number"] if isinstance(row["number"], str) else None
        letters.append(
            Accounted(
                row["letter_id"],
                row["letter_key"],
                row["kind"],
                row["addressee_name"],
                number,
                state or "unaccounted",
                recipients,
                row["state_reason"],
            )
        )
    known = {letter.letter_key for letter in letters}
    faults += [say("{key}：应有函件，但发件箱中没有", key=key) for key in sorted(set(due) - known)]
    faults += numbers.gaps(connection)
    if mailbox is not None:
        faults += _mailbox_faults(connection, mailbox)
    return Reconciliation(on_date, tuple(letters), tuple(faults))


def require_reconciled(found: Reconciliation) -> None:
    """Raises CheckFailed with every fault."""
    if found.faults:
        raise CheckFailed(
            say("{count} 处对不上：", count=len(found.faults)) + say("；").join(found.faults),
            where=say("对账 {on_date}", on_date=found.on_date),
            expected=say("每份应发函件都有去向，邮箱中的每封邮件都在发件箱中"),
            todo=say("逐条核实后再发后续函件"),
        )


def _account(row: Mapping[Any, Any]) -> tuple[str, dict[str, int]]:
    recipients = {state: int(row[state]) for state in _WORST_FIRST if row[state]}
    if row["state"] in _BEFORE_RELEASE:
        return row["state"], recipients
    return next((state for state in _WORST_FIRST if state in recipients), ""), recipients


def _mailbox_faults(connection: Connection, mailbox: Path) -> list[str]:
    delivery = tables.delivery.c
    columns = (delivery.message_id, delivery.address, delivery.state, delivery.smtp_code)
    rows = connection.execute(select(*columns)).all()
    states = {(row.message_id, row.address): row.state for row in rows}
    # What the server took and bounced later, whatever became of it since.
    taken = {
        (row.message_id, row.address)
        for row in rows
        if row.smtp_code in TAKEN_CODES and row.state in ("refused", "withdrawn")
    }
    held = copies(mailbox)
    faults = []
    for (identity, address), count in sorted(held.items()):
        state = states.get((identity, address))
        if state is None:
            faults.append(
                say(
                    "邮箱中有发件箱不知道的邮件：{identity} 收件人 {address}",
                    identity=identity or say("（无 Message-ID）"),
                    address=address,
                )
            )
        elif state not in ("sent", "sending", "unknown") and (identity, address) not in taken:
            faults.append(
                say(
                    "邮箱已收到 {identity} 收件人 {address}，但发件箱记为 {state}",
                    identity=identity,
                    address=address,
                    state=state,
                )
            )
        elif count > 1:
            faults.append(
                say(
                    "邮箱中同一邮件有 {count} 份：{identity} 收件人 {address}",
                    count=count,
                    identity=identity,
                    address=address,
                )
            )
    missing = sorted(key for key, state in states.items() if state == "sent" and key not in held)
    faults += [
        say("发件箱记为已送出，但邮箱中没有：{identity} 收件人 {address}", identity=identity, address=address)
        for identity, address in missing
    ]
    return faults
