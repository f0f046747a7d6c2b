"""What a source's list of contacts changes in the book of contacts: values in, decisions out.

The rules, in their order:

1. A row that a person decided (`is_fixed`) is changed by no source. A source that tells it otherwise is a question.
   Where it tells again an address of its own that it had corrected, and a person has since put another in the place of that
   correction, the question is the same: the old address does not come back beside the person's.
2. A source revises its own rows in place. What another source still tells belongs to that one; two sources that differ are
   a question, and the first one's words stay in force meanwhile.
3. A row that a source no longer tells, while it tells a new address on the same line (same region and role, and the same
   name, the same telephone, or the only line of both lists; or the same address in another role), was corrected in place:
   the old address ends on the day of the pull (or when the new one begins), the new one is in force, and a person is told.
   Where a person decided about the old address, the new one is held instead.
4. Any other row that a complete list no longer has stays in force, and a person is asked; so is one of this source in force
   that is in no source's latest list, however it came there.
5. What could not be read of a list is not missing from it: a list with such a row is not complete.
6. What a source itself corrected it may correct again: only persons' decisions, and other sources', stand against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from include.sources.contacts.rows import (
    Contact,
    Key,
    Known,
    Stay,
    agrees,
    foremost,
    is_same,
    is_unread,
    line_name,
    mailbox_of,
)


@dataclass(frozen=True)
class Listing:
    """What a source tells now. `is_whole`: it tells all its contacts; `unreadable`: the text of rows that could not be read."""

    source: str
    rows: tuple[Contact, ...]
    is_whole: bool
    unreadable: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether what is not in it is told no more."""
        return self.is_whole and not self.unreadable


