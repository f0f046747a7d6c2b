"""What waits for a person, over all parts of the house: one register, the same for the desk's first page and the daily list.

Each kind is a function in `_KINDS`; what another part of the house brings is one more. A thing is in the list from its first minute,
until somebody has settled it. Many of one kind and origin (a run's letters, a source's contacts) are one line with their number.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, select

from include.chain.figures import REPORT_SHEET
from include.house import House
from include.language import say
from include.language.told import Sentence, sentence
from include.letter_kinds import is_in_use
from include.letters.document.manuscript import MARK_GAP
from include.office.beat_watch import missing_windows
from include.office.chain_assigning import unassigned
from include.office.chain_lists import running
from include.office.dissection_lists import case_work
from include.office.ended_units import open_of_ended
from include.office.field_decisions import waiting_reports
from include.office.hints import waiting_hints
from include.office.mailroom.access import closed_mailboxes
from include.office.mailroom.tray import waiting_mails
from include.office.open_reports import open_reports
from include.office.proposals import open_proposals
from include.office.spot_checks import unchecked
from include.office.units import called, undecided, words_of
from include.periods import DAY, last_complete, midnight, office_date
from include.post.attention import Concern, needs_person
from include.post.channels.listing import switched_off, unsettled
from include.post.recipients import recipients_for
from include.profile.current import office
from include.rules import LOW_RESPONSE
from include.sources.config import DECIDING_KINDS
from include.sources.contacts.questions import Question, questions
from include.sources.ledger import gaps
from include.sources.names import source_name, table_name
from include.sources.troubles import KIND as FILES
from include.store import tables
from include.store.engine import reading
from include.store.facts import cities_on, unheard_cities
from include.store.grid_lists import grid_lists
from include.store.statements import frame
from include.store.watch_todos import open_todos

TOPICS: Final = {
    "unknown": "结果不明",
    "refused": "对方拒收",
    "expired": "过期未送出",
    "withheld": "暂不能发",
    "failed": "放行失败",
    "approval": "等待签发",
    "undecided": "拟稿未处理",
    "server": "邮件服务器不可用",
    "contact": "联系人待决定",
    "group": "群消息未送达",
    "webhook": "推送接口已停用",
    "report": "上报待处理",
    "archive": "存档不可用",
    "held": "人工暂不发送",
    "quarantine": "隔离",
    "files": "文件未能读入",
    "pull": "拉取中断",
    "silent": "核实地址",
    "watch": "报警待核实",
    "grids": "网格清单待审",
    "hints": "群众线索",
    "mail": "来信待处理",
    "mailbox": "信箱无法读取",
    "field": "手机填报待确认",
    "run": "时段没有运行",
    "units": "单位、地方与档案不一致",
    "orphan": "撤销单位的报警",
    "dispute": "争议待裁定",
    "answer": "重报待审核",
    "chain": "交办办理",
    "dissection": "解剖分析",
    "check": "抽查待核查",
    "correction": "更正建议",
}
# What is seen to first. Within a rank: what has waited longest.
URGENCY: Final[tuple[tuple[str, ...], ...]] = (
    # Nothing leaves, or nothing comes in.
    ("server", "archive", "mailbox", "pull", "run"),
    # A letter or message that did not reach whom it is for.
    (
        "approval",
        "failed",
        "unknown",
        "refused",
        "expired",
        "withheld",
        "held",
        "undecided",
        "group",
        "webhook",
        "report",
    ),
    # What others wait for, with a deadline running.
    ("watch", "dispute", "answer", "chain", "mail", "field", "orphan", "dissection"),
    # What is put right in good time.
    ("silent", "contact", "files", "quarantine", "correction", "check", "grids", "hints", "units"),
)
_RANKS: Final = {topic: rank for rank, topics in enumerate(URGENCY) for topic in topics}
# Reason and what to do about files that were not read.
UNREAD_FILES: Final = (
    "文件未能读入，其余文件已照收",
    "按隔离中所列原因更正或重新索取该文件；读入后自动了结，也可弃用",
)


ABOUT_CONTACTS: Final = {
    "differs": ("来源与现行记录不一致，以现行记录为准", "保留现行或采用来源"),
    "held": ("来源改了邮箱，原邮箱为人工确定，新邮箱未启用", "保留现行、采用来源或两个都用"),
    "replaced": ("来源改了邮箱：旧邮箱已停用，新邮箱已启用", "确认更正，或改回旧邮箱"),
    "vanished": ("来源不再有此联系人，仍按有效处理", "保留或停用"),
    "unread": ("该邮箱可能无人收信", "确认可用或停用"),
}  # fmt: skip
_MANY_ALARMS: Final = 20  # of a unit, that wait for a decision: more are one line, fewer one line each, which leads to the alarm
_FEW: Final = 3  # questions of one source and kind that are listed one by one


_UNREADABLE_ROWS: Final = (
    "内容无法识别，未计入数字",
    "逐条更正后补录（quarantine list、quarantine replay），或说明理由弃用",
)
_DECISIONS: Final = {
    "dispute": ("对报警提出争议，尚未裁定", "在报警页认定误报或驳回争议，或用 alarms uphold、reject"),
    "answer": ("退回后重新反馈，尚未审核", "在报警页验收或再次退回，或用 alarms accept、return"),
}
CORRECTIONS_OF: Final = timedelta(days=31)  # letters older than this are not compared again
_LOOK_BACK: Final = 30 * DAY
STOPPED_AFTER: Final = timedelta(
    hours=26
)  # a daily pull and two hours: without one for longer the source has stopped


@dataclass(frozen=True)
class Waiting:
    """One thing that waits. `topic`: a key of TOPICS; `path` and `query`: the page of the desk that settles it; `run`: the DAG and
    run whose required action a person answers; `count`: how many it stands for."""

    topic: str
    title: str
    reason: str
    todo: str
    since: datetime
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    run: tuple[str, str] | None = None
    count: int = 1
    is_simulated: bool = False

    @property
    def line(self) -> str:
        """The topic and the title, for a list without columns."""
        topic = say(TOPICS[self.topic])
        return topic + say(MARK_GAP) + self.title if self.title != topic else self.title


# What of the cases of 解剖分析 waits, by kind of work: title, what is late of it, and what to do.
_CASE_WORK: Final = {
    "analyse": (
        "{count}个网格待分析",
        "其中逾期{late}个",
        "在解剖分析页下载初稿，核实补充后提交，或用 dissection draft、file",
    ),
    "measures": (
        "{count}个网格有措施逾期",
        "其中逾期{late}个",
        "催办责任人，完成后在解剖分析页记录，或用 dissection done",
    ),
    "accept": (
        "{count}个网格待验收结案",
        "措施均已完成",
        "由未参与分析和措施的人员在解剖分析页验收，或用 dissection accept",
    ),
}
# What of a chain waits for this office, by step, and what to do.
CHAIN_WORK: Final = (
    ("review", "巡查上报待审核", "在报警的交办页审核（通过或退回），或用 chain review"),
    ("accept", "整改待验收", "到现场验收后在报警的交办页记录，或用 chain accept"),
    ("write_off", "待销号", "被抽中的先抽查，再在报警的交办页销号，或用 chain write-off"),
)
Kind = Callable[[House, Connection, datetime], Iterable[Waiting]]


def waiting(house: House, now: datetime) -> list[Waiting]:
    """Everything that waits at `now`, the most urgent kinds first, of one rank the oldest."""
    with reading(house.engine) as connection:
        found = [_said(one) for kind in _KINDS for one in kind(house, connection, now)]
    return sorted(found, key=lambda one: (_RANKS[one.topic], one.since, one.topic, one.title))


def _said(one: Waiting) -> Waiting:
    """In the office's language."""
    title, reason, todo = (
        words if isinstance(words, Sentence) else say(words) for words in (one.title, one.reason, one.todo)
    )
    return replace(one, title=title, reason=reason, todo=todo)


