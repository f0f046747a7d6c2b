"""YAML that a person wrote: what is odd in it is an error with its line, and never a traceback of the parser."""

import pytest
import yaml

from include.yaml_once import load_yaml


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\nb: {c: 2,\n  c: 3}", "the key 'c' stands twice, in lines 2 and 3"),
        ('a: 1\nb: !!float ""', 'a tag: write the value without one\n  in "<unicode string>", line 2'),
        ("a: !!python/name:os.system x", "a tag: write the value without one"),
        ("a: 1\nb: 2026-13-06", 'month must be in 1..12\n  in "<unicode string>", line 2'),
        (f"a: {'[' * 5000}{']' * 5000}", "nested too deeply"),
        ("a: \x07", "special characters are not allowed"),
    ],
)
def test_what_is_odd_is_an_error_of_yaml(text: str, fault: str) -> None:
    with pytest.raises(yaml.YAMLError) as told:
        load_yaml(text)
    assert fault in str(told.value)


def test_a_value_that_is_a_secret_is_not_repeated() -> None:
    with pytest.raises(yaml.YAMLError) as told:
        load_yaml("password: !!int 'geheim'")
    assert "geheim" not in str(told.value)


def test_what_is_written_once_is_read() -> None:
    assert load_yaml("a: &one [1, 2026-03-06]\nb: *one") == load_yaml(
        "{a: [1, 2026-03-06], b: [1, 2026-03-06]}"
    )
