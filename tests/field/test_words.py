"""Every word of the phone page has its English, and none is kept that is not used."""

import re
from pathlib import Path

import include.field
from include.field.answers import FIELDS
from include.field.photos import NOT_TAKEN
from include.field.site import MESSAGES
from include.field.steps import STEPS
from include.field.view import english
from include.office import field_devices
from include.suspects.wording import LEVELS

HOME = Path(include.field.__file__).parent


def test_every_text_has_its_english() -> None:
    sources = [*HOME.glob("pages/*.html"), *HOME.glob("*.py")]
    used = {
        text for path in sources for text in re.findall(r"""\bt\(["']([^"']+)["']""", path.read_text("utf-8"))
    }
    used |= set(
        re.findall(
            r'_device_form\(site, request, opened, "([^"]+)"', (HOME / "confirming.py").read_text("utf-8")
        )
    )
    used |= {text for message in MESSAGES.values() for text in message}
    used |= {
        *FIELDS.values(),
        *NOT_TAKEN.values(),
        *LEVELS.values(),
        *(step.label for step in STEPS.values()),
    }
    used |= {"已采用", "已收到，待确认", "未采用", "已收到，待核对", "未核查", "问题描述", "无"}
    used |= {field_devices.NO_CONTACT, field_devices.TOO_OFTEN, field_devices.NO_MAIL}
    assert sorted(used - set(english())) == []
    assert sorted(set(english()) - used) == []


def test_the_parts_of_a_text_are_those_of_its_english() -> None:
    for text, words in english().items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", words)), text


def test_no_chinese_stands_bare_in_a_page() -> None:
    for path in HOME.glob("pages/*.html"):
        bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(r"[\u4e00-\u9fff]", bare), path.name
