"""The steps that every beat of the cadence shares; the modules of the DAGs put them in order."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from include.act import Act
from include.errors import CheckFailed, QianliyanError
from include.house import Decision, House, Run
from include.language import say
from include.letter_kinds import LetterKind, is_in_use, letter_kind
from include.office.letter_acts import letters_of_period, release_letter, render
from include.office.register import Due
from include.periods import Period, moment_label
from include.post.audit import Change, record
from include.post.copies import rehearse
from include.post.drafts import StoredLetter, await_approval, draft, reject, withhold
from include.post.recipients import Recipient, addressees
from include.post.reconciliation import reconcile, require_reconciled
from include.post.restoration import last_restore
from include.post.round import post_round
from include.profile.current import office
from include.rules import POST
from include.sources.ledger import AS_OF_ITSELF, completeness, ensure_history, history_start
from include.store.beat_runs import mark_accounted
from include.store.engine import reading, writing
from include.store.facts import last_push

_log = logging.getLogger(__name__)


def pull_facts(run: Run, start_at: datetime) -> dict[str, Any]:
    """Pulls what the ledger lacks since the season's start (or `start_at`, where that is earlier) up to the as-of moment; stops
    the run where less than the wanted share is covered."""
    house, as_of = run.house, run.period.as_of
    pulls = ensure_history(
        house.engine, house.sources, start_at, as_of + AS_OF_ITSELF, season_start=house.season[0], now=run.now
    )
    with reading(house.engine) as connection:
        found = completeness(connection, house.sources, history_start(start_at, house.season[0]), as_of)
    summary = {
        "pulls": len(pulls),
        "rows_read": sum(one.read for one in pulls),
        "rows_new": sum(one.new for one in pulls),
        "rows_revised": sum(one.revised for one in pulls),
        "rows_quarantined": sum(one.quarantined for one in pulls),
        "warnings": [warning for one in pulls for warning in one.warnings][:20],
        "completeness": found.sentence,
        "waiting": found.waiting,
    }
    if found.share < house.least_completeness:
        raise CheckFailed(
            say("数据不完整，未编制函件"),
            where=say("{label} 截至 {as_of:%Y-%m-%d %H:%M}", label=run.period.label, as_of=as_of),
            got=found.sentence,
            expected=say("至少 {least_completeness:.0%}", least_completeness=house.least_completeness),
            todo=say("补齐来源后重跑；或由值班员调低变量 least_completeness 后清除本步重跑"),
        )
    return summary


def outside_season(house: House, period: Period, letters: str) -> str:
    """Why no `letters` are made for a window (Chinese)."""
    first, end = house.season
    return say(
        "{label}不在监管期（{first}至{end}，不含末日）内，不编{letters}",
        label=period.label,
        first=first,
        end=end,
        letters=letters,
    )


def nothing_pulled(reason: str) -> dict[str, Any]:
    """What `pull_facts` returns, where there was nothing to pull."""
    return {"nothing_due": reason, "rows_new": 0, "rows_quarantined": 0, "completeness": "", "waiting": ""}


@dataclass(frozen=True)
class LetterSteps:
    """The last steps of a beat that makes letters of these `kinds`; `due` lists them from what its figures step returned."""

    kinds: tuple[str, ...]
    due: Callable[[Run, dict[str, Any]], list[Due]]

    def in_use(self, run: Run, computed: dict[str, Any]) -> list[Due]:
        """The letters that are due, of the kinds that the office's profile has in use."""
        chosen = office().letters
        return [one for one in self.due(run, computed) if is_in_use(one.facts.kind, chosen)]

    def compose(self, run: Run, computed: dict[str, Any]) -> dict[str, Any]:
        """Drafts every letter that is due (in place where it was drafted before) and withholds drafts that are no longer due.

        A letter that cannot be composed does not stop the others: it is in `failed` with the reason, and `account` fails.
        What a person is asked about it: as `question`.
        """
        due = self.in_use(run, computed)
        house, counts, failed, warnings = run.house, {"created": 0, "recomposed": 0, "left": 0}, {}, []
        for one in due:
            try:
                letter = render(house, one.facts.kind, one.facts.figures_json, None, None)
                drafted = draft(
                    house.engine,
                    house.archive,
                    one.facts,
                    letter,
                    now=run.now,
                    actor=run.actor,
                    run_id=run.run_id,
                )
            except QianliyanError as error:
                _log.exception("letter %s cannot be composed", one.facts.key)
                failed[one.facts.key] = str(error)
                continue
            counts[drafted.action] += 1
            warnings += [
                say("{name}：{warning}", name=one.name, warning=warning) for warning in letter.warnings
            ]
            if drafted.action != "left":
                _keep_warnings(run, one.facts.key, letter.warnings)
            if drafted.differs:
                warnings.append(
                    say(
                        "{name}：已发出的函件与现在的数据不一致，请考虑更正（{key}）",
                        name=one.name,
                        key=one.facts.key,
                    )
                )
            if run.asks_person and drafted.state == "drafted":
                await_approval(
                    house.engine, drafted.letter_id, now=run.now, actor=run.actor, reason=say("等待人工签发")
                )
        keys = {one.facts.key for one in due}
        for letter_row in self._open(run):
            if letter_row.letter_key not in keys:
                reason = say("重新计算后本时段不再需要这封函件")
                withhold(house.engine, letter_row.letter_id, now=run.now, actor=run.actor, reason=reason)
        return {**counts, "failed": failed, "warnings": warnings, **self.question(run)}

    def question(self, run: Run) -> dict[str, Any]:
        """What a person is asked now: `asks_person` (whether at all), `title`, and `waiting`: the letters that the decision is about, one
        mapping each of `letter_id`, `name` (of the addressee), `subject`, `composed_at`. What was signed, rejected or kept back before is none of them.
        """
        waiting = self._open(run)
        return {
            "asks_person": run.asks_person and bool(waiting),
            "title": say("{label}：{count}封函件待签发", label=run.period.label, count=len(waiting)),
            "waiting": [
                {
                    "letter_id": one.letter_id,
                    "name": one.addressee_name,
                    "subject": one.subject,
                    "composed_at": one.composed_at.isoformat(),
                }
                for one in waiting
            ],
        }

    def release(self, run: Run, decision: Decision | None = None) -> dict[str, Any]:
        """Releases or keeps back this run's letters; returns how many by outcome, with every reason.

        `decision` is None when nobody was asked: the run's own rule decides (see `house.Run`).
        """
        outcomes: dict[str, list[str]] = {}
        settle = _settle_by_person(run, decision) if decision else _settle_by_rule(run)
        for letter in self._open(run):
            action, reason = settle(letter)
            outcomes.setdefault(action, []).append(
                say("{addressee_name}：{reason}", addressee_name=letter.addressee_name, reason=reason)
            )
        return {"counts": {action: len(words) for action, words in outcomes.items()}, "letters": outcomes}

    def post(self, run: Run) -> dict[str, Any]:
        """One round of the outbox, at once: a normal day needs no waiting for `post_round`."""
        return one_round(run.house, run.now, run.actor)

    def account(self, run: Run, computed: dict[str, Any]) -> dict[str, Any]:
        """Accounts for every letter of the day by name and state; raises CheckFailed when one is not where it must be."""
        house = run.house
        with reading(house.engine) as connection:
            found = reconcile(
                connection,
                run.period.end,
                due=[one.facts.key for one in self.in_use(run, computed)],
                mailbox=house.mailbox,
            )
        for letter in found.letters:
            _log.info(
                "%s %s %s %s %s",
                letter.kind,
                letter.addressee_name,
                letter.number or "—",
                letter.state,
                letter.reason,
            )
        require_reconciled(found)
        accounted(run)
        return {
            "states": dict(found.states),
            "letters": [
                say(
                    "{addressee_name}（{kind}）{number}：{state}\u3000{reason}",
                    addressee_name=letter.addressee_name,
                    kind=letter.kind,
                    number=letter.number or say("无文号"),
                    state=letter.state,
                    reason=letter.reason,
                )
                for letter in found.letters
            ],
        }

    def _open(self, run: Run) -> list[StoredLetter]:
        """The letters of this window that wait for this run's decision; a 更正 waits for a person's."""
        with reading(run.house.engine) as connection:
            letters = letters_of_period(connection, run.period, self.kinds)
        waiting = ("drafted", "awaiting_approval")
        return [letter for letter in letters if letter.state in waiting and letter.revision == 1]


