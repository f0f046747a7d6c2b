"""Who is booked for what came in before the day's letters."""

from types import SimpleNamespace
from typing import Any

import pytest

from include.workflows import answer_round


def test_what_came_in_is_booked_to_the_round_and_not_to_who_triggered_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    booked = []

    def step(house: Any, now: Any, actor: str) -> dict[str, Any]:
        booked.append(actor)
        return {}

    monkeypatch.setattr(answer_round, "STEPS", {"mail": step, "field": step})
    run: Any = SimpleNamespace(is_backfill=False, house=None, now=None, actor="admin")
    answer_round.take_before_letters(run)
    assert booked == ["dag answer_round"] * 2
