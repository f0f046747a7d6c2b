"""Small counts: what is published against a solver that tries every table that could stand behind it."""

from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.openness.figures import PROBLEMS
from include.openness.gathering import MonthFacts, publishable
from include.openness.merging import Block, Counts, Table, merged_blocks, total_of
from tests.openness.test_disputes import Alarms, facts

SMALLEST = 3


def one_column(**counts: int) -> Table:
    return Table({name: {"n": count} for name, count in counts.items()}, ("n",), "n")


def told(table: Table, smallest: int = SMALLEST, **more: object) -> dict[tuple[str, ...], int | None]:
    return {block.members: block.counts["n"] for block in merged_blocks(table, smallest, **more)}  # type: ignore[arg-type]


def test_rows_without_small_counts_stand_as_they_are() -> None:
    assert told(one_column(a=3, b=0, c=7)) == {("a",): 3, ("b",): 0, ("c",): 7}


def test_small_rows_become_one_of_at_least_three_with_a_sum_that_is_not_small() -> None:
    assert told(one_column(a=1, b=2, c=9, d=30)) == {("d",): 30, ("a", "b", "c"): 12}
    assert told(one_column(a=1, b=2, c=0, d=0, e=8)) == {("e",): 8, ("a", "b", "c", "d"): 3}


def test_equal_small_rows_take_others_in_because_the_reader_knows_that_none_of_them_is_zero() -> None:
    """Three rows with a sum of three, none of them zero: each would be one."""
    assert told(one_column(a=1, b=1, c=1, d=0, e=8)) == {("e",): 8, ("a", "b", "c", "d"): 3}


def test_of_rows_with_equal_counts_all_or_none_are_taken() -> None:
    assert told(one_column(a=1, b=2, c=5, d=5, e=8)) == {("e",): 8, ("a", "b", "c", "d"): 13}


def test_what_all_rows_together_do_not_hide_is_withheld_with_its_total() -> None:
    blocks = merged_blocks(one_column(a=1, b=1, c=0), SMALLEST)
    assert blocks == (Block(("a", "b", "c"), {"n": None}),)
    assert total_of(blocks, "n") is None
    assert told(one_column(a=4, b=4, c=2), 5)[("a", "b", "c")] == 10
    assert told(one_column(a=2, b=2, c=2))[("a", "b", "c")] is None
    assert told(one_column(a=2)) == {("a",): None}


def test_a_later_edition_does_not_take_apart_what_was_merged_and_never_merges_one_shown_row_alone() -> None:
    former = [("a", "b", "c"), ("d",), ("e",), ("f",), ("g",)]
    assert told(one_column(a=5, b=4, c=6, d=9, e=7, f=8, g=9), former=[former])[("a", "b", "c")] == 15
    later = told(one_column(a=5, b=4, c=6, d=1, e=7, f=8, g=9), former=[former])
    assert later == {("g",): 9, ("a", "b", "c"): 15, ("d", "e", "f"): 16}


