"""`profile templates`: what a template can name, against templates that were written for another office."""

import re

import pytest

from include.letters.document.template_check import kinds_of_templates, values_of_templates
from include.profile.current import SHIPPED
from tests.test_command_line import Verb, verb

__all__ = ["verb"]  # a fixture of the command line's own tests

_TAKEN = re.compile(r"\{\{\s*([\u4e00-\u9fff]+)\s*\}\}")
_FIELD_OF_ITEM = re.compile(r"for\s+(\w+)\s+in\s+([\u4e00-\u9fff]+)\s*%\}(.*?)\{%-?\s*endfor", re.DOTALL)


@pytest.mark.parametrize("kind", kinds_of_templates())
def test_every_value_that_harbour_takes_is_listed(kind: str) -> None:
    listed = {one.name: one for one in values_of_templates(kind)}
    for path in (SHIPPED / "harbour" / "templates").glob(f"{kind}_mail.*"):
        text = path.read_text(encoding="utf-8")
        made = set(re.findall(r"set\s+([\u4e00-\u9fff]+)", text)) | set(re.findall(r"for\s+(\w+)\s", text))
        assert set(_TAKEN.findall(text)) - made <= set(listed), path.name
        for item, name, body in _FIELD_OF_ITEM.findall(text):
            if name in listed:
                assert listed[name].is_list
                assert set(re.findall(rf"\{{\{{\s*{item}\.(\w+)", body)) <= set(listed[name].fields), name


def test_the_verb_lists_what_a_notice_can_say(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb("profile", "templates", "notice") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "* 主送机关" in lines
    assert any(line.startswith("  待反馈[]: ") and "网格编号" in line for line in lines)
    assert verb("profile", "templates", "none") == 2
    assert "expected alarm | " in capsys.readouterr().err