def _keep_warnings(run: Run, letter_key: str, warnings: Sequence[str]) -> None:
    """In the audit trail, for whoever signs the letter."""
    if warnings:
        with writing(run.house.engine) as connection:
            changes = [Change("letter", letter_key, "warn", None, None, words) for words in warnings]
            record(connection, changes, now=run.now, actor=run.actor)


def accounted(run: Run) -> None:
    """Notes that everything of the run's window is accounted for: a window without that is missed."""
    with writing(run.house.engine) as connection:
        mark_accounted(connection, run.period, run.run_id, run.now, is_scheduled=run.is_scheduled)


def one_round(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """One round of the outbox that began at `now`; returns what became of the mails."""
    began = time.monotonic()
    done = post_round(
        house.engine,
        house.archive,
        house.mail_server,
        owner=actor,
        clock=lambda: now + timedelta(seconds=time.monotonic() - began),
    )
    return {
        "mails": len(done.mails),
        "results": dict(done.results),
        "swept": done.swept,
        "expired": done.expired,
        "still_due": done.still_due,
        "trouble": done.trouble,
        "waiting_for_approval": list(done.waiting),
    }


PLAYED_SINCE: Final = timedelta(days=31)  # the longest window of a beat
_Settle = Callable[[StoredLetter], tuple[str, str]]


def _settle_by_person(run: Run, decision: Decision) -> _Settle:
    who, names, said = (
        decision.who,
        decision.names,
        say("：{reason}", reason=decision.reason) if decision.reason else "",
    )

    def settle(letter: StoredLetter) -> tuple[str, str]:
        if names is None or letter.addressee_name in names:
            return _release(
                run, letter, actor=who, reason=say("{who}签发{said}", who=who, said=said), is_person=True
            )
        asked: dict[str, Any] = {"now": run.now, "actor": who}
        if names:
            reason = say(
                "{who}：本次只签发{count}个单位的函件，这封留待处理{said}",
                who=who,
                count=len(names),
                said=said,
            )
            withhold(run.house.engine, letter.letter_id, **asked, reason=reason, is_person=True)
            return "withheld", reason
        reason = say("{who}不签发{said}", who=who, said=said or say("：未说明理由"))
        reject(run.house.engine, letter.letter_id, **asked, reason=reason)
        return "rejected", reason

    return settle


def _settle_by_rule(run: Run) -> _Settle:
    of_run = reason_to_withhold(run)

    def settle(letter: StoredLetter) -> tuple[str, str]:
        house = run.house
        of_letter = of_run or _reason_of_played(run, letter)
        reason, is_stuck = (of_letter, False) if of_letter else _reason_of_kind(run, letter_kind(letter.kind))
        if not reason:
            return _release(
                run,
                letter,
                actor=run.actor,
                reason=say("时段新鲜，自动放行")
                if run.deliver == "auto"
                else say("发送方式为“一律发送”，放行"),
            )
        if run.deliver == "rehearse":
            name = say("{operators}（演练）", operators=addressees()["operators"])
            to = Recipient(house.issuer.operators, name, "to")
            rehearse(house.outgoing, letter.letter_id, to, Act(run.now, run.actor))
        withhold(
            house.engine, letter.letter_id, now=run.now, actor=run.actor, reason=reason, is_stuck=is_stuck
        )
        return ("rehearsed" if run.deliver == "rehearse" else "withheld"), reason

    return settle


def _reason_of_played(run: Run, letter: StoredLetter) -> str:
    """Why this run sends a letter about 模拟数据 not by itself, or empty: a simulated region whose last alarm lies long before the window
    was over then, and its open alarms are nobody's matter of today."""
    if run.deliver != "auto" or not letter.is_simulated:
        return ""
    with reading(run.house.engine) as connection:
        last = last_push(connection, run.period.ends_at)
    if last is None or run.period.ends_at - last <= PLAYED_SINCE:
        return ""
    return say(
        "模拟数据：最后一条报警推送于{day}，本时段已没有演示数据，不自动发送",
        day=moment_label(last, year=True),
    )


def _reason_of_kind(run: Run, kind: LetterKind) -> tuple[str, bool]:
    """Why this run sends no letter of this kind, or empty; and whether a person has to act."""
    if kind.is_by_person:
        return say("{label}须由人员核实后放行", label=say(kind.label)), True
    if kind.is_news and run.is_backfill:
        return say("补录的时段不推送"), False
    age = run.now - run.period.as_of
    if run.deliver == "auto" and age > kind.send_within:
        hours = kind.send_within.total_seconds() / 3600
        return (
            say(
                "时段已过{age:.1f}小时，{label}超过{hours:g}小时须由人员放行",
                age=age.total_seconds() / 3600,
                label=say(kind.label),
                hours=hours,
            ),
            True,
        )
    return "", False


def reason_to_withhold(run: Run) -> str:
    """Why this run mails nothing by itself, or empty (rules: DESIGN of the letters)."""
    if run.deliver == "withhold":
        return say("发送方式为“只编制存档”")
    if run.deliver == "rehearse":
        return say("演练：只发给值班邮箱")
    if run.deliver == "auto" and run.is_backfill:
        return say("补录的时段只编制存档")
    age = run.now - run.period.as_of
    if run.deliver == "auto" and age > POST.send_within:
        hours = POST.send_within.total_seconds() / 3600
        return say(
            "时段已过{age:.0f}小时，超过{hours:.0f}小时不再自动发送",
            age=age.total_seconds() / 3600,
            hours=hours,
        )
    with reading(run.house.engine) as connection:
        restored_at = last_restore(connection)
    if run.deliver == "auto" and restored_at is not None and run.period.as_of <= restored_at:
        return say(
            "系统已于{moment}从备份恢复，恢复前可能已发出：请核实后放行",
            moment=moment_label(restored_at),
        )
    return ""


def _release(
    run: Run, letter: StoredLetter, *, actor: str, reason: str, is_person: bool = False
) -> tuple[str, str]:
    outcome = release_letter(
        run.house,
        letter.letter_id,
        now=run.now,
        actor=actor,
        reason=reason,
        is_person=is_person,
        run_id=run.run_id,
    )
    return outcome.action, outcome.number or outcome.reason
