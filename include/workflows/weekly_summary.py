"""周汇总: pull, figures, compose, release, post, account. Each step is one task of the DAG of this name."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection

from include.house import House, Run
from include.language import say
from include.letters.words.flag_words import mark_words
from include.office.register import Due
from include.periods import Period, office_date
from include.post.drafts import LetterFacts
from include.rules import LOW_RESPONSE
from include.sources.ledger import completeness
from include.store.engine import reading
from include.store.facts import (
    alarm_growth,
    alarm_states,
    answers_given,
    city_stays,
    problems_found,
    unheard_cities,
    urged_alarms,
)
from include.supervision.cases import AS_RULED, CaseChoice
from include.supervision.figures import LEADERS, from_json, to_json
from include.supervision.membership import members
from include.supervision.rule_codes import rule_word
from include.supervision.weekly import WeeklyFacts, Windows, weekly_figures, windows
from include.supervision.weekly_figures import SummaryFigures, WeeklySummaries
from include.workflows.steps import LetterSteps, nothing_pulled, outside_season, pull_facts

KINDS: Final = ("summary",)


def pull(run: Run) -> dict[str, Any]:
    """Makes sure that the ledger covers all that the summary reads; stops the run where too much is missing."""
    at = windows(run.period, run.house.season)
    if at is None:
        return nothing_pulled(outside_season(run.house, run.period, say("汇总")))
    return pull_facts(run, at.read[0])


def figures(run: Run, pinned: Sequence[str] = (), dropped: Sequence[str] = ()) -> dict[str, Any]:
    """Computes the summary of all cities (and of each province, where that is set); freezes it in the archive.

    `pinned`, `dropped`: alarm ids of the cases that a person wants told or left out. Raises InputError for an unknown one.
    """
    computed = summaries(run.house, run.period, CaseChoice(tuple(pinned), tuple(dropped)))
    headlines: dict[str, Any] = {
        "figures_sha256": run.house.archive.put(to_json(computed).encode()),
        "window": run.period.label,
        "letters_due": len(computed.summaries),
    }
    if not computed.summaries:
        return headlines | {"nothing_due": outside_season(run.house, run.period, say("汇总"))}
    leaders = computed.summaries[0]
    return headlines | {
        "window": leaders.window.label,
        "pushed": leaders.total.pushed,
        "feedback_rate": str(leaders.total.feedback_rate),
        "problems": leaders.total.problems,
        "flagged": {city.unit_name: words for city in leaders.cities if (words := mark_words(city.flag))},
        "cases": [
            say(
                "{rule}：{unit_name}{county} {alarm_id}",
                rule=say(rule_word(case.rule)),
                unit_name=case.unit_name,
                county=case.county,
                alarm_id=case.alarm_id,
            )
            for case in leaders.cases
        ],
        "suggestions": [say(rule_word(one.rule)) for one in leaders.suggestions],
    }


def due_keys(house: House, period: Period) -> list[str]:
    """The keys of the summaries that are due for a window; none outside the season."""
    at = windows(period, house.season)
    if at is None:
        return []
    with reading(house.engine) as connection:
        return [period.letter_key("summary", addressee) for addressee in _addressees(connection, house, at)]


def due_letters(house: House, period: Period) -> list[Due]:
    """The summaries of a beat, by the facts as they are known now; `choice` of cases as ruled."""
    return _due(summaries(house, period))


def summaries(house: House, period: Period, choice: CaseChoice = AS_RULED) -> WeeklySummaries:
    """Every summary of a beat, by the facts as they are known now; `choice` is for the leaders' one."""
    at = windows(period, house.season)
    if at is None:
        return WeeklySummaries(period, ())
    with reading(house.engine) as connection:
        facts = _facts(connection, at)
        told = completeness(connection, house.sources, at.read[0], period.as_of).sentence
        addressees = _addressees(connection, house, at)
    return WeeklySummaries(
        period,
        tuple(
            weekly_figures(facts, at, told, choice)
            if addressee == LEADERS
            else weekly_figures(facts, at, told, AS_RULED, addressee)
            for addressee in addressees
        ),
    )


def frozen(run: Run, computed: dict[str, Any]) -> WeeklySummaries:
    """The figures of this run, from the archive."""
    return from_json(WeeklySummaries, run.house.archive.get(computed["figures_sha256"]).decode())


def _facts(connection: Connection, at: Windows) -> WeeklyFacts:
    read = (*at.read, at.period.as_of)
    before = at.previous or at.window
    span = (before.starts_at, before.ends_at if at.previous else before.starts_at, before.as_of)
    return WeeklyFacts(
        states=alarm_states(connection, *read, with_old=True),
        problems=problems_found(connection, *read),
        before_states=alarm_states(connection, *span),
        before_problems=problems_found(connection, *span),
        answers=answers_given(connection, *read),
        revisions=alarm_growth(connection, *read),
        stays=city_stays(connection, office_date(at.read[0]), at.window.end),
        urged=urged_alarms(connection, *read, at.period.end),
        unheard=tuple(
            unheard_cities(connection, LOW_RESPONSE.silent_letters, at.period.end, at.period.as_of)
        ),
    )


def _addressees(connection: Connection, house: House, at: Windows) -> list[str]:
    """`leader`, and where that is set the codes of the provinces that have a city in the window."""
    if not house.has_province_summaries:
        return [LEADERS]
    cities = members(city_stays(connection, at.window.start, at.window.end), at.window)
    return [LEADERS, *sorted(set(cities["province_code"]))]


def _due(computed: WeeklySummaries) -> list[Due]:
    return [_letter(one) for one in computed.summaries]


def _letter(one: SummaryFigures) -> Due:
    addressee = one.province_code or LEADERS
    facts = LetterFacts("summary", addressee, None, one.period, to_json(one), one.is_simulated)
    return Due(facts, one.scope or say("领导和值班室"))


_letters: Final = LetterSteps(KINDS, lambda run, computed: _due(frozen(run, computed)))
compose, question, release = _letters.compose, _letters.question, _letters.release
post, account = _letters.post, _letters.account
