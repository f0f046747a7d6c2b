"""Templates, languages, and how instants, shares and states are written."""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode

import yaml
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from include.chain.dissection.machine import EVENTS as CASE_EVENTS
from include.chain.dissection.machine import STEPS as CASE_STEPS
from include.chain.dissection.values import MEASURE_STATES
from include.chain.dissection.values import STATES as CASE_STATES
from include.chain.steps import EVENTS, ROLES, SLOT_LABELS, STATES
from include.desk.pages.access import Visitor, form_token
from include.desk.pages.codes import codes_said, run_parts
from include.desk.pages.desk import Desk
from include.desk.pages.trail_words import TRAIL
from include.language import office_words, speaking, spoken
from include.language.told import retold
from include.letter_kinds import letter_label
from include.letters.words.durations import duration
from include.letters.words.flag_words import level_reasons, level_word
from include.periods import DAG_NAMES, DAY, office_zone
from include.profile.current import office
from include.sources.names import EVENTS as EVENTS_OF_ALARMS
from include.sources.names import FIELDS, SOURCES, TABLES
from include.sources.names import ROLES as ROLES_OF_CONTACTS
from include.store.dated_records import since_said

HERE: Final = Path(__file__).parent
Language = Literal["zh", "en"]
_SIGNS: Final = {
    "　": " · ",
    "，": ", ",
    "：": ": ",
    "；": "; ",
    "（": " (",
    "）": ")",
    "、": ", ",
    "。": ". ",
}
_TAGS: Final = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.DOTALL)
_SIGNS_ALONE: Final = re.compile(rf"(?<=')[{''.join(_SIGNS)}]+(?=')")

# What the store's words are called. English comes from words.yaml, as for every other text.
LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "state": {
        "drafted": "已拟稿",
        "awaiting_approval": "待签发",
        "released": "已放行",
        "rejected": "不签发",
        "withheld": "暂不发送",
        "queued": "待发送",
        "sending": "发送中",
        "sent": "已送出",
        "refused": "被拒收",
        "unknown": "结果不明",
        "expired": "已过期",
        "withdrawn": "已撤回",
        "open": "待处理",
        "replayed": "已补录",
        "discarded": "已弃用",
    },
    "event": EVENTS_OF_ALARMS,
    "act": {
        "accept": "验收通过",
        "return": "退回重报",
        "uphold": "认定误报",
        "reject": "驳回争议",
        "close": "结案",
        "reopen": "撤销结案",
    },
    "chain_state": {**STATES, "closed": "结案"},
    "chain_event": EVENTS,
    "chain_role": ROLES,
    "chain_slot": SLOT_LABELS,
    "case_state": CASE_STATES,
    "case_event": CASE_EVENTS,
    "case_step": {name: one.label for name, one in CASE_STEPS.items()},
    "measure_state": MEASURE_STATES,
    "token_state": {"valid": "有效", "expired": "已过期", "revoked": "已停用"},
    "report_state": {
        "waiting": "待审核",
        "queued": "待上报",
        "sent": "已报上",
        "refused": "上级未采用",
        "dropped": "不上报",
    },
    # As the shipped profiles call them; an office may have others, which stand as it wrote them.
    "place_level": {
        "country": "国家",
        "region": "大区",
        "province": "省级",
        "city": "市级",
        "municipality": "市级",
        "county": "区县级",
        "ward": "区县级",
        "town": "乡镇级",
        "zone": "园区",
    },
    "unit_kind": {"bureau": "主管局", "department": "部门", "town": "乡镇", "zone": "园区"},
    "role": ROLES_OF_CONTACTS,
    "subject": {
        "letter": "函件",
        "delivery": "投递",
        "alarm": "报警",
        "contact": "联系人",
        "question": "联系人待决定",
        "quarantine": "隔离",
        "spot_check": "抽查",
        "dissection": "解剖分析",
        "suspect": "疑似来源",
        "unit": "单位",
        "grid_list": "网格清单",
        "hint": "群众线索",
        "mail": "来信",
        "mailbox": "收件箱",
        "server": "邮件服务器",
        "archive": "存档",
        "run": "运行",
        "publication": "公开发布",
        "report": "上报",
        "token": "访问令牌",
        "channel": "群消息和推送接口",
        "field_report": "手机填报",
        "field_link": "填报链接",
        "field_device": "填报手机",
    },
    # What is done to other things than letters and deliveries.
    "deed": {
        "propose": "提出",
        "unpropose": "撤回建议",
        "warn": "编制提醒",
        "check": "核查",
        "decide": "认定",
        "publish": "公开",
        "remove": "移除",
        "add": "增补",
        "strike": "剔除",
        "alias": "认作同一事件",
        "drop": "撤销未推送的",
        "keep": "维持",
        "receive": "收到",
        "take": "收下",
        "usable": "恢复可用",
        "unusable": "不可用",
        "call": "电话记录",
        "note": "备注",
        "assign": "指定经办人",
        "change": "更改",
        "end": "停用",
        "replace": "替换",
    },
    "action": {
        "draft": "拟稿",
        "recompose": "重编",
        "await_approval": "送签",
        "release": "放行",
        "release_failed": "放行失败",
        "withhold": "暂不发送",
        "reject": "不签发",
        "withdraw": "撤回",
        "correct": "拟更正",
        "queue": "排入发件箱",
        "claim": "开始发送",
        "settle": "记录结果",
        "sweep": "清理中断",
        "distrust": "存疑",
        "expire": "过期",
        "resolve_arrived": "核实已送达",
        "resolve_again": "核实后重发",
        "settle_late": "迟到的结果",
        "restore": "恢复待处理",
        "bounce": "退信",
        "bounce_note": "退信（未停用）",
        "take_form": "录入反馈表",
    },
    **TRAIL,
    "dag": DAG_NAMES,
    "source": SOURCES,
    "channel_kind": {"wecom": "企业微信", "dingtalk": "钉钉", "feishu": "飞书", "webhook": "推送接口"},
    "channel_topic": {
        "all": "全部",
        "morning": "早报",
        "urgent": "重度污染报警",
        "overdue": "超期",
        "escalated": "提级",
        "alarm": "报警",
        "assignment": "交办",
        "answer": "反馈",
        "acceptance": "验收",
        "letter": "函件",
    },
    "file": {
        "pdf": "PDF",
        "docx": "Word",
        "xlsx": "Excel",
        "html": "邮件正文（网页）",
        "text": "邮件正文（文本）",
        "inline": "邮件插图",
        "eml": "邮件原件",
    },
    "table": TABLES,
    "field": FIELDS,
}


