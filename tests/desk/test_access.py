"""The key that signs the desk's forms is refused where anybody could guess it."""

from pathlib import Path

import pytest

from include.desk.pages.access import usable_secret
from include.errors import InputError
from include.up import run


@pytest.mark.parametrize("secret", ["", " " * 40, "secret", "0123456789abcdef", "a" * 64, "abab" * 16])
def test_a_key_that_can_be_guessed_is_refused(secret: str) -> None:
    with pytest.raises(InputError, match="AIRFLOW__API__SECRET_KEY: the secret key cannot be used"):
        usable_secret(secret)


@pytest.mark.parametrize("secret", ["kX8zq0JdM1vA5rTyQ2bW9g==", "3f" + "0123456789abcdef" * 4])
def test_a_random_key_is_taken(secret: str) -> None:
    assert usable_secret(secret) == secret.encode()


def test_up_does_not_start_with_an_empty_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__SECRET_KEY", "")
    with pytest.raises(InputError, match="openssl rand"):
        run(tmp_path)
    assert list(tmp_path.iterdir()) == []
