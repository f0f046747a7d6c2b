"""报警推送: the letter steps of the DAG `hourly_watch`, after the hours were judged: tell (figures and compose), release, post, account.

The window is that of the run (`hour`). A back-fill mails nothing: its alarms entered the store later than their windows' ends.
"""

from typing import Any, Final

from include.house import Run
from include.office.alarms import PUSH_KINDS, due_of, due_pushes, owed_keys, pushes
from include.supervision.alarm_push import HourlyPushes
from include.supervision.figures import from_json, to_json
from include.workflows.channels import tell_the_hour
from include.workflows.steps import LetterSteps

KINDS: Final = PUSH_KINDS
WINDOWS: Final = ("hour",)
due_letters, due_keys = due_pushes, owed_keys


def figures(run: Run) -> dict[str, Any]:
    """What this hour tells each unit; freezes it in the archive (returned: where, and the headlines)."""
    computed = pushes(run.house, run.period)
    return {
        "figures_sha256": run.house.archive.put(to_json(computed).encode()),
        "window": run.period.label,
        "letters_due": len(computed.pushes),
        "alarms": {one.unit_name: len(one.alarms) for one in computed.pushes if not one.is_by_person},
        "for_a_person": {one.unit_name: len(one.alarms) for one in computed.pushes if one.is_by_person},
    }


def tell(run: Run) -> dict[str, Any]:
    """`figures` and `compose` in one step: what both return. Both take a moment, and an hour has many runs."""
    computed = figures(run)
    return computed | compose(run, computed)


def frozen(run: Run, computed: dict[str, Any]) -> HourlyPushes:
    """The figures of this run, from the archive."""
    return from_json(HourlyPushes, run.house.archive.get(computed["figures_sha256"]).decode())


_letters: Final = LetterSteps(KINDS, lambda run, computed: due_of(frozen(run, computed)))
compose, question, release, post = _letters.compose, _letters.question, _letters.release, _letters.post


def account(run: Run, told: dict[str, Any]) -> dict[str, Any]:
    """Tells the groups of urgent alarms, and accounts for every letter of the hour."""
    groups = tell_the_hour(run, frozen(run, told))
    return _letters.account(run, told) | ({"groups": groups} if groups else {})
