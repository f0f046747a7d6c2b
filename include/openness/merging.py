"""Small counts: which rows of a published table are merged, so that nothing of a merged row can be told again.

A table has one row a unit (or county, or category) and several counts. Its rows are partitioned into *blocks*; what is published are the
sums of each block, and the total, which is the sum of all blocks. Merging therefore leaves nothing to subtract: whatever is known of
the members of a block is its sums, in every file that is written.

One table may rest on another (`atoms`): its blocks are then unions of the other's, so that sums of the other table over them tell nothing
new. A later edition of a month rests on every earlier one in the same way: what was merged once stays merged.

A count is small from 1 to `smallest` - 1. Zero is none: it tells of no alarm. A block of several members holds for each count either a
sum of 0 (then every member has 0, and that is told), or a sum of at least `smallest` in which every member could exchange its counts with
another member that has another count. So for every member there is another table with the same blocks, the same sums and the same
relations between counts in which that member has another count, also for a reader who knows these rules by heart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Protocol

Counts = Mapping[str, int]
RowCheck = Callable[[Counts], bool]
Part = tuple[str, ...]  # names of rows that stay together, sorted

# A member knows its own figures: with two others it cannot tell either of them.
LEAST_MEMBERS: Final = 3


@dataclass(frozen=True)
class Block:
    """One row as it is published. `members`: names of the rows in it, sorted; `counts`: their sums, None for one that is withheld."""

    members: tuple[str, ...]
    counts: dict[str, int | None]

    @property
    def is_merged(self) -> bool:
        """Whether it stands for several rows."""
        return len(self.members) > 1


class Counted(Protocol):
    """Whatever has counts by name, None for one that is withheld."""

    @property
    def counts(self) -> Mapping[str, int | None]:
        """The counts."""


@dataclass(frozen=True)
class Table:
    """The counts of every row, and what is known to hold between the counts of one row.

    `columns`: the counts whose smallness decides; `order`: the column by which rows are taken into a block that needs more, the least first.
    `known`: rows of which another table tells that all counts are 0; they hide nobody, and need not be hidden.
    """

    rows: Mapping[str, Counts]
    columns: tuple[str, ...]
    order: str
    is_possible: RowCheck = lambda row: True
    known: frozenset[str] = frozenset()


def is_small(count: int, smallest: int) -> bool:
    """Whether a count may not stand alone."""
    return 0 < count < smallest


def merged_blocks(
    table: Table,
    smallest: int,
    atoms: Sequence[Part] = (),
    former: Sequence[Sequence[Part]] = (),
) -> tuple[Block, ...]:
    """The blocks of a table, single rows first, each by name.

    `atoms`: blocks of a table that this one rests on; `former`: blocks of the same table in each edition before. Rows that neither
    names stand alone at first. The result does not change when two members of a block exchange their counts, so it tells nothing of
    which is which: of rows with equal counts either all or none are taken.
    """
    parts = _joined([(name,) for name in sorted(table.rows)], [*atoms, *chain.from_iterable(former)])
    merging = _Merging(table, smallest, tuple(_places(table, one) for one in (atoms, *former)))
    chosen = [part for part in parts if merging.is_unfit(part)]
    known = [part for part in parts if part not in chosen and not merging.hiding(part)]
    rest = [part for part in parts if part not in chosen and part not in known]
    shown_before = {members[0] for members in chain.from_iterable(former) if len(members) == 1}
    while chosen and rest and not merging.is_safe(_union(chosen), shown_before):
        least = min(merging.sum_of(part, table.order) for part in rest)
        nearest = [part for part in rest if merging.sum_of(part, table.order) == least]
        chosen += nearest
        rest = [part for part in rest if part not in nearest]
    groups = [*known, *rest, *([_union(chosen)] if chosen else [])]
    blocks = [merging.block_of(group) for group in groups]
    return tuple(sorted(blocks, key=lambda block: (block.is_merged, block.members)))


def total_of(blocks: Sequence[Counted], column: str) -> int | None:
    """The sum over all blocks; None where a block withholds it."""
    counts = [block.counts[column] for block in blocks]
    return None if None in counts else sum(count for count in counts if count is not None)


@dataclass(frozen=True)
class _Merging:
    """One table while its blocks are sought. `bonds`: for each of the partitions that it rests on, the part in which each row is."""

    table: Table
    smallest: int
    bonds: tuple[Mapping[str, Part], ...]

    def is_unfit(self, part: Part) -> bool:
        """Whether rows cannot be published as one block."""
        return any(
            is_small(self.sum_of(part, column), self.smallest) or self._is_telling(part, column)
            for column in self.table.columns
        )

    def hiding(self, members: Part) -> Part:
        """The members among which a count can be hidden: without those that are known."""
        return tuple(name for name in members if name not in self.table.known)

    def is_safe(self, members: Part, shown_before: set[str]) -> bool:
        """Whether these rows may be published as one block, which others do not have to join.

        Of rows that the edition before showed, either none is merged or several are: the difference of two editions then tells of
        none of them which it was.
        """
        hiding = self.hiding(members)
        newly_merged = sum(name in shown_before for name in hiding)
        return (
            len(hiding) >= LEAST_MEMBERS
            and not 0 < newly_merged < LEAST_MEMBERS
            and not self.is_unfit(members)
        )

    def block_of(self, members: Part) -> Block:
        """A block with its sums. What is small or telling even so (all rows are in it then) is withheld, and with it the total."""
        are_few = len(members) > 1 and len(self.hiding(members)) < LEAST_MEMBERS
        counts: dict[str, int | None] = {
            column: None
            if is_small(total := self.sum_of(members, column), self.smallest)
            or self._is_telling(members, column)
            or (are_few and total)
            else total
            for column in self.table.columns
        }
        return Block(members, counts)

    def sum_of(self, members: Sequence[str], column: str) -> int:
        """The sum of one count over rows."""
        return sum(self.table.rows[name][column] for name in members)

    def _is_telling(self, members: Part, column: str) -> bool:
        """Whether the sum would tell the count of one of several members: one that could not be another's.

        A sum of 0 tells all of them, openly. Any other tells nothing of a member that could exchange all its counts of this table with
        another member whose count is another: the sums, and all that is decided here, would be the same. Only rows that were alone, or
        together, in what the table rests on could.
        """
        if len(members) == 1 or self.sum_of(members, column) == 0:
            return False
        hiding = self.hiding(members)
        return not all(any(self._could_exchange(name, other, column) for other in hiding) for name in hiding)

    def _could_exchange(self, name: str, other: str, column: str) -> bool:
        one, two = self.table.rows[name], self.table.rows[other]
        if one[column] == two[column]:
            return False
        for bond in self.bonds:
            if bond[name] != bond[other] and not len(bond[name]) == len(bond[other]) == 1:
                return False
        first, second = ({key: row[key] for key in self.table.columns} for row in (one, two))
        return self.table.is_possible({**one, **second}) and self.table.is_possible({**two, **first})


def _places(table: Table, parts: Sequence[Part]) -> dict[str, Part]:
    """The part in which each row is; a row that is in none is alone."""
    return {name: (name,) for name in table.rows} | {name: part for part in parts for name in part}


def _union(parts: Sequence[Part]) -> Part:
    return tuple(sorted(name for part in parts for name in part))


def _joined(parts: list[Part], others: Sequence[Part]) -> list[Part]:
    """The finest partition of the names in `parts` of which every one of `parts` and `others` lies in one piece."""
    names = {name for part in parts for name in part}
    for other in others:
        touched = names & set(other)
        if len(touched) < 2:
            continue
        hit = [part for part in parts if touched & set(part)]
        parts = [part for part in parts if part not in hit] + [_union(hit)]
    return sorted(parts)