def test_a_table_that_rests_on_another_has_unions_of_its_blocks() -> None:
    blocks = told(one_column(a=4, b=0, c=5, d=1, e=6, f=7), atoms=[("a", "b", "c"), ("d",), ("e",), ("f",)])
    assert any({"a", "b", "c"} <= set(members) for members in blocks)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Up to five rows of two counts of which the second is part of the first."""
    firsts = draw(st.lists(st.integers(0, 6), min_size=1, max_size=5))
    rows: dict[str, Counts] = {
        "abcde"[place]: {"n": first, "part": draw(st.integers(0, first))}
        for place, first in enumerate(firsts)
    }
    return Table(rows, ("n", "part"), "n", lambda row: row["part"] <= row["n"])


def public(table: Table) -> tuple[tuple[tuple[str, ...], tuple[tuple[str, int | None], ...]], ...]:
    return tuple((block.members, tuple(block.counts.items())) for block in merged_blocks(table, SMALLEST))


def others(table: Table, blocks: tuple[Block, ...]) -> list[dict[str, Counts]]:
    """Every table that a reader who knows the sums of the blocks and how the counts relate cannot rule out."""
    choices: list[list[dict[str, Counts]]] = []
    for block in blocks:
        whole = block.counts["n"]
        most = 6 if whole is None else whole
        cells = [{"n": n, "part": part} for n in range(most + 1) for part in range(n + 1)]
        found = [
            dict(zip(block.members, rows, strict=True))
            for rows in product(cells, repeat=len(block.members))
            if all(
                count is None or sum(row[column] for row in rows) == count
                for column, count in block.counts.items()
            )
        ]
        choices.append(found)
    return [{name: row for part in parts for name, row in part.items()} for parts in product(*choices)]


@settings(max_examples=150, deadline=None)
@given(tables())
def test_no_merged_count_is_told_by_all_that_is_published(table: Table) -> None:
    blocks = merged_blocks(table, SMALLEST)
    assert sorted(name for block in blocks for name in block.members) == sorted(table.rows)
    for block in blocks:
        for column, count in block.counts.items():
            if count is not None:
                assert count == sum(table.rows[name][column] for name in block.members)
                assert count == 0 or count >= SMALLEST
        if not block.is_merged or len(block.members) > 3:
            continue  # more members have more tables behind them, and are too many to try
        worlds = others(table, (block,))
        for name, column in product(block.members, ("n", "part")):
            if block.counts[column] != 0:
                assert len({world[name][column] for world in worlds}) > 1, (block, name, column)


@settings(max_examples=300, deadline=None)
@given(tables())
def test_a_reader_who_knows_the_rules_by_heart_learns_no_more(table: Table) -> None:
    """For each merged count there is another table with this very publication in which it is another."""
    for block in merged_blocks(table, SMALLEST):
        for name, column in product(block.members if block.is_merged else (), ("n", "part")):
            if block.counts[column] in (0, None):
                continue
            swapped = [
                {**table.rows, name: table.rows[other], other: table.rows[name]}
                for other in block.members
                if table.rows[other][column] != table.rows[name][column]
            ]
            assert swapped, (block, name, column)
            for rows in swapped:
                again = Table(rows, table.columns, table.order, table.is_possible)
                assert public(again) == public(table)


@pytest.mark.parametrize("smallest", [3, 5, 10])
def test_every_pair_of_members_may_exchange_their_counts(smallest: int) -> None:
    rows = {f"u{number:02}": {"n": number * 7 % 13, "part": number * 7 % 13 // 2} for number in range(20)}
    table = Table(rows, ("n", "part"), "n", lambda row: row["part"] <= row["n"])
    blocks = merged_blocks(table, smallest)
    (merged,) = [block for block in blocks if block.is_merged]
    for one, other in combinations(merged.members, 2):
        swapped = Table({**rows, one: rows[other], other: rows[one]}, ("n", "part"), "n", table.is_possible)
        assert merged_blocks(swapped, smallest) == blocks


def test_rows_that_are_known_to_be_zero_hide_nobody_and_withhold_nothing() -> None:
    """Before, rows of zeros joined first, could exchange with nobody, and so withheld the whole table."""
    zeros = dict.fromkeys("xyz", 0)
    table = one_column(a=1, b=2, c=9, d=30, **zeros)
    known = Table(table.rows, ("n",), "n", known=frozenset(zeros))
    assert told(known) == {**{(name,): 0 for name in zeros}, ("d",): 30, ("a", "b", "c"): 12}
    former = [("a", "b", "c", "d", "x", "y", "z")]
    assert told(known, former=[former]) == {former[0]: 42}
    few = Table(one_column(a=1, b=4, **zeros).rows, ("n",), "n", known=frozenset(zeros))
    assert told(few)[("a", "b")] is None


UNIT = st.tuples(st.integers(0, 16), st.integers(0, 16), st.integers(0, 4), st.integers(0, 16))


def problem_table(units: list[tuple[int, int, int, int]]) -> MonthFacts:
    """Units with so many alarms, at most so many answered, so many with problems, and more problems at these."""
    made = facts(
        [
            Alarms(0, min(answered, pushed), pushed - min(answered, pushed))
            for pushed, answered, _, _ in units
        ],
        [],
    )
    for row, (_, _, found, more) in zip(made.counts.values(), units, strict=True):
        alarms = min(found, row["answered"])
        problems = alarms + (more if alarms else 0)
        row.update(  # type: ignore[attr-defined]
            problems=problems,
            alarms_with_problem=alarms,
            rectification_due=problems // 2,
            rectified=problems // 4,
        )
    return made


@settings(max_examples=200, deadline=None)
@given(st.lists(UNIT, min_size=6, max_size=30))
def test_problems_are_withheld_only_where_too_few_units_have_them(
    units: list[tuple[int, int, int, int]],
) -> None:
    """Units without answers never cost the totals of the others: without them the month says the same."""
    made = problem_table(units)
    month = publishable(made, 5)
    silent = [code for code, row in made.counts.items() if not row["answered"]]
    without = publishable(
        replace(
            made,
            names={code: name for code, name in made.names.items() if code not in silent},
            counts={code: row for code, row in made.counts.items() if code not in silent},
        ),
        5,
    )
    alone = {code for row in month.rows_of("answers") if not row.is_merged for code in row.members}
    if set(silent) <= alone:
        assert month.total_of("problems").counts == without.total_of("problems").counts | {
            "answered": month.total_of("problems").counts["answered"]
        }
        for code in silent:
            row = month.row_of("problems", code)
            assert row is not None
            assert row.members == (code,)
            assert {row.counts[name] for name in PROBLEMS} == {0}
    for row in month.problems:
        for name in PROBLEMS:
            codes = row.members or tuple(made.counts)
            if row.counts[name] is not None:
                assert row.counts[name] == sum(made.counts[code][name] for code in codes)
                assert row.counts[name] == 0 or row.counts[name] >= 5
