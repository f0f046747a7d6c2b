"""The forms of a mail: who may send them, and their rows as facts. What forbids one of them lays the whole mail before a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select

from include.answer_form.reading import NEEDED_SHEETS, ReadForm, own_sheets, read_form_sheets
from include.errors import InputError
from include.language import say
from include.office.mailroom.matching import Match, letter_by_key, sender_doubt, units_of
from include.periods import office_date
from include.replies.verdict import reason_words
from include.sources.config import SourceConfig
from include.sources.forms import FormTaken, Refusal, take_form
from include.sources.mailboxes.settings import MailboxSettings
from include.sources.places import Places
from include.sources.reading.mails import AttachedForm, ReadMail
from include.store import tables
from include.store.mail_tables import mail_form


@dataclass(frozen=True)
class Mailroom:
    """What taking mail needs besides the mail: the mailbox, the sources whose rows a unit's word may revise, whom the office trusts,
    the places that are known, the moment."""

    engine: Engine
    source: SourceConfig
    settings: MailboxSettings
    owners: Collection[str]
    trusted: Collection[str]
    known_places: Places
    now: datetime
    actor: str


@dataclass(frozen=True)
class FoundForm:
    """One form of a mail, read against the letter that it names; `fault`: why it cannot be."""

    attached: AttachedForm
    form: ReadForm | None
    fault: str = ""


@dataclass
class Answer:
    """What became of the forms: the alarms of which an answer was taken, of how many suspects a finding was (`inspected`), what was
    refused, letters and bytes of those forms that were `taken`; `known`: how many had been before."""

    match: Match | None = None
    alarms: set[str] = field(default_factory=set)
    inspected: int = 0
    refused: list[Refusal] = field(default_factory=list)
    tray: list[str] = field(default_factory=list)
    taken: list[tuple[str, int]] = field(default_factory=list)
    known: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was filled in."""
        return not (self.rows_taken or self.refused or self.known)

    @property
    def rows_taken(self) -> int:
        """How many rows became facts, or were facts already: answers to alarms, and findings at suspects."""
        return len(self.alarms) + self.inspected


def read_forms(engine: Engine, read: ReadMail, now: datetime) -> list[FoundForm]:
    """The forms that are attached, each read against the letter that it names."""
    found = []
    for attached in read.forms:
        if attached.error or not set(NEEDED_SHEETS) <= own_sheets(attached.sheets).keys():
            found.append(FoundForm(attached, None, str(attached.error.get("what", say("缺少工作表")))))
            continue
        origin = form_origin(read, attached)
        try:
            form = read_form_sheets(engine, origin, origin, attached.sheets, now=read.received_at or now)
            found.append(FoundForm(attached, form))
        except InputError as error:
            found.append(FoundForm(attached, None, str(error)))
    return found


def take_answer(connection: Connection, room: Mailroom, read: ReadMail, forms: Sequence[FoundForm]) -> Answer:
    """Takes the rows of all forms, or of none: where the sender may not speak for the unit, where the moment of receipt is not known,
    where a form or the mail cannot be read as a whole."""
    answer = Answer(tray=[reason_words(fault) for fault in read.verdict.faults])
    letters: list[Match] = []
    for found in forms:
        letter = letter_by_key(connection, found.form.letter.key, "form") if found.form else None
        if found.form is None or letter is None:
            answer.tray.append(
                say("反馈表不能读入：{fault}", fault=found.fault)
                if found.fault
                else say("反馈表所属的函件没有发出")
            )
            continue
        answer.match = letter
        letters.append(letter)
        answer.tray += _doubts(connection, room, read, letter)
    if not answer.tray and (disputed := _disputed(connection, forms, letters)):
        answer.tray.append(say("几份反馈表对同一报警的填写不一致：{alarms}", alarms=say("、").join(disputed)))
    if answer.tray or read.received_at is None:
        return answer
    for found, letter in zip(forms, letters, strict=True):
        take_rows(connection, room, answer, read, found, letter)
    return answer


def _disputed(connection: Connection, forms: Sequence[FoundForm], letters: Sequence[Match]) -> list[str]:
    """The alarms that forms of one mail tell differently: which of them holds is not for their order to say. A form that was taken
    before says nothing new (a thread carries it along)."""
    told: dict[str, set[frozenset[tuple[str, ...]]]] = {}
    for found, letter in zip(forms, letters, strict=True):
        if found.form is None or is_known_form(connection, found.attached.sha256, letter.letter_id):
            continue
        own: dict[str, set[tuple[str, ...]]] = {}
        for part in found.form.delivery.seen():
            for row in part.chunk.rows.astype(str).to_dict("records"):
                own.setdefault(row["alarm_id"], set()).add((part.mapping.table, *row.values()))
        for alarm_id, rows in own.items():
            told.setdefault(alarm_id, set()).add(frozenset(rows))
    return sorted(alarm_id for alarm_id, ways in told.items() if len(ways) > 1)


def take_rows(
    connection: Connection, room: Mailroom, answer: Answer, read: ReadMail, found: FoundForm, letter: Match
) -> FormTaken:
    """Takes one form as of the mail's receipt, unless these very bytes were taken before."""
    nothing = FormTaken(frozenset(), ())
    if found.form is None or read.received_at is None:
        return nothing
    sha256 = found.attached.sha256
    if is_known_form(connection, sha256, letter.letter_id):
        answer.known += 1
        return nothing
    done = take_form(
        connection,
        room.source,
        room.owners,
        found.form,
        room.known_places,
        received_at=read.received_at,
        sent_at=read.sent_at,
        fingerprint=sha256,
        origin=form_origin(read, found.attached),
        now=room.now,
    )
    answer.alarms |= done.alarms
    answer.inspected += done.inspected
    answer.refused += done.refused
    if done.alarms or done.refused or done.inspected:
        answer.taken.append((sha256, letter.letter_id))
    return done


def keep_forms(connection: Connection, answer: Answer, mail_id: int) -> None:
    """Remembers the bytes of what was taken."""
    for sha256, letter_id in dict.fromkeys(answer.taken):
        connection.execute(insert(mail_form).values(sha256=sha256, letter_id=letter_id, mail_id=mail_id))


def is_known_form(connection: Connection, sha256: str, letter_id: int) -> bool:
    """Whether these very bytes were taken before, from a mail or out of the drop folder."""
    by_mail = select(mail_form.c.mail_id).where(
        mail_form.c.sha256 == sha256, mail_form.c.letter_id == letter_id
    )
    pull = tables.pull.c
    by_folder = select(pull.pull_id).where(pull.fingerprint == sha256).limit(1)
    return any(connection.execute(query).first() is not None for query in (by_mail, by_folder))


def form_origin(read: ReadMail, attached: AttachedForm) -> str:
    """Where a row came from, for the quarantine: the mail's sender and the file's name."""
    return say("邮件 {sender} {name}", sender=read.sender or say("（无发件人）"), name=attached.name)[:200]


def _doubts(connection: Connection, room: Mailroom, read: ReadMail, letter: Match) -> list[str]:
    """Why the mail may not speak for the letter's unit."""
    doubts = []
    if letter.unit_code not in units_of(connection, read.sender, office_date(read.received_at or room.now)):
        doubts.append(
            say("发件人 {sender} 当日不是该函件收件单位的联系人", sender=read.sender or say("（无发件人）"))
        )
    if doubt := sender_doubt(read, room.settings, room.trusted):
        doubts.append(doubt)
    if read.received_at is None:
        doubts.append(say("无法确定邮件到达本单位的时间"))
    return doubts
