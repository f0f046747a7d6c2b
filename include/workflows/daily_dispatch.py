"""日调度: pull, figures, compose, release, post, account. Each step is one task of the DAG of this name."""

from typing import Any, Final

from include.house import House, Run
from include.language import say
from include.letters.words.flag_words import flag_words, mark_words
from include.office.chain_standing import units_states
from include.office.register import Due, reminder_alarms
from include.office.suspected import suspected
from include.periods import Period, later
from include.post.drafts import LetterFacts, NamedAlarm
from include.rules import LOW_RESPONSE
from include.sources.ledger import completeness, history_start
from include.store.engine import reading
from include.store.facts import alarm_states, cities_on, problems_found, unheard_cities, urged_alarms
from include.store.statements import frame
from include.supervision.daily import daily_figures, listed_alarms, read_window
from include.supervision.figures import (
    DailyFigures,
    NoticeFigures,
    ReminderFigures,
    from_json,
    to_json,
)
from include.supervision.received import LOOK_BACK, received_by_unit
from include.workflows import answer_round
from include.workflows.channels import tell_the_day
from include.workflows.steps import LetterSteps, pull_facts
from include.workflows.suspecting import keep_platform_suspects
from include.workflows.treatment import keep_treatment

KINDS: Final = ("notice", "reminder")


def pull(run: Run) -> dict[str, Any]:
    """Takes what units sent until now, and makes sure that the ledger covers all that the day's figures read; stops the run where too
    much is missing. Ranks the suspects of the platforms' alarms that the day's letters list."""
    came_in = answer_round.take_before_letters(run)
    pulled = pull_facts(run, read_window(run.period)[0])
    start_at, end_at = read_window(run.period)
    with reading(run.house.engine) as connection:
        states = alarm_states(connection, start_at, end_at, run.period.as_of, with_old=True)
    treatment = keep_treatment(run.house, run.period.last_date, None, now=run.now)
    return pulled | {
        "came_in": came_in,
        "warnings": [*came_in["warnings"], *pulled["warnings"]],
        "suspected": keep_platform_suspects(run.house, listed_alarms(states, run.period)),
        "suspected_treatment": len(treatment.rows),
    }


def figures(run: Run) -> dict[str, Any]:
    """Computes every city's feedback and flags; freezes the figures in the archive (returned: where, and the headlines)."""
    computed = compute(run.house, run.period)
    return {
        "figures_sha256": run.house.archive.put(to_json(computed).encode()),
        "window": run.period.label,
        "flagged": {
            city.unit_name: flag_words(city.flag) for city in computed.cities if mark_words(city.flag)
        },
        "addresses_to_verify": [city.unit_name for city in computed.cities if city.needs_address],
        "letters_due": len(computed.notices) + len(computed.reminders),
        "nothing_due": list(computed.nothing_due),
        "no_reminders_because": computed.quiet_reason,
        "for_the_ministry": [
            say(
                "{unit_name} {point_name}（已督办{urged}次）",
                unit_name=one.unit_name,
                point_name=one.alarm.point_name,
                urged=one.urged,
            )
            for one in computed.listed
        ],
    }


def due_keys(house: House, period: Period) -> list[str]:
    """The keys of the letters that are due for a window, by the facts as they are known now."""
    return [one.facts.key for one in due_letters(house, period)]


def due_letters(house: House, period: Period) -> list[Due]:
    """The letters that are due for a window, by the facts as they are known now."""
    return _due(compute(house, period))


def frozen(run: Run, computed: dict[str, Any]) -> DailyFigures:
    """The figures of this run, from the archive."""
    return from_json(DailyFigures, run.house.archive.get(computed["figures_sha256"]).decode())


def compute(house: House, period: Period) -> DailyFigures:
    """The figures of a day, by the facts as they are known now."""
    start_at, end_at = read_window(period)
    with reading(house.engine) as connection:
        states = units_states(connection, start_at, end_at, period.as_of)
        return daily_figures(
            states,
            problems_found(connection, start_at, end_at, period.as_of),
            cities_on(connection, period.last_date),
            urged_alarms(connection, start_at, end_at, period.as_of, period.end),
            unheard_cities(connection, LOW_RESPONSE.silent_letters, period.end, period.as_of),
            period,
            completeness(
                connection, house.sources, history_start(start_at, house.season[0]), period.as_of
            ).sentence,
            suspected(connection, listed_alarms(states, period), period.as_of),
            received_by_unit(
                frame(
                    connection,
                    "forms_received",
                    told_by="notice",
                    since_at=later(period.as_of, -LOOK_BACK),
                    as_of_at=period.as_of,
                    before_date=period.end,
                )
            ),
        )


def _due(computed: DailyFigures) -> list[Due]:
    notices = [
        _letter("notice", one, tuple(NamedAlarm(alarm_id) for row in one.rows for alarm_id in row.alarm_ids))
        for one in computed.notices
    ]
    return notices + [_letter("reminder", one, reminder_alarms(one)) for one in computed.reminders]


def _letter(kind: str, one: NoticeFigures | ReminderFigures, alarms: tuple[NamedAlarm, ...]) -> Due:
    facts = LetterFacts(
        kind, one.unit_code, one.unit_code, one.period, to_json(one), one.is_simulated, alarms
    )
    return Due(facts, one.unit_name)


_letters: Final = LetterSteps(KINDS, lambda run, computed: _due(frozen(run, computed)))
compose, question, release, post = _letters.compose, _letters.question, _letters.release, _letters.post


def account(run: Run, computed: dict[str, Any]) -> dict[str, Any]:
    """Tells the groups of the day, and accounts for every letter of it."""
    told = tell_the_day(run, frozen(run, computed))
    return _letters.account(run, computed) | ({"groups": told} if told else {})