@cache
def words() -> Mapping[str, str]:
    """The English of every Chinese text of the pages."""
    found: dict[str, str] = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))
    return found


def language_of(accepted: str) -> Language:
    """The first of Chinese and English in an Accept-Language header; the office's own language where neither is asked for."""
    ranked = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        ranked.append((-quality, place, tag.strip().lower()))
    for quality, _, tag in sorted(ranked):
        if quality < 0 and tag.startswith("zh"):
            return "zh"
        if quality < 0 and tag.startswith("en"):
            return "en"
    return office().language


def page(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    template: str,
    values: Mapping[str, Any],
    *,
    status: int = 200,
    at: str = "",
) -> HTMLResponse:
    """The rendered template. `at`: the as-of moment that links carry on, as it was asked for."""
    common = {
        **_common(request, at),
        "visitor": visitor,
        "token": form_token(desk.secret, visitor, desk.clock()) if visitor.may_act else "",
    }
    return HTMLResponse(_rendered(template, {**common, **values}), status_code=status)


def part(
    desk: Desk, request: Request, template: str, values: Mapping[str, Any], key: Hashable, *, at: str = ""
) -> Markup:
    """A part of a page that is the same for every visitor, rendered once while `key` and the language stay the same."""
    common = _common(request, at)

    def made() -> Markup:
        return Markup(_rendered(template, {**common, **values}))  # noqa: S704  # escaped when it was rendered

    return desk.recent.get((template, key, common["lang"], common["root"], at, common["known"]), made)


def _rendered(template: str, values: Mapping[str, Any]) -> str:
    """The template with these values, every word of it in the reader's language (`lang`)."""
    with speaking(values["lang"]):
        return _environment(values["lang"]).get_template(template).render(values)


def _told(text: str) -> str:
    """A sentence or a name that was kept, in the reader's language and without keys that only programs use."""
    return codes_said(_named(text), _named)


def _named(text: str) -> str:
    return _english(words()[text]) if spoken() == "en" and text in words() else retold(text)


def _unit_called(unit_code: str) -> str:
    """The name of a unit in the reader's language; its code where nobody knows it."""
    unit = office().unit(unit_code)
    return _told(unit.name) if unit else unit_code


def words_for(request: Request) -> Callable[..., str]:
    """Says a text of the pages in the reader's language, with its parts filled in."""
    language = language_of(request.headers.get("accept-language", ""))

    def translated(text: str, **parts: Any) -> str:
        found = _english(words().get(text, text)) if language == "en" else office_words(text)
        return found.format(**parts)

    return translated


def _common(request: Request, at: str) -> dict[str, Any]:
    language = language_of(request.headers.get("accept-language", ""))
    translated = words_for(request)

    def label(group: str, value: str) -> str:
        if group == "kind":
            return translated(letter_label(value))
        return translated(LABELS[group][value]) if value in LABELS[group] else value

    root = request.scope.get("root_path", "")
    known = request.query_params.get("known", "")
    return {
        "t": translated,
        "label": label,
        "lang": language,
        "root": root,
        "has_chain": office().chain is not None,
        "has_chinese_names": language == "en" and office().language == "zh",
        "airflow": root.removesuffix("/desk"),
        "at": at,
        "known": known,
        "path": request.url.path,
        "link": lambda path, **query: _link(root, path, {"at": at, "known": known, **query}),
    }


