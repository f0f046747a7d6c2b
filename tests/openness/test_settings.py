"""What the profile and the variable `publish` say of a publication: who goes before whom, and what neither may say."""

import json
from pathlib import Path

import pytest

from include.connections import read_registry
from include.errors import InputError
from include.house import SETTINGS_FILE, open_house
from include.open_settings import OpenSettings, open_settings
from include.profile.current import office, using
from include.profile.reading import read_with_findings
from include.profile.scaffold import write_profile

TOLD = {
    "delay_days": 3,
    "smallest_count": 4,
    "licence": "ODbL-1.0",
    "licence_url": "https://opendatacommons.org/licenses/odbl/1-0/",
    "hints_to": "hints+air@office.example",
}
REFUSED = [
    ("delay_days", -1),
    ("delay_days", True),
    ("smallest_count", 2),
    ("smallest_count", "5"),
    ("licence", "a\tb"),
    ("licence", 4),
    ("licence_url", 'https://office.example/"x"'),
    ("licence_url", "https://office.example/<b>"),
    ("licence_url", "https://office.example/a b"),
    ("licence_url", "ftp://office.example"),
    ("hints_to", "nomail"),
    ("hints_to", "two@office.example, b@office.example"),
    ("hints_to", "a@office.example?cc=b@other.example"),
    ("hints_to", "局@office.example"),
    ("hints_to", "a@office"),
    ("hints_to", ["a@office.example"]),
]


def told_by_profile(folder: Path, values: dict[str, object]) -> Path:
    write_profile(folder)
    with (folder / "profile.yaml").open("a", encoding="utf-8") as file:
        file.write(f"publish: {json.dumps(values, ensure_ascii=False)}\n")
    return folder


def test_a_profile_s_values_reach_the_publication_with_the_shipped_settings_file(tmp_path: Path) -> None:
    folder = told_by_profile(tmp_path / "office", TOLD)
    env = {"AIRFLOW_VAR_PROFILE": str(folder)}
    with using(office()):
        house = open_house(read_registry(SETTINGS_FILE, env), tmp_path / "var")
        env["AIRFLOW_VAR_PUBLISH"] = json.dumps({"delay_days": 7, "languages": "en"})
        other = open_house(read_registry(SETTINGS_FILE, env), tmp_path / "var")
    assert house.openness == OpenSettings(**TOLD)  # type: ignore[arg-type]
    assert other.openness == OpenSettings(**TOLD | {"delay_days": 7, "languages": ("en",)})  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_neither_may_say_what_the_other_may_not(name: str, value: object, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"variable publish: {name}") as told:
        open_settings({name: value}, {}, "zh")
    profile = told_by_profile(tmp_path / "office", {name: value})
    line = (profile / "profile.yaml").read_text(encoding="utf-8").count("\n")
    (fault,) = read_with_findings(profile)[1]
    assert (fault.file, fault.line) == ("profile.yaml", line)
    assert fault.expected in str(told.value)


@pytest.mark.parametrize("languages", ["fr", "zh,zh", ["zh", 3], 3, {"zh": 1}])
def test_languages_are_the_two_each_once(languages: object) -> None:
    with pytest.raises(InputError, match="variable publish: languages"):
        open_settings({"languages": languages}, {}, "zh")


def test_without_languages_a_chinese_office_has_both_and_another_its_own() -> None:
    assert open_settings({"languages": ""}, {}, "en").languages == ("en",)
    assert open_settings({"languages": "en,zh"}, {}, "en").languages == ("en", "zh")
    assert open_settings({}, {}, "zh").languages == ("zh", "en")
    assert open_settings({"languages": "zh"}, {}, "en").languages == ("zh",)
