"""Letters of edition 2020-03: shown and made again from the figures and words of that edition, whatever is in force now.

The files were written by the last revision that knew that edition: frozen figures, and what their letter said.
"""

from pathlib import Path

import pytest

from include.letters.document.template_outline import outline
from include.office.letter_acts import frozen_figures
from include.office.register import LETTER_TYPES
from include.supervision.differences import differences
from include.supervision.figures import DailyFigures, Flag, from_json
from tests.letters import bulletins, samples, summaries
from tests.supervision.test_daily import figures as daily_figures

KEPT = Path(__file__).parents[1] / "supervision" / "edition_2020_03"
ISSUES = {
    "notice": samples.ISSUE,
    "reminder": samples.ISSUE,
    "summary": summaries.ISSUE,
    "bulletin": bulletins.ISSUE,
    "overview": bulletins.OVERVIEW_ISSUE,
}


@pytest.mark.parametrize("kind", ISSUES)
def test_a_letter_of_the_old_edition_is_made_again_word_by_word(kind: str) -> None:
    figures = frozen_figures(kind, (KEPT / f"{kind}.json").read_text(encoding="utf-8"))
    assert figures.rules_version == "2020-03"
    letter = LETTER_TYPES[kind].compose(figures, ISSUES[kind])
    document = letter.file("docx")
    assert document is not None
    assert outline(document.content) == (KEPT / f"{kind}.txt").read_text(encoding="utf-8")
    mail = KEPT / f"{kind}.mail.txt"
    if mail.exists():
        text = letter.file("text")
        assert text is not None
        assert text.content == mail.read_bytes()


def test_the_figures_of_a_day_of_the_old_edition_are_read_with_their_codes() -> None:
    day = from_json(DailyFigures, (KEPT / "daily.json").read_text(encoding="utf-8"))
    assert day.cities[1].flag == Flag(
        "urge",
        ("近7日应反馈的2条报警中有1条超期未反馈", "超期最久的一条已超过反馈时限50小时（督办界限24小时）"),
    )
    assert [city.needs_address for city in day.cities] == [False, False, False]
    assert (day.reminders[0].overdue_total, len(day.reminders[0].overdue)) == (0, 2)


def test_a_correction_of_an_old_letter_compares_with_the_present_edition_and_says_so() -> None:
    told = frozen_figures("notice", (KEPT / "notice.json").read_text(encoding="utf-8"))
    now = daily_figures().notices[0]
    assert (told.rules_version, now.rules_version) == ("2020-03", "2026-11")
    words = differences(told, now)
    assert any("规则" in one for one in words), words