def deed_text(subject: str, action: str) -> str:
    """What an action is called of what it was done to: 不签发 of a letter is another thing than 驳回争议 of an alarm."""
    groups = ("act", "deed", "action") if subject == "alarm" else ("action", "deed", "act")
    return _first_label((f"{subject}_deed", *groups), action)


def trail_state(subject: str, action: str, state: str) -> str:
    """What a state in the audit trail is called of its subject; of an alarm whose chain went on, that of its task."""
    told = "chain" if action.startswith("chain ") else subject
    return _first_label((f"{told}_state", f"{told}_event", "state", "event"), state)


def trail_thing(subject: str, subject_id: str, named: Callable[[str], str]) -> str:
    """Which thing of its subject a change is about, in words: a contact by unit, role, address and first day."""
    parts = subject_id.split("/")
    if subject != "contact" or len(parts) != 4:
        return codes_said(subject_id, named)
    unit = office().unit(parts[0])
    return " ".join(
        (named(unit.name) if unit else parts[0], named(ROLES_OF_CONTACTS.get(parts[1], parts[1])), *parts[2:])
    )


def capital(text: str) -> str:
    """The text with a capital letter in front, as the words of a column begin in English; the same in Chinese."""
    return text[:1].upper() + text[1:]


def _first_label(groups: Sequence[str], value: str) -> str:
    return next((LABELS[group][value] for group in groups if value in LABELS.get(group, ())), value)


def actor_text(actor: str) -> str:
    """Who acted: a person by name, a workflow by what it is called."""
    return LABELS["dag"].get(actor.removeprefix("dag "), actor)


def office_text(text: str) -> str:
    """A text of the pages in the office's own language, for what is saved and handed on."""
    return _english(words().get(text, text)) if office().language == "en" else office_words(text)


def _english(text: str) -> str:
    """A text with the office's own zone: the house's English, as its Chinese, is worded for Beijing time."""
    zone = office_zone().key
    return text if zone == "Asia/Shanghai" else text.replace("Beijing time", f"{zone} time")


def moment_text(moment: datetime | None) -> str:
    """`2020-03-12 08:30` by the office's clock; — for none."""
    return "—" if moment is None or moment != moment else f"{moment.astimezone(office_zone()):%Y-%m-%d %H:%M}"


def percent(part: int, whole: int) -> str:
    """`98.8%` to stand beside n/N; — for a zero denominator."""
    return f"{100 * part / whole:.1f}%" if whole else "—"


def _link(root: str, path: str, query: Mapping[str, Any]) -> str:
    asked = {name: value for name, value in query.items() if value not in ("", None)}
    return f"{root}{path}" + (f"?{urlencode(asked)}" if asked else "")


def window_text(letter: Mapping[str, Any]) -> str:
    """The window of a letter: `2020-03-12`, `2020-03-01 — 2020-03-15` for whole days (both in it), else `2020-03-12 08:00 — 09:00`."""
    start_at, end_at = letter["start_at"], letter["end_at"]
    start, end = (moment.astimezone(office_zone()) for moment in (start_at, end_at))
    if start.time() == end.time() == time(0, 0):
        first, last = start.date(), end.date() - DAY
        return f"{first}" if first == last else f"{first} — {last}"
    return f"{start:%Y-%m-%d %H:%M} — " + (
        f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    )


def _picker(moment: datetime) -> str:
    return f"{moment.astimezone(office_zone()):%Y-%m-%dT%H:%M}"


def _size(count: int) -> str:
    return (
        f"{count} B"
        if count < 1024
        else f"{count / 1024:.0f} KB"
        if count < 1024**2
        else f"{count / 1024**2:.1f} MB"
    )


def _day(day: date | str | None) -> str:
    """A date as SQLite (text) or PostgreSQL gives it."""
    return "—" if day is None else str(day)[:10]


class _EnglishSigns(Extension):
    """The signs that stand between the words of a template, as English sets them; what a page shows is left as it is."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        pieces = _TAGS.split(source)
        for place, piece in enumerate(pieces):
            pieces[place] = (
                _SIGNS_ALONE.sub(lambda found: _english_signs(found[0]), piece)
                if place % 2
                else _english_signs(piece)
            )
        return "".join(pieces)


def _english_signs(text: str) -> str:
    for sign, english in _SIGNS.items():
        text = text.replace(sign, english)
    return text


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[_EnglishSigns] if language == "en" else [],
    )
    environment.filters |= {
        "moment": moment_text,
        "picker": _picker,
        "size": _size,
        "day": _day,
        "since": since_said,
        "told": _told,
        "lasting": duration,
        "capital": capital,
    }
    environment.globals |= {
        "percent": percent,
        "window": window_text,
        "level_word": level_word,
        "deed_text": deed_text,
        "trail_state": trail_state,
        "trail_thing": lambda subject, subject_id: trail_thing(subject, subject_id, _named),
        "actor_text": actor_text,
        "run_text": run_parts,
        "unit_called": _unit_called,
        "level_reasons": level_reasons,
    }
    return environment
