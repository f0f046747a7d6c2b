"""The thin glue from Airflow to include/: timetables, params, the context of a run, and the wait for a person.

Nothing heavy is imported here: DAG files import this module each time they are parsed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import (
    CronDataIntervalTimetable,
    Param,
    ParamsDict,
    dag,
    get_current_context,
)
from airflow.sdk.exceptions import TaskAwaitingInput
from troubles import MOST_RETRIES, Patience, deadline

from include.language import help_text, say
from include.periods import DAG_IDS, DAG_NAMES, office_zone, schedule

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from types import FunctionType

    from include.connections import Registry
    from include.house import Decision, House, Run
    from include.periods import Period

DAG_DEFAULTS: dict[str, Any] = {
    "start_date": datetime(2020, 1, 1, tzinfo=UTC),  # back-fills may go back to here
    "catchup": False,
    "max_active_runs": 4,
    "default_args": {
        "retries": MOST_RETRIES,
        "retry_policy": Patience(),
        "retry_delay": timedelta(
            minutes=1
        ),  # of a task whose process was lost: no policy is asked about that
        "execution_timeout": timedelta(minutes=30),
        "pool": "store_writers",  # airflow_settings.yaml: how many tasks use the store at once
    },
}
# Of every task that asks a person, who may take as long as it takes. Where an answer comes before the scheduler has seen the asking
# process end, Airflow takes the task for killed: it is begun again, soon, and takes the answer that was kept (`Question`).
ASKS_A_PERSON: dict[str, Any] = {"execution_timeout": None, "retry_delay": timedelta(seconds=10)}
_DAY_HINT = (
    "发出日期，即所报告一天的次日：2020-03-13 即报告 3 月 12 日。 The day after the one that is reported."
)
# By DAG: which dates or hours its windows end on, in words for the trigger dialog and for a refusal. No pattern: Airflow would
# refuse what does not match with that pattern alone, the run's first task says in both languages what is wanted.
_ENDS: dict[str, str] = {
    "daily_dispatch": _DAY_HINT,
    "weekly_summary": "周三或周日：2020-03-11（周三）报告周日至周二；2020-03-15（周日）报告周三至周六。 A Wednesday or a Sunday.",
    "half_monthly_bulletin": "1 日或 16 日：2020-03-16 报告 3 月上半月；2020-04-01 报告 3 月下半月和全月的预警网格。 The 1st or the 16th.",
    "hourly_watch": "整点：2020-03-13T09:00（北京时间）报告 8 时至 9 时。 A full hour.",
}
RELEASE, SOME, REJECT = "全部签发", "签发部分", "不签发"
PUBLISH, REFUSE = "发布", "不发布"
ASKED_ABOUT = frozenset({"compose", "prepare"})  # the tasks that make what an `approve` asks about
KEPT_ANSWER = "answer"  # the XCom of such a task that holds the answer; gone when that task runs again, as the answer then fits no more
DESK = "/desk"  # where the desk is mounted in the Airflow UI

_EDITIONS = "{% for one in ti.xcom_pull(task_ids='prepare')['new'] -%}"


def _approval_body(waiting: list[dict[str, Any]]) -> str:
    return "\n".join(
        (
            say("签发之前不会排入发件箱。点开单位名称可预览每一封函件的正文、PDF、Word 和附表。"),
            "",
            say("- **{option}**：下列函件全部编号、定稿、发出；", option=say(RELEASE)),
            say(
                "- **{option}**：只发出所选单位的函件，其余留待处理；必须填单位，逐个勾选请到[督办台的签发页]({desk}/signing)；",
                option=say(SOME),
                desk=DESK,
            ),
            say("- **{option}**：均不发出，须说明理由；没有理由会再次询问。", option=say(REJECT)),
            "",
            *(
                f"1. [{one['name']}]({DESK}/letters/{one['letter_id']}){say('　')}{one['subject']}"
                for one in waiting
            ),
        )
    )


def _publication_body() -> str:
    return "\n".join(
        (
            say("批准之前什么也不公开。小数已合并；点位、企业、人名、说明文字不在其中。"),
            "",
            say("- **{option}**：记下下列版次，写入公开文件夹；", option=say(PUBLISH)),
            say("- **{option}**：不记，不写。", option=say(REFUSE)),
            "",
            _EDITIONS,
            f"1. {{{{ one.path }}}}{say('　')}{{{{ one.words }}}}",
            "{% endfor %}",
        )
    )


def beat_dag(
    dag_id: str,
    *,
    tags: list[str],
    approve: bool | None = None,
    params: Mapping[str, Param] | None = None,
    **settings: Any,
) -> Any:
    """Makes the decorated function the DAG of a beat: its intervals, its help (the module's docstring), and what all beats
    share. `approve`: whether its letters wait for a person unless the run says otherwise, None where it makes no letters;
    `params`: what a run can say besides."""

    def decorate(function: FunctionType) -> Any:
        asked = {} if approve is None else letter_params(dag_id, approve=approve)
        return dag(
            dag_id=dag_id,
            schedule=_intervals(dag_id),
            doc_md=help_text(dag_id, function.__globals__["__doc__"]),
            params={**asked, **(params or {})},
            dag_display_name=f"{say(DAG_NAMES[dag_id])} {dag_id}",
            tags=[say(tag) for tag in tags],
            deadline=deadline(dag_id),
            **{**DAG_DEFAULTS, **settings},
        )(function)

    return decorate


def _intervals(dag_id: str) -> CronDataIntervalTimetable | None:
    """Explicit intervals: a bare cron string would give intervals of zero width. None, where the cadence has no
    beat of that name: only a person starts it."""
    if dag_id not in DAG_IDS:
        return None
    return CronDataIntervalTimetable(schedule(dag_id), timezone=office_zone().key)


class Steps:
    """The steps of one workflow, imported at the first call: parsing a DAG file must load nothing heavy."""

    def __init__(self, workflow: str) -> None:
        self._module = f"include.workflows.{workflow}"

    def __getattr__(self, step: str) -> Any:
        return getattr(import_module(self._module), step)


def letter_params(dag_id: str, *, approve: bool) -> dict[str, Param]:
    """The params of a DAG that makes letters."""
    hint = _ENDS[dag_id]
    return {
        "period_end": Param(
            None,
            type=["null", "string"],
            title=say("函件发出日期或时刻"),
            description=f"{say(hint)} {say('留空则取本次调度的时段，手动触发则取最近一个完整时段。')}",
        ),
        "deliver": Param(
            "auto",
            enum=["auto", "send", "withhold", "rehearse"],
            values_display={
                "auto": say("自动 auto"),
                "send": say("一律发送 send"),
                "withhold": say("只编制存档 withhold"),
                "rehearse": say("演练 rehearse"),
            },
            title=say("发送方式"),
            description=say("自动：时段新鲜且非补录才发送；演练：全部发到值班邮箱。"),
        ),
        "approve": Param(
            approve,
            type="boolean",
            title=say("人工签发"),
            description=say("是否等待人员在“待办操作”页签发后再发送。签发视同要求发送。"),
        ),
    }


def registry() -> Registry:
    """Airflow's connections and variables: in a task through its supervisor, in the API server from the metadata database."""
    from airflow.sdk import Connection as AirflowConnection
    from airflow.sdk import Variable

    from include.configured import channel_names, source_names, station_names
    from include.connections import Connection, Registry
    from include.errors import InputError
    from include.house import CONNECTION_IDS, VARIABLE_KEYS

    variables = {key: text for key in VARIABLE_KEYS if (text := Variable.get(key, default=None)) is not None}
    connections, unreadable = {}, {}
    names = (*source_names(variables), *station_names(variables), *channel_names(variables))
    for conn_id in dict.fromkeys((*CONNECTION_IDS, *names)):
        found = AirflowConnection.get(conn_id)
        try:
            connections[conn_id] = Connection(
                conn_id,
                found.conn_type,
                found.host or "",
                found.port,
                found.login or "",
                found.password or "",
                found.schema or "",
                found.extra_dejson,
            )
        except InputError as error:
            unreadable[f"connection {conn_id}"] = error
    return Registry(connections, variables, unreadable)


def house() -> House:
    """The installation as Airflow's connections and variables describe it, with the office as its store has it. Raises InputError for
    the store of another office."""
    from include.house import as_kept, open_house

    return as_kept(open_house(registry()))


def current_run(*kinds: str) -> Run:
    """The run that the current task belongs to: its window, how its letters leave, and who asked for it.

    A beat of several kinds of windows takes the one that ends when the letter goes out.
    """
    from include.house import Run
    from include.periods import last_complete, period_of_schedule

    context = get_current_context()
    dag_run, params = context["dag_run"], context["params"]
    now = datetime.now(UTC)
    if params.get("period_end"):
        period = _asked_period(dag_run.dag_id, kinds, str(params["period_end"]))
    elif dag_run.data_interval_start and dag_run.data_interval_end:
        period = period_of_schedule(kinds, dag_run.data_interval_start, dag_run.data_interval_end)
    else:
        period = max((last_complete(kind, now) for kind in kinds), key=lambda one: one.end_at)
    return Run(
        house=house(),
        period=period,
        run_id=f"{dag_run.dag_id}/{dag_run.run_id}",
        actor=dag_run.triggering_user_name or f"dag {dag_run.dag_id}",
        deliver=params["deliver"],
        is_backfill=dag_run.run_type == "backfill",
        now=now,
        approve=params["approve"],
        is_scheduled=is_of_schedule(),
    )


def _asked_period(dag_id: str, kinds: tuple[str, ...], period_end: str) -> Period:
    """The window that a person asked for. Raises InputError in both languages: the task fails with it at once, untried again."""
    from include.errors import InputError
    from include.periods import period_of_param

    try:
        return period_of_param(kinds, period_end)
    except InputError as error:
        raise InputError(
            say("参数 period_end 不能用：{hint}　{what}", hint=say(_ENDS[dag_id]), what=error.what),
            where=error.where,
            got=error.got,
            expected=error.expected,
            todo=say("按上述日期重新触发。 Trigger the run again with such a date."),
        ) from error


def house_now() -> tuple[House, datetime, str]:
    """The installation, the clock, and who acts: for a run that has no window."""
    return house(), datetime.now(UTC), _actor()


def post_now() -> tuple[House, datetime, str]:
    """As `house_now`, for what only sends what is queued: a setting that this does not need stops no mail. Raises InputError for one
    that it needs."""
    from include.house import NEEDED_TO_POST, as_kept, open_each

    return as_kept(open_each(registry()).require(*NEEDED_TO_POST)), datetime.now(UTC), _actor()


def _actor() -> str:
    dag_run = get_current_context()["dag_run"]
    return dag_run.triggering_user_name or f"dag {dag_run.dag_id}"


def is_of_schedule() -> bool:
    """Whether the schedule brought this run, not a person or a back-fill."""
    return get_current_context()["dag_run"].run_type == "scheduled"


class Question(HITLOperator):
    """A question to a person whose answer outlives the task that asked. Airflow empties an answer when its task begins again (a process
    that was lost, a retry, a person who cleared it); ours is kept as it is given (`plugins/signatures.py`), and taken here."""

    def __init__(self, *, about: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.about = about

    def execute(self, context: Any) -> Any:
        """Takes the answer that was kept, or parks the task for a person."""
        if (kept := self._kept(context)) is not None:
            return self.execute_complete(context, kept)
        try:
            return super().execute(context)
        except TaskAwaitingInput:
            if (kept := self._kept(context)) is not None:  # came while the question was put again
                return self.execute_complete(context, kept)
            raise

    def _kept(self, context: Any) -> dict[str, Any] | None:
        kept = context["ti"].xcom_pull(task_ids=self.about, key=KEPT_ANSWER)
        if kept is None:
            return None
        self.log.info("taking the answer that was given before this task was begun again: %s", kept)
        return {**kept, "responded_at": datetime.fromisoformat(kept["responded_at"])}


class Approval(Question):
    """Waits for a person where the run asks for it, as long as it takes; passes at once where it does not, or where no letter waits any
    more. What is asked about is what waits at that moment: a question that is asked again, hours later, offers no letter that left or that
    a person kept back meanwhile.

    An answer that cannot be acted on (不签发 without a reason, 签发部分 without a name, a name that is not in the list, letters that were
    composed anew since) is asked for again; the API server refuses the first two before they come here (`plugins/signatures.py`).
    """

    def __init__(self, *, workflow: str, window_kinds: tuple[str, ...], **settings: Any) -> None:
        super().__init__(about="compose", **settings)
        self.workflow, self.window_kinds = workflow, window_kinds

    def execute(self, context: Any) -> Any:
        """Takes the answer that stands, parks the task for a person, or returns None when nobody has to be asked."""
        if not context["ti"].xcom_pull(task_ids=self.about)["asks_person"]:
            return None
        return super().execute(context) if self._put() else None

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """The person's answer, or the question again; None when nothing waits for either."""
        (option,), said = event["chosen_options"], event["params_input"] or {}
        why = self._unfit(option, said, event["responded_at"])
        if why:
            self.log.warning("the answer %s %s cannot be acted on (%s); asking again", option, said, why)
            return HITLOperator.execute(self, context) if self._put() else None
        return super().execute_complete(context, event)

    def _unfit(self, option: str, said: Mapping[str, Any], at: datetime) -> str:
        """Why the answer of that moment does not fit what waits now; empty where it does."""
        names, waiting = set(said.get("names") or ()), self._question()["waiting"]
        if why := unusable(option, names, str(said.get("reason") or "")):
            return why
        if foreign := names - {letter["name"] for letter in waiting}:
            return f"no letter waits for {', '.join(sorted(foreign))}"
        signed = [one for one in waiting if one["name"] in names or not names]
        anew = [one["name"] for one in signed if datetime.fromisoformat(one["composed_at"]) > at]
        return f"composed anew since: {', '.join(anew)}" if anew else ""

    def _put(self) -> bool:
        """Words the question about what waits now; False where nothing does."""
        asked = self._question()
        if not asked["asks_person"]:
            self.log.info("no letter of this run waits for a signature any more; nobody is asked")
            return False
        self.subject, self.body = asked["title"], _approval_body(asked["waiting"])
        chosen = Param(
            None,
            type=["null", "array"],
            items={"type": "string"},
            examples=list(dict.fromkeys(letter["name"] for letter in asked["waiting"])),
            title=say("签发哪些单位"),
            source="task",
            description=say(
                "只在选择“{option}”时填写；其余函件留待处理，可在督办台逐封放行。", option=say(SOME)
            ),
        )
        self.params = ParamsDict({"reason": self.params.get_param("reason"), "names": chosen})
        return True

    def _question(self) -> dict[str, Any]:
        asked: dict[str, Any] = Steps(self.workflow).question(current_run(*self.window_kinds))
        return asked


def unusable(option: str, names: Collection[str], reason: str) -> str:
    """Why nothing can be done with an answer to the question whether letters may leave; empty where something can."""
    if option == say(REJECT) and not reason.strip():
        return say("选了“{option}”，但没有理由", option=option)
    if option == say(SOME) and not names:
        return say("选了“{option}”，但没有填单位", option=option)
    return ""


def approval(workflow: str, *window_kinds: str) -> Approval:
    """The task between composing and releasing; what it asks comes from the `question` of the workflow."""
    return Approval(
        workflow=workflow,
        window_kinds=window_kinds,
        task_id="approve",
        task_display_name=say("签发 approve"),
        subject="",
        body="",
        options=[say(RELEASE), say(SOME), say(REJECT)],
        params={
            # Null is allowed, or the UI holds every answer back until both are filled in.
            "reason": Param(
                None,
                type=["null", "string"],
                title=say("理由"),
                description=say("不签发必须说明理由；记入审计。"),
            ),
            "names": Param(
                None,
                type=["null", "array"],
                items={"type": "string"},
                title=say("签发哪些单位"),
                description=say("见选项。"),
            ),
        },
        **ASKS_A_PERSON,
    )


def decision(answer: Any) -> Decision | None:
    """What the person decided; None when nobody was asked."""
    if answer is None:
        return None
    from include.house import Decision

    (option,), said = answer["chosen_options"], answer.get("params_input") or {}
    names = {
        say(RELEASE): None,
        say(SOME): frozenset(said.get("names") or ()),
        say(REJECT): frozenset[str](),
    }[option]
    who = (answer.get("responded_by_user") or {}).get("name") or "unknown user"
    return Decision(who, str(said.get("reason") or "").strip(), names)


def until_param() -> dict[str, Param]:
    """The param of the publication."""
    return {
        "until": Param(
            None,
            type=["null", "string"],
            pattern=r"^\d{4}-\d\d-\d\d$",
            title=say("公布至"),
            description=say("月末之后满规定天数（变量 publish 的 delay_days）的各月公布；留空为今天。"),
        )
    }


def asked_until() -> str | None:
    """The date up to which the run was asked to publish."""
    until = get_current_context()["params"].get("until")
    return str(until) if until else None


def publication_approval() -> Question:
    """The task between preparing and publishing: a person always decides."""
    return Question(
        about="prepare",
        task_id="approve",
        task_display_name=say("批准 approve"),
        subject="{{ ti.xcom_pull(task_ids='prepare')['title'] }}",
        body=_publication_body(),
        options=[say(PUBLISH), say(REFUSE)],
        params={
            "reason": Param(
                None, type=["null", "string"], title=say("理由"), description=say("记入任务结果。")
            )
        },
        **ASKS_A_PERSON,
    )


def publication_decision(answer: Any) -> Decision:
    """What the person decided about the publication: `names` is None where it may go out."""
    from include.house import Decision

    (option,), said = answer["chosen_options"], answer.get("params_input") or {}
    who = (answer.get("responded_by_user") or {}).get("name") or "unknown user"
    names = None if option == say(PUBLISH) else frozenset[str]()
    return Decision(who, str(said.get("reason") or "").strip(), names)