def _letters(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Letters, deliveries, the mail server and the archive."""
    groups: dict[tuple[str, str, str], list[Concern]] = {}
    for one in needs_person(connection, now):
        if one.address or one.run is None:
            yield _of_letter(one)
        else:
            groups.setdefault((one.topic, *one.run), []).append(one)
    for group in groups.values():
        yield from [_of_run(group)] if len(group) > _FEW else [_of_letter(one) for one in group]


def _of_letter(one: Concern) -> Waiting:
    words = [part for part in (one.addressee_name, one.subject, one.address) if part]
    return Waiting(
        one.topic,
        say(MARK_GAP).join(words) or TOPICS[one.topic],
        one.reason,
        one.todo,
        one.since,
        path=f"/letters/{one.letter_id}" if one.letter_id else "",
        run=one.run if one.topic == "approval" else None,
        is_simulated=one.is_simulated,
    )


def _of_run(group: list[Concern]) -> Waiting:
    first = group[0]
    assert first.run is not None
    reasons = sorted({one.reason for one in group})
    return Waiting(
        first.topic,
        sentence("{subject}等{count}封函件", subject=first.subject, count=len(group)),
        say("；").join(reasons[:2]) + (say("等") if len(reasons) > 2 else ""),
        first.todo,
        min(one.since for one in group),
        path="/letters",
        query={"dag_id": first.run[0], "run_id": first.run[1]},
        run=first.run if first.topic == "approval" else None,
        count=len(group),
        is_simulated=any(one.is_simulated for one in group),
    )


def _contacts(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Questions about contacts: one, or all of one source and kind where they are many."""
    groups: dict[tuple[str, str], list[Question]] = {}
    for one in questions(connection):
        groups.setdefault((one.source, one.kind), []).append(one)
    for (source, kind), asked in groups.items():
        reason, todo = ABOUT_CONTACTS[kind]
        more: dict[str, Any] = {"path": "/contacts", "is_simulated": any(one.is_simulated for one in asked)}
        words = sentence("在联系人页{todo}，或用 contacts answer", todo=todo)
        if len(asked) > _FEW:
            many = sentence("来源 {source} 的{count}位联系人", source=source_name(source), count=len(asked))
            yield Waiting("contact", many, reason, words, asked[0].asked_at, count=len(asked), **more)
        else:
            for one in asked:
                title = one.region_name + say(MARK_GAP) + _mailboxes(one)
                yield Waiting("contact", title, reason, words, one.asked_at, **more)


def _quarantine(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Rows, and whole files, that could not be read."""
    for row in frame(connection, "open_quarantine").to_dict("records"):
        is_file, count, since = row["kind"] == FILES, int(row["open_rows"]), row["since_at"].to_pydatetime()
        title = (
            sentence("来源 {source} 有{count}个", source=source_name(row["source"]), count=count)
            if is_file
            else sentence(
                "来源 {source} 的 {kind} 有{count}行",
                source=source_name(row["source"]),
                kind=table_name(row["kind"]),
                count=count,
            )
        )
        reason, todo = UNREAD_FILES if is_file else _UNREADABLE_ROWS
        yield Waiting(
            "files" if is_file else "quarantine", title, reason, todo, since, path="/quarantine", count=count
        )


def _pulls(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Sources from which something came once, and nothing for more than a day. One that was never pulled has not stopped."""
    until = min(now, midnight(house.season[1]))
    since = max(until - _LOOK_BACK, midnight(house.season[0]))
    pulled = set(connection.execute(select(tables.pull.c.source).distinct()).scalars())
    for source in house.sources:
        if source.name not in pulled:
            continue
        missing = gaps(connection, source.name, since, until) if source.is_windowed else []
        if missing and missing[-1][1] == until and missing[-1][1] - missing[-1][0] > STOPPED_AFTER:
            yield Waiting(
                "pull",
                source.name,
                sentence("此后没有拉取到数据"),
                sentence("检查该来源的连接；恢复后运行日调度即自动补拉"),
                missing[-1][0],
            )


def _silent(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Cities from which nothing was heard after several letters in a row."""
    period = last_complete("day", min(now, midnight(house.season[1])))
    codes = set(unheard_cities(connection, LOW_RESPONSE.silent_letters, period.end, now))
    cities = cities_on(connection, period.last_date)
    for code, name in zip(cities["unit_code"], cities["unit_name"], strict=True):
        if code in codes:
            yield Waiting(
                "silent",
                name,
                sentence("连续多封函件被退回或无任何签收反馈"),
                sentence("核实收件地址，在联系人页更正"),
                period.as_of,
                path="/contacts",
                query={"region": str(code)},
            )


def _watch(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Alarms of the watch that left and that later data speak against. (One raised too late waits as its letter.)"""
    for one in open_todos(connection):
        alarm_id = str(one["alarm_id"])
        yield Waiting(
            "watch",
            alarm_id,
            str(one["reason"]),
            sentence("在报警的依据页撤回或保留并注明理由，或用 watch withdraw、watch keep"),
            one["made_at"],
            path=f"/watch/{quote(alarm_id, safe='')}",
            is_simulated=bool(one["is_simulated"]),
        )


def _runs(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Windows that the schedule should have brought a run to by now."""
    for one in missing_windows(connection, now):
        yield Waiting(
            "run",
            one.label,
            sentence("已到时限，没有运行，或运行没有完成核对"),
            sentence("检查该 DAG 是否暂停、调度是否在运行；再按缺的时段逐一补运行"),
            one.since,
            count=len(one.windows),
        )


def _grid_lists(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Lists of hotspot grids that wait for their release."""
    for row in grid_lists(connection).to_dict("records"):
        if row["state"] == "proposed":
            yield Waiting(
                "grids",
                str(row["name"]),
                sentence("热点网格{hot}个，待审核", hot=row["hot"]),
                sentence("在清单页剔除、增补后发布或不采用，或用 select-grids release、reject"),
                row["proposed_at"].to_pydatetime(),
                path=f"/grid-lists/{row['list_id']}",
                is_simulated=bool(row["is_simulated"]),
            )


def _units(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Units and places that the profile says otherwise than an operator."""
    for one in undecided(connection):
        yield Waiting(
            "units",
            sentence("{name} {code}", name=called(one), code=one.code),
            say("；").join(words_of(one)),
            sentence("按档案改（units …、places …），或以现有的为准（profile apply --keep）"),
            midnight(office_date(now)),
            path="/places" if one.subject == "place" else "/units",
        )


def _orphans(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Open alarms of units that have ended: no later letter names them."""
    for one in open_of_ended(connection, now):
        yield Waiting(
            "orphan",
            sentence(
                "{unit_name}已撤销，仍有{count}条未办结", unit_name=one.unit_name, count=len(one.alarm_ids)
            ),
            sentence("单位已撤销，此后的函件不再列出其未办结的报警"),
            sentence("在单位页指定承接单位（units succeed），请平台改派，或在报警页办结（alarms close）"),
            midnight(one.ended_on),
            path="/units",
            count=len(one.alarm_ids),
            is_simulated=one.is_simulated,
        )


def _hints(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Hints of the public that nobody has looked at: one line, without a word of theirs."""
    rows = waiting_hints(connection)
    if rows:
        yield Waiting(
            "hints",
            sentence("{count}条线索待处理", count=len(rows)),
            sentence("线索须由人看过；它不会自己成为报警"),
            sentence("用 hints list 查看，用 hints settle 处理"),
            rows[0]["received_at"],
            path="/hints",
            count=len(rows),
            is_simulated=any(row["is_simulated"] for row in rows),
        )


def _decisions(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Disputes that nobody decided and answers given again after they were sent back, where this office decides and no platform."""
    elsewhere = {source.name for source in house.sources if source.kind in DECIDING_KINDS}
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in frame(connection, "waiting_decisions", as_of_at=now).to_dict("records"):
        if row["source"] not in elsewhere:
            groups.setdefault((str(row["topic"]), str(row["unit_code"])), []).append(
                {str(name): value for name, value in row.items()}
            )
    for (topic, unit_code), rows in groups.items():
        reason, todo = _DECISIONS[topic]
        many = len(rows) > _MANY_ALARMS
        for own in [rows] if many else [[row] for row in rows]:
            yield Waiting(
                topic,
                sentence("{unit_name}{count}条", unit_name=own[0]["unit_name"], count=len(own))
                if many
                else say(MARK_GAP).join(_place_of(own[0])),
                sentence(reason),
                sentence(todo),
                own[0]["since_at"].to_pydatetime(),
                path=f"/cities/{unit_code}" if many else f"/alarms/{quote(str(own[0]['alarm_id']), safe='')}",
                count=len(own),
                is_simulated=any(bool(row["is_simulated"]) for row in own),
            )


def _chain(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """A city's own chain: alarms that nobody holds, steps that wait for this office, and the units whose steps are overdue; one line
    each. Nothing in an office whose profile has no chain."""
    if office().chain is None:
        return
    today = office_date(now)
    superior = office().told_superior if is_in_use(REPORT_SHEET, office().letters) else ""
    if superior and recipients_for(connection, REPORT_SHEET, None, today, superior).blocker:
        above = office().unit(superior)
        yield Waiting(
            "chain",
            sentence("上级机关{name}没有联系人", name=above.name if above else superior),
            sentence("反馈单按档案同时报送上级，现无法送达"),
            sentence("在联系人页补充单位{code}、角色“省级抄送”的联系人", code=superior),
            midnight(today),
            path="/contacts",
        )
    free = unassigned(connection, now)
    if free:
        yield Waiting(
            "chain",
            sentence("{count}条报警待交办", count=len(free)),
            sentence("尚无承办单位"),
            sentence("在交办页按规则或逐条交办，或用 chain assign"),
            free[0]["pushed_at"].to_pydatetime(),
            path="/chain",
            count=len(free),
            is_simulated=any(bool(row["is_simulated"]) for row in free),
        )
    rows = running(connection, now)
    for step, label, todo in CHAIN_WORK:
        own = rows[rows["step"] == step]
        if len(own):
            late = int((own["office_late_hours"] > 0).sum())
            yield Waiting(
                "chain",
                sentence("{count}件{label}", count=len(own), label=sentence(label)),
                sentence(
                    "其中超期{late}件、提级{raised}件", late=late, raised=int(own["is_escalated"].sum())
                ),
                sentence(todo),
                own["since_at"].min().to_pydatetime(),
                path="/chain",
                count=len(own),
                is_simulated=bool(own["is_simulated"].any()),
            )
    overdue = rows[rows["overdue_hours"] > 0]
    for unit, own in overdue.groupby("holder_code"):
        yield Waiting(
            "chain",
            sentence(
                "{unit_name}超期{count}件", unit_name=own["holder_name"].iloc[0] or unit, count=len(own)
            ),
            sentence("其中提级{raised}件", raised=int(own["is_escalated"].sum())),
            sentence("催办，或在交办页延期、撤回后改交其他单位"),
            own["due_at"].min().to_pydatetime(),
            path="/chain",
            count=len(own),
            is_simulated=bool(own["is_simulated"].any()),
        )


def _dissection(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Cases of 解剖分析: what is to be analysed, which measures are overdue, what may be accepted; one line each."""
    if office().chain is None:
        return
    for work in case_work(connection, now):
        title, reason, todo = _CASE_WORK[work.topic]
        yield Waiting(
            "dissection",
            sentence(title, count=work.count),
            sentence(reason, late=work.late),
            sentence(todo),
            work.since,
            path="/dissection",
            count=work.count,
            is_simulated=work.is_simulated,
        )


def _place_of(row: Mapping[str, Any]) -> list[str]:
    return [str(row[name]) for name in ("unit_name", "county", "point_name", "alarm_id") if row[name]]


def _checks(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Answers drawn for 抽查 in weeks that are over, and not checked yet: one line a week."""
    for one in unchecked(connection, now):
        yield Waiting(
            "check",
            sentence("{week_start}起一周还有{count}条", week_start=one.week_start, count=one.open),
            sentence("抽取{drawn}条，已核查{checked}条", drawn=one.drawn, checked=one.drawn - one.open),
            sentence("在抽查页逐条核查并记录结果，或用 spot-checks record"),
            midnight(one.week_start + 7 * DAY),
            path="/spot-checks",
            query={"week": str(one.week_start)},
            count=one.open,
            is_simulated=one.is_simulated,
        )


def _corrections(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Letters that left and would say otherwise by what was learnt since."""
    for row in open_proposals(connection, office_date(now - CORRECTIONS_OF)).to_dict("records"):
        yield Waiting(
            "correction",
            str(row["number"] or row["letter_key"]),
            str(row["reason"]),
            sentence("核实后决定是否向收件单位更正；系统不会自己发更正"),
            row["since_at"].to_pydatetime(),
            path=f"/letters/{row['letter_id']}",
            is_simulated=bool(row["is_simulated"]),
        )


def _mails(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Mails of the tray: each by itself, or all of one reason where they are many."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in waiting_mails(connection):
        groups.setdefault(str(row["tray_reason"]), []).append(row)
    for reason, rows in groups.items():
        many = len(rows) > _FEW
        for row in rows[:1] if many else rows:
            words = [part for part in (row["sender"], row["subject"]) if part]
            yield Waiting(
                "mail",
                sentence("{count}封", count=len(rows))
                if many
                else say(MARK_GAP).join(words) or TOPICS["mail"],
                reason,
                sentence("在来信页查看后采用、录入、作为线索、归档，或判为与本单位无关"),
                row["taken_at"],
                path="/mails" if many else f"/mails/{row['mail_id']}",
                count=len(rows) if many else 1,
                is_simulated=any(one["is_simulated"] for one in rows),
            )


def _closed(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Mailboxes that could not be read when that was tried last."""
    configured = {source.name for source in house.mailboxes}
    for one in closed_mailboxes(connection):
        if one.name in configured:
            yield Waiting(
                "mailbox",
                one.name,
                one.reason,
                sentence("检查信箱的连接、证书和密码（163、QQ为授权码）；邮件仍在信箱中，恢复后自动读取"),
                one.since,
            )


def _groups(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Messages to chat groups that were refused, expired, or of which nobody knows: one line a group and reason."""
    for row in unsettled(connection):
        yield Waiting(
            "group",
            sentence("{channel}　{count}条", channel=row.channel, count=row.count),
            row.reason,
            sentence("在群里核实，按原因检查机器人的密钥和设置，再用 channels settle 记为已送达、再发或不发"),
            row.since,
            path="/links",
            count=row.count,
            is_simulated=row.is_simulated,
        )


def _webhooks(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Webhooks that were switched off because they took nothing for days."""
    for one in switched_off(connection):
        yield Waiting(
            "webhook",
            one.channel,
            one.reason,
            sentence("联系接收方修复后，用 channels enable 恢复；停用期间的事件仍在排队"),
            one.since,
            path="/links",
            count=one.count,
            is_simulated=one.is_simulated,
        )


def _reports(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Reports to the office above that a person reviews first, and those that it refused."""
    for one in open_reports(connection):
        yield Waiting(
            "report",
            sentence("{upper}　{count}条", upper=one.upper, count=one.count),
            one.reason,
            sentence("用 exchange reports 查看，用 exchange decide 上报或不报"),
            one.since,
            path="/links",
            count=one.count,
        )


def _field(house: House, connection: Connection, now: datetime) -> Iterable[Waiting]:
    """Reports of the phone page that wait: one line a unit and reason."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in waiting_reports(connection):
        groups.setdefault((row["unit_name"], row["reason"]), []).append(row)
    for (unit_name, reason), rows in groups.items():
        yield Waiting(
            "field",
            sentence("{unit_name}　{count}条", unit_name=unit_name, count=len(rows)),
            sentence("{reason}：已收到，未计入数字；手机确认后自动采用", reason=sentence(reason)),
            sentence("电话核实后在手机填报页采用或不采用并注明理由，或用 field accept、reject"),
            rows[0]["received_at"],
            path="/field",
            count=len(rows),
            is_simulated=any(row["is_simulated"] for row in rows),
        )


_KINDS: Final[tuple[Kind, ...]] = (
    _grid_lists,
    _letters,
    _contacts,
    _quarantine,
    _pulls,
    _silent,
    _watch,
    _runs,
    _hints,
    _field,
    _units,
    _orphans,
    _decisions,
    _chain,
    _dissection,
    _checks,
    _corrections,
    _mails,
    _closed,
    _groups,
    _webhooks,
    _reports,
)


def _mailboxes(one: Question) -> str:
    told = one.told.address if one.told and one.told.key != one.mine.key else ""
    return f"{one.mine.name} {one.mine.address}" + (f" → {told}" if told else "")
