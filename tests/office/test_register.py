"""One register: no list of kinds of letters stands anywhere else."""

import re
from pathlib import Path

import pytest

from include.act import Act
from include.errors import InputError
from include.letter_kinds import LETTER_KINDS, LetterKind, kinds_where, letter_kind, letter_label, useful_life
from include.office.register import LETTER_TYPES
from include.post.drafts import insert_letter
from include.rules import POST
from include.store.engine import writing
from tests.post.samples import NOW, facts

ROOT = Path(__file__).resolve().parents[2]
NAMES = "|".join(set(LETTER_KINDS) - {"alarm"})  # which is also the word for what an alarm letter is about
LISTED = re.compile(rf"['\"]({NAMES})['\"]\s*[,:|](?:[^\n]*\n)?[^\n]*['\"]({NAMES})['\"]")
# Entries of the register itself, the workflows that make these letters, and migrations, which do not change.
MAY_LIST = {"include/letter_kinds.py", "include/office/register.py", "include/supervision/alarm_push.py"}


def test_no_statement_and_no_list_spells_the_kinds() -> None:
    for path in sorted((ROOT / "sql").glob("*.sql")):
        spelled = re.findall(rf"kind\s*(?:=|<>|in)\s*\(?'({NAMES})'", path.read_text(encoding="utf-8"))
        assert spelled == [], f"{path.name}: bind the kinds from the register"
    for path in sorted([*(ROOT / "include").rglob("*.py"), *(ROOT / "include").rglob("*.html")]):
        name = str(path.relative_to(ROOT))
        if name in MAY_LIST or "/migrations/" in name or "/workflows/" in name:
            continue
        found = LISTED.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{name}: {found[0] if found else ''}: ask the register"


def test_every_kind_is_made_of_figures_but_lists_and_codes() -> None:
    assert set(LETTER_KINDS) - set(LETTER_TYPES) == {"digest", "trouble", "code"}
    assert all(one.kind is LETTER_KINDS[name] for name, one in LETTER_TYPES.items())


def test_what_the_kinds_say() -> None:
    assert kinds_where(lambda kind: kind.is_urging) == ("reminder",)
    assert kinds_where(lambda kind: kind.is_asking) == ("notice", "reminder")
    assert kinds_where(lambda kind: not kind.is_corrected) == (
        "alarm",
        "late_alarm",
        "task_sheet",
        "report_sheet",
        "return_sheet",
        "visit_sheet",
        "site_sheet",
        "escalation",
        "assessment",
        "digest",
        "trouble",
        "code",
    )
    assert letter_kind("reminder").answers == ("notice", "reminder")
    assert (letter_label("reminder"), letter_label("of_old")) == ("督办函", "of_old")
    assert useful_life("of_old") == POST.useful_life
    with pytest.raises(InputError, match=r"unknown kind of letter.*got memo"):
        letter_kind("memo")
    for name in ("Notice", "a b", "", "a_name_that_is_long"):
        with pytest.raises(InputError, match="cannot have this name"):
            LetterKind(name, "函")


def test_a_kind_that_is_not_registered_is_not_stored(engine) -> None:
    with pytest.raises(InputError, match="unknown kind of letter"), writing(engine) as connection:
        insert_letter(connection, facts("memo"), "s", state="drafted", act=Act(NOW, "t", "r"), action="draft")


def test_a_whole_new_kind_fits_into_sixty_lines() -> None:
    lines = (ROOT / "tests" / "office" / "test_new_kind.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 60