@dataclass(frozen=True)
class Book:
    """What is known before. `told`: what this source told last (gone rows that are asked about included); `elsewhere`: who
    else tells a key; `held`: rows of this source that wait behind one of ours, with that one's contact_id."""

    known: tuple[Known, ...] = ()
    told: Mapping[Stay, Contact] = field(default_factory=dict)
    elsewhere: Mapping[Key, frozenset[str]] = field(default_factory=dict)
    held: Mapping[Stay, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """A question: `mine` is our row, `told` the source's (None: it tells none)."""

    kind: str
    mine: Contact
    told: Contact | None


@dataclass
class Plan:
    """What to write. `ends`: our row, its first day without letters, and the row that takes its place."""

    inserts: list[Contact] = field(default_factory=list)
    revisions: list[tuple[Known, Contact]] = field(default_factory=list)
    owners: list[tuple[Known, str]] = field(default_factory=list)
    ends: list[tuple[Known, date, Contact]] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    told: list[Contact] = field(default_factory=list)
    gone: list[Contact] = field(default_factory=list)
    forgotten: list[Contact] = field(default_factory=list)
    new: int = 0
    revised: int = 0
    unchanged: int = 0


def plan(listing: Listing, book: Book, today: date) -> Plan:
    """What the listing changes on that Beijing date."""
    return _Planning(listing, book, today).made()


class _Planning:
    """One plan in the making."""

    def __init__(self, listing: Listing, book: Book, today: date) -> None:
        self.listing, self.book, self.today = listing, book, today
        self.plan = Plan()
        self.corrected = {one.contact_id for one in book.known if one.ended_by == listing.source}
        everyone = [
            replace(one, is_fixed=False) if one.contact_id in self.corrected else one for one in book.known
        ]
        self.by_id = {known.contact_id: known for known in everyone}
        self.by_key: dict[Key, list[Known]] = {}
        self.by_mailbox: dict[tuple[str, str], list[Known]] = {}
        for known in everyone:
            self.by_key.setdefault(known.contact.key, []).append(known)
            self.by_mailbox.setdefault(mailbox_of(known.contact), []).append(known)
        self.now: dict[Stay, Contact] = {}

    def made(self) -> Plan:
        self._count()
        gone = self._gone()
        moved = self._moved(gone)
        fresh = [row for stay, row in self.now.items() if stay not in self.book.told and stay not in moved]
        fresh = [row for row in fresh if row.lasts(self.today)]
        heirs = {stay: heir for stay, row in gone.items() if (heir := self._heir(row, gone, fresh))}
        behind = self._behind(gone, heirs)
        in_force = {
            stay: self._settle(row, moved.get(stay), behind.get(stay)) for stay, row in self.now.items()
        }
        for stay, row in gone.items():
            heir = heirs.get(stay)
            self._leave(row, heir if heir and in_force[heir.stay] else None, is_paired=heir is not None)
        self._ask_about_strays()
        return self.plan

    def _count(self) -> None:
        for row in self.listing.rows:
            before = self.now.get(row.stay, self.book.told.get(row.stay))
            if before is None:
                self.plan.new += 1
            elif is_same(before, row):
                self.plan.unchanged += 1
            else:
                self.plan.revised += 1
            self.now[row.stay] = row
        self.plan.told = list(self.now.values())

    def _gone(self) -> dict[Stay, Contact]:
        unreadable = self.listing.unreadable.casefold()
        return {
            stay: row
            for stay, row in self.book.told.items()
            if stay not in self.now and row.mailbox not in unreadable
        }

    def _moved(self, gone: dict[Stay, Contact]) -> dict[Stay, Contact]:
        """Rows whose first day changed, by their new stay; they are taken out of `gone`."""
        moved: dict[Stay, Contact] = {}
        for stay, row in self.now.items():
            before = next((one for one in gone.values() if one.key == row.key), None)
            if stay not in self.book.told and before is not None:
                moved[stay] = gone.pop(before.stay)
                self.plan.forgotten.append(before)
        return moved

    def _heir(self, row: Contact, gone: dict[Stay, Contact], fresh: list[Contact]) -> Contact | None:
        """The new row on the line of one that is gone."""
        in_role = [one for one in fresh if (one.region_code, one.role) == (row.region_code, row.role)]
        for found in (
            [one for one in in_role if line_name(one) == line_name(row)],
            [one for one in in_role if row.phone and one.phone == row.phone],
            [one for one in fresh if mailbox_of(one) == mailbox_of(row)],
        ):
            if found:
                return found[0]
        if self.listing.is_complete and len(in_role) == 1 and len(self._line(self.now.values(), row)) == 1:
            before = self._line(self.book.told.values(), row)
            return in_role[0] if before == [row] and row.stay in gone else None
        return None

    def _line(self, rows: Iterable[Contact], of: Contact) -> list[Contact]:
        place = (of.region_code, of.role)
        return [one for one in rows if (one.region_code, one.role) == place and one.lasts(self.today)]

    def _behind(self, gone: dict[Stay, Contact], heirs: dict[Stay, Contact]) -> dict[Stay, Known]:
        """New rows that wait, by stay, each with the row of ours that a person decided on its line."""
        found: dict[Stay, Known] = {}
        for stay, heir in heirs.items():
            standing = self._standing(gone[stay])
            if standing is not None and standing.contact.key != heir.key:
                found[heir.stay] = standing
        for stay, contact_id in self.book.held.items():
            ours = self.by_id[contact_id]
            if stay in self.now and ours.is_fixed and ours.contact.lasts(self.today):
                found.setdefault(stay, ours)
        return found

    def _standing(self, row: Contact) -> Known | None:
        """The row that a person decided for this one's line and that is still used: this one, or what took its place."""
        for known in self.by_key.get(row.key, []):
            seen: set[int] = set()
            current: Known | None = known
            while current is not None and current.contact_id not in seen:
                if current.is_fixed and current.contact.lasts(self.today):
                    return current
                seen.add(current.contact_id)
                current = self.by_id.get(current.replaced_by_id or 0)
        return None

    def _stands_for(self, row: Contact) -> Known | None:
        """Another address that a person put, in the end, in the place of this one."""
        found = self._standing(row)
        return None if found is None or found.contact.key == row.key else found

    def _settle(self, row: Contact, moved: Contact | None, behind: Known | None) -> bool:
        """Brings one told row into the book; whether letters may go to it."""
        own = self.by_key.get(row.key, [])
        fixed = [known for known in own if known.is_fixed]
        if fixed:
            used = any(known.contact.lasts(self.today) for known in own)
            is_agreed = any(agrees(known.contact, row, self.today) for known in own)
            if not is_agreed and (used or row.lasts(self.today)):
                self._ask("differs", foremost(fixed, self.today).contact, row)
            return used
        is_used = any(known.contact.lasts(self.today) for known in own)
        stands = behind or self._stands_for(row)
        if stands is not None and not is_used:
            self._ask("held", stands.contact, row)
            return False
        if not own and (ended := self._ended_by_person(row)):
            self._ask("differs", ended.contact, row)
            return False
        return self._apply(row, moved, own)

    def _ended_by_person(self, row: Contact) -> Known | None:
        """The mailbox in another role of the same region, where a person ended it and it is used nowhere there."""
        there = self.by_mailbox.get(mailbox_of(row), [])
        if not row.lasts(self.today) or any(known.contact.lasts(self.today) for known in there):
            return None
        return next((known for known in there if known.is_fixed), None)

    def _apply(self, row: Contact, moved: Contact | None, own: list[Known]) -> bool:
        stays = (row.stay, *((moved.stay,) if moved else ()))
        match = next((known for stay in stays for known in own if known.contact.stay == stay), None)
        if match is None:
            self.plan.inserts.append(row)
            if is_unread(row.address) and row.lasts(self.today):
                self._ask("unread", row, row)
            return row.lasts(self.today)
        others = self.book.elsewhere.get(row.key, frozenset())
        if match.contact_id in self.corrected:  # its own correction, taken back
            self.plan.revisions.append((match, row))
            return row.lasts(self.today)
        if match.source != self.listing.source and match.source not in others:
            self.plan.owners.append((match, self.listing.source))
        elif match.source != self.listing.source:
            if not agrees(match.contact, row, self.today):
                self._ask("differs", match.contact, row)
            return match.contact.lasts(self.today)
        if not is_same(match.contact, row):
            self.plan.revisions.append((match, row))
        return row.lasts(self.today)

    def _leave(self, row: Contact, heir: Contact | None, *, is_paired: bool) -> None:
        """What becomes of a row that its source no longer tells. `heir`: the row in force in its place."""
        mine = [known for known in self.by_key.get(row.key, []) if known.contact.stay == row.stay]
        used = [known for known in mine if known.contact.lasts(self.today)]
        loose = [known for known in used if not known.is_fixed]
        if heir is not None and loose:
            for known in loose:
                last = max(self.today, heir.valid_from, known.contact.valid_from)
                self.plan.ends.append((known, last, heir))
                self._ask("replaced", known.contact, heir)
        elif used and (
            heir is not None or loose or not is_paired
        ):  # no question about another row speaks of it
            if not self.listing.is_complete:
                return
            if others := self.book.elsewhere.get(row.key):
                self.plan.owners += [(known, min(others)) for known in loose]
            else:
                self._ask("vanished", used[0].contact, None)
                self.plan.gone.append(row)
                return
        elif not is_paired and not self.listing.is_complete:
            return
        self.plan.forgotten.append(row)

    def _ask_about_strays(self) -> None:
        """Rows of this source in force that no person decided and no source's latest list has."""
        if not self.listing.is_complete:
            return
        told = {row.key for row in self.now.values()} | self.book.elsewhere.keys()
        done = {one.mine.stay for one in self.plan.asks}
        for known in self.by_id.values():
            row = known.contact
            is_mine = known.source == self.listing.source and not known.is_fixed
            is_decided = known.replaced_by_id is not None or row.stay in done
            if is_mine and not is_decided and row.lasts(self.today) and row.key not in told:
                self._ask("vanished", row, None)

    def _ask(self, kind: str, mine: Contact, told: Contact | None) -> None:
        self.plan.asks.append(Ask(kind, mine, told))
