"""`chain:` of a profile: what is read, and every fault with its line."""

from datetime import timedelta
from pathlib import Path

import pytest

from include.profile.chain_values import AssignRule, Duty
from include.profile.current import load
from include.profile.reading import read_profile, read_with_findings
from include.profile.scaffold import write_profile

CHAIN = """chain:
  automatic: true
  within: {report: 16 h, rectify: 2 d}
  escalate_after: 90 min
  spot_check_percent: 0
  people: {review: {person: 张某, deputy: 李某}}
  assign:
    - {places: [东区], categories: [工业企业], joint: ["000100"]}
"""


def written(folder: Path, chain: str) -> Path:
    write_profile(folder)
    path = folder / "profile.yaml"
    path.write_text(path.read_text(encoding="utf-8") + chain, encoding="utf-8")
    return folder


def test_a_chain_is_read_and_what_it_does_not_say_is_the_default(tmp_path: Path) -> None:
    chain = read_profile(written(tmp_path / "city", CHAIN)).chain
    assert chain is not None
    assert (chain.is_automatic, chain.duties) == (True, {"review": Duty("张某", "李某")})
    assert chain.assign[0] == AssignRule(("东区",), ("工业企业",), "", ("000100",), chain.assign[0].line)
    rules = chain.rules
    assert (rules.report, rules.rectify, rules.escalate_after) == (
        timedelta(hours=16),
        timedelta(days=2),
        timedelta(minutes=90),
    )
    assert (rules.acknowledge, rules.review, rules.spot_check_percent) == (
        timedelta(hours=2),
        timedelta(hours=48),
        0,
    )


def test_a_new_profile_has_no_chain_and_one_that_is_shipped_has(tmp_path: Path) -> None:
    assert read_profile(written(tmp_path / "new", "")).chain is None
    assert [load(name).chain is None for name in ("ministry", "shaanxi", "harbour", "jinan")] == [
        True
    ] * 3 + [False]


@pytest.mark.parametrize(
    ("chain", "fault"),
    [
        ("chain: 3\n", "no mapping; expected key: value; got 3"),
        ("chain: {speed: 3}\n", "unknown key of chain"),
        ("chain: {within: {report: 16}}\n", "expected a length of time with its unit"),
        ("chain: {within: {report: 0 h}}\n", "expected a length of time with its unit"),
        ("chain: {within: {report: 99999 d}}\n", "expected a length of time with its unit"),
        ("chain: {spot_check_percent: 101}\n", "a whole number from 0 to 100"),
        ("chain: {automatic: maybe}\n", "true or false"),
        ("chain: {people: {sleep: {person: 张某}}}\n", "unknown key of chain"),
        ("chain: {assign: {lead: x}}\n", "assign is no list"),
        ('chain: {assign: [{lead: "000000"}]}\n', "a chain's rule for an unknown unit"),
        ('chain: {assign: [{joint: ["999"]}]}\n', "a chain's rule for an unknown unit"),
        ("chain: {assign: [{categories: [没有]}]}\n", "unknown category"),
        ('chain: {assign: [{lead: "000100", joint: ["000100"]}]}\n', "a holder stands twice"),
    ],
)
def test_what_is_wrong_is_a_finding(tmp_path: Path, chain: str, fault: str) -> None:
    _, findings = read_with_findings(written(tmp_path / "city", chain))
    told = [str(one) for one in findings]
    assert any(fault in one and "profile.yaml" in one for one in told), told


def test_the_commented_chain_of_a_new_profile_is_good_as_it_stands(tmp_path: Path) -> None:
    path = written(tmp_path / "city", "") / "profile.yaml"
    before, commented = path.read_text(encoding="utf-8").split("# chain:\n")
    lines = [line.removeprefix("# ") for line in commented.splitlines()]
    path.write_text("\n".join([before, "chain:", *lines, ""]), encoding="utf-8")
    profile, findings = read_with_findings(path.parent)
    assert [str(one) for one in findings] == []
    assert profile is not None
    assert profile.chain is not None
    assert profile.chain.assign[0].lead == ""
