"""What the letters of a chain say, frozen: 交办单, 反馈单, 退回单, 验收通知, 现场验收单 and 提级单 are the same cases at another step."""

from dataclasses import dataclass
from datetime import datetime

from include.periods import Period

ASSIGNMENT = "task_sheet"

REPORT_SHEET = "report_sheet"

RETURN = "return_sheet"

ACCEPTANCE = "site_sheet"

ESCALATION = "escalation"

VISIT = "visit_sheet"

ASKING = (ASSIGNMENT, RETURN, VISIT)
"""Those that ask for a step, by the phone page too."""

LEADER, OPERATORS = "leader", "operators"
"""The office's own addressees."""


@dataclass(frozen=True)
class ChainCase:
    """One 交办件 as its letter prints it. `case_no` (受理编号): of the alarm and the task; `others`: the units that hold it beside this
    one, `other_roles`: in which part each; `result`: of the acceptance, or of the review that sent a report back; `waits_for`: the slot (chain.steps.SLOT_LABELS) that is
    overdue since `due_at`, with whom of the office it lies (`duty`); `handed_from`: who held it before
    this holder, and took the step of which the letter speaks; `with_office`: the office's own slot for which one that is handed over waits; what is not known yet is None or empty."""

    case_no: str
    alarm_id: str
    grid_id: str
    county: str
    point_name: str
    started_at: datetime
    last_at: datetime
    alarm_count: int
    peak_pm25_ug_m3: float | None
    role: str
    holder_name: str
    others: tuple[str, ...]
    acknowledge_by: datetime | None = None
    report_by: datetime | None = None
    suspected: tuple[str, ...] = ()
    problem_found: bool | None = None
    category: str = ""
    report_note: str = ""
    reporter: str = ""
    inspected_at: datetime | None = None
    reported_at: datetime | None = None
    rectify_by: datetime | None = None
    rectified_at: datetime | None = None
    rectified_note: str = ""
    is_accepted: bool | None = None
    result_note: str = ""
    result_by: str = ""
    result_at: datetime | None = None
    due_at: datetime | None = None
    is_returned: bool = False
    waits_for: str = ""
    duty: str = ""
    lon: float | None = None
    lat: float | None = None
    handed_from: str = ""
    other_roles: tuple[str, ...] = ()
    with_office: str = ""


@dataclass(frozen=True)
class ChainFigures:
    """Everything that one letter of a chain says: the cases of one kind, addressee and minute."""

    letter_key: str
    kind: str
    unit_code: str
    unit_name: str
    bureau: str
    address_form: str
    period: Period
    cases: tuple[ChainCase, ...]
    rules_version: str
    is_simulated: bool
