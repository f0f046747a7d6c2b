"""What the monthly 考核 says, frozen: one row a holder, and the window and moment that it is of."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from include.periods import Period

ASSESSMENT_LIST: Final = "assessment"


@dataclass(frozen=True)
class AssessedUnit:
    """One holder; the columns of `include.chain.assessment.COLUMNS` with its name. `rank` is None without enough due steps."""

    group: str
    unit_code: str
    unit_name: str
    tasks: int
    acknowledge_due: int
    acknowledge_on_time: int
    report_due: int
    report_on_time: int
    rectify_due: int
    rectify_on_time: int
    due: int
    on_time: int
    returned: int
    failed: int
    repeats: int
    accepted: int
    written_off: int
    pending: int
    is_small: bool
    rank: int | None
    under_review: int = 0  # figures of before have none


@dataclass(frozen=True)
class AssessmentFigures:
    """Everything that the monthly list says: the holders of the alarms first assigned in `month`, as of the period's moment.
    `least_due`: of fewer steps nothing is ranked."""

    letter_key: str
    kind: str
    unit_code: str
    unit_name: str
    bureau: str
    period: Period
    month: date
    rows: tuple[AssessedUnit, ...]
    least_due: int
    rules_version: str
    is_simulated: bool
