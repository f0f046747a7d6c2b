"""What the office tells the page: one letter to one unit, the unit's contacts, a device, what became of reports. Sealed when on disk."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(max_length=255)]


class Told(BaseModel):
    """Strict: what is more, or of another type, is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Suspect(Told):
    """A suspect of an alarm that the answer form asks about."""

    candidate_id: Name
    name: Name
    level: Name
    reason: Text


class BundleAlarm(Told):
    """An alarm of the letter, as its answer form tells it."""

    alarm_id: Name
    grid_id: Name
    county: Name
    point_name: Name
    lon: float | None
    lat: float | None
    started_at: AwareDatetime
    alarm_count: int
    peak_pm25_ug_m3: float | None
    deadline_at: AwareDatetime
    suspects: tuple[Suspect, ...] = ()


class Bundle(Told):
    """All that the page knows of a letter. `link_hash`: of the word of its link; `steps`: codes of what may be answered."""

    letter_key: Name
    unit_code: Name
    unit_name: Name
    title: Name
    issuer: Name
    phone: Name
    number: Name | None
    released_at: AwareDatetime
    expires_at: AwareDatetime
    link_hash: Name
    zone: Name
    language: Literal["zh", "en"]
    is_simulated: bool
    steps: tuple[Name, ...]
    categories: tuple[Name, ...]
    longest_promise_days: int
    position_days: int
    alarms: tuple[BundleAlarm, ...]

    def is_open(self, now: datetime) -> bool:
        """Whether the link may be used."""
        return now < self.expires_at


class UnitContact(Told):
    """To whom a code may be mailed: a name for it, and what is shown of it (never the whole address)."""

    contact: Name
    label: Name


class UnitTold(Told):
    """The contacts of a unit."""

    unit_code: Name
    contacts: tuple[UnitContact, ...]


class DeviceTold(Told):
    """A device of a unit: `asked` (a code was mailed: its salted hash), `confirmed`, or `refused` (why)."""

    device_id: Name
    unit_code: Name
    state: Literal["asked", "confirmed", "refused"]
    label: Name
    reason: Text = ""
    asked_at: AwareDatetime
    expires_at: AwareDatetime
    code_salt: Name = ""
    code_hash: Name = ""


class Result(Told):
    """What became of one report."""

    report_id: Name
    alarm_id: Name
    step: Name
    received_at: AwareDatetime
    state: Literal["taken", "waiting", "accepted", "rejected", "quarantined"]
    reason: Text = ""


class TaskTold(Told):
    """How the task of an alarm in a chain stands: in words; until when what comes next is asked for; steps of the chain that may be
    taken; why a report was sent back."""

    alarm_id: Name
    state: Name
    due_at: AwareDatetime | None = None
    steps: tuple[Name, ...] = ()
    note: Text = ""


class Results(Told):
    """What became of the reports of one link, and how the tasks stand."""

    reports: tuple[Result, ...]
    tasks: tuple[TaskTold, ...] = ()
