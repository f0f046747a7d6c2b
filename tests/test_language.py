"""Every text that `say` is asked for has its English with the same parts, and no English is left over."""

import ast
import re
from pathlib import Path
from string import Formatter

from include.language import catalogue, say
from include.profile.current import load, using

# Chinese characters, and the signs and wide letters that go with them.
CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")
ROOT = Path(__file__).resolve().parents[1]
CODE = [path for folder in ("include", "dags", "plugins") for path in (ROOT / folder).rglob("*.py")]


def asked() -> set[str]:
    """The texts that stand in a call of `say` (of a choice both), and every other text of the code that has its English: those that are
    handed to `say` by name. A text whose parts touch each other has its English, too: there they are words, with blanks between."""
    found: set[str] = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value in catalogue("en")
            ):
                found.add(node.value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("say", "sentence"):
                first = node.args[0]
                parts = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                texts = {one.value for one in parts if isinstance(one, ast.Constant)}
                found |= {text for text in texts if CHINESE.search(text) or "}{" in text}
    return found


def test_every_text_has_its_english_and_none_is_left_over() -> None:
    assert asked() == set(catalogue("en"))


def test_the_parts_are_those_of_the_text() -> None:
    for text, english in catalogue("en").items():
        ours, theirs = ({name for _, name, _, _ in Formatter().parse(one) if name} for one in (text, english))
        assert theirs - {"name"} <= ours, text


def test_an_office_says_it_in_its_language_and_its_own_words() -> None:
    with using(load("ministry")):
        assert say("{first}至{last}", first="甲", last="乙") == "甲至乙"
    with using(load("harbour")):
        assert say("{first}至{last}", first="A", last="B") == "A to B"
