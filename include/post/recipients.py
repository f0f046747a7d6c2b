"""Who gets a letter: the contacts of its city (or of the ministry) that are valid on the day, checked and without doubles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, Row, or_, select

from include import letter_kinds
from include.addresses import CONTROL, is_long_mailbox, is_mailbox
from include.language import say
from include.profile.current import office
from include.store import tables

Header = Literal["to", "cc"]


@dataclass(frozen=True)
class Recipient:
    """One address of one letter. `header` says whether it stands in To or Cc."""

    address: str
    name: str
    header: Header


@dataclass(frozen=True)
class Addressing:
    """Where a letter goes. `remarks`: what was left out and why; `blocker`: why it can go nowhere, or empty (Chinese)."""

    recipients: tuple[Recipient, ...]
    remarks: tuple[str, ...] = ()
    blocker: str = ""


def recipients_for(
    connection: Connection, letter_kind: str, unit_code: str | None, on_date: date, addressee: str = ""
) -> Addressing:
    """The recipients on a Beijing date.

    A city's letter goes to its `to` contacts, copied to its `cc` ones, one of a kind that is copied up (a reminder) also to the
    `province` contacts of its province. A letter about all cities goes to the ministry's `leader`, copied to `duty`, one to the operators to `duty` alone; one about the cities of a province
    (`addressee` is its code) to the `province` contacts. Order: To before Cc, then by
    address. An address that cannot be used, or appears twice, is left out with a remark.
    """
    if unit_code is None and addressee and addressee not in addressees():
        contacts = _contacts(connection, addressee, ("province",), on_date)
        return _checked(
            say("省份 {addressee} ", addressee=addressee),
            contacts,
            primary="province",
            label=say("省级联系人（province）"),
        )
    if unit_code is None and addressee == "operators":
        own = office().own_unit
        contacts = _contacts(connection, own, ("duty",), on_date)
        return _checked(_own_name(own), contacts, primary="duty", label=say("值班联系人（duty）"))
    if unit_code is None:
        own = office().own_unit
        contacts = _contacts(connection, own, ("leader", "duty"), on_date)
        return _checked(_own_name(own), contacts, primary="leader", label=say("收件领导（leader）"))
    place = connection.execute(
        select(tables.city.c.unit_name, tables.city.c.province_code, tables.city.c.province_name).where(
            tables.city.c.unit_code == unit_code
        )
    ).one_or_none()
    if place is None:
        return Addressing(
            (), (), say("城市代码 {unit_code} 不在城市表中：请核对代码后重新拟稿", unit_code=unit_code)
        )
    contacts = _contacts(connection, unit_code, ("to", "cc"), on_date)
    remarks: tuple[str, ...] = ()
    if letter_kinds.letter_kind(letter_kind).is_copied_up:
        province = _contacts(connection, place.province_code, ("province",), on_date)
        contacts += province
        if not province and not _reports_to_us(unit_code):
            remarks = (
                say(
                    "{province_name}没有有效的省级联系人（province），{letter_label}未抄送省级",
                    province_name=place.province_name,
                    letter_label=letter_kinds.letter_label(letter_kind),
                ),
            )
    found = _checked(place.unit_name, contacts, primary="to", label=say("主送联系人（to）"))
    return Addressing(found.recipients, remarks + found.remarks, found.blocker)


def _reports_to_us(unit_code: str) -> bool:
    """Whether nobody stands between the unit and this office, so that nobody is to be copied."""
    unit = office().unit(unit_code)
    return unit is not None and unit.reports_to == office().own_unit


def addressees() -> dict[str, str]:
    """What people call an addressee that is no unit."""
    titles = office().titles
    return {"leader": titles["leader"], "operators": titles["operators"]}


def _own_name(code: str) -> str:
    own = office().unit(code)
    return own.name if own else code


def address_problem(address: str) -> str:
    """Why an address cannot be used (Chinese), or empty. Only plain ASCII `name@domain` is taken."""
    if CONTROL.search(address):
        return say("地址含有控制字符或换行")
    if not is_mailbox(address):
        return say("地址不是 name@domain 形式的英文地址")
    if is_long_mailbox(address):
        return say("地址过长")
    return ""


def name_problem(name: str) -> str:
    """Why a display name cannot be used (Chinese), or empty."""
    return say("名称含有控制字符或换行") if CONTROL.search(name) else ""


def _contacts(
    connection: Connection, region_code: str, roles: Sequence[str], on_date: date
) -> list[Row[tuple[Any, ...]]]:
    contact = tables.contact.c
    return list(
        connection.execute(
            select(contact.role, contact.address, contact.name)
            .where(contact.region_code == region_code, contact.role.in_(roles))
            .where(contact.valid_from <= on_date, or_(contact.valid_to.is_(None), contact.valid_to > on_date))
            .order_by(contact.address, contact.contact_id)
        )
    )


def _checked(place: str, contacts: list[Row[tuple[Any, ...]]], *, primary: str, label: str) -> Addressing:
    """Keeps the usable contacts, each address once (To wins over Cc); without a usable `primary` one the letter is blocked."""
    kept: dict[str, Recipient] = {}
    remarks: list[str] = []
    for contact in sorted(contacts, key=lambda each: each.role != primary):
        address = contact.address.strip()
        problem = address_problem(address) or name_problem(contact.name)
        if problem:
            remarks.append(
                say(
                    "{place}联系人 {name} <{address}> 未使用：{problem}",
                    place=place,
                    name=_printable(contact.name),
                    address=_printable(address),
                    problem=problem,
                )
            )
        elif address.lower() in kept:
            remarks.append(say("{place}联系人地址 {address} 重复，只发一次", place=place, address=address))
        else:
            kept[address.lower()] = Recipient(
                address, contact.name, "to" if contact.role == primary else "cc"
            )
    if not any(recipient.header == "to" for recipient in kept.values()):
        unusable = say("；").join(remarks)
        return Addressing(
            (),
            tuple(remarks),
            say(
                "{place}在发文日没有可用的{label}：请在联系人表中补充或更正后再发出", place=place, label=label
            )
            + (say("（{unusable}）", unusable=unusable) if unusable else ""),
        )
    return Addressing(tuple(kept.values()), tuple(remarks))


def _printable(text: str) -> str:
    return CONTROL.sub("�", text)
