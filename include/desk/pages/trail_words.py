"""What the audit trail calls deeds and states where they are of one subject alone: the same word means another thing of a mail than of a letter.

By group of `view.LABELS`: `SUBJECT_deed` and `SUBJECT_state`. What is not here has its name in the groups that all subjects share.
"""

from collections.abc import Mapping
from typing import Final

from include.chain.dissection.machine import EVENTS as CASE_EVENTS
from include.chain.dissection.machine import STEPS as CASE_STEPS
from include.chain.dissection.values import STATES as CASE_STATES
from include.chain.steps import EVENTS as CHAIN_EVENTS
from include.chain.steps import STEPS as CHAIN_STEPS
from include.office.field_decisions import STATES as FIELD_STATES
from include.office.hints import STATES as HINT_STATES
from include.office.mailroom.tray import SETTLED
from include.office.suspect_tables import VERDICT_WORDS
from include.supervision.spot_checks import RESULTS

_CHAIN: Final = {**CHAIN_EVENTS, **{name: one.label for name, one in CHAIN_STEPS.items()}}
TRAIL: Final[Mapping[str, Mapping[str, str]]] = {
    "alarm_deed": {f"chain {name}": label for name, label in _CHAIN.items()},
    "alarm_state": {
        "raised": "未推送",
        "unsupported": "待核实",
        "kept": "维持",
    },
    "channel_deed": {"enable": "恢复", "disable": "停用"},
    "channel_state": {"enabled": "使用中", "disabled": "已停用"},
    "contact_deed": {"add": "新增", "revise": "来源更改", "keep": "保留现行", "take": "采用来源"},
    "dissection_deed": {name: one.label for name, one in CASE_STEPS.items()},
    "dissection_state": {**CASE_EVENTS, **CASE_STATES},
    "field_device_deed": {"ask": "申请验证码", "confirm": "确认手机", "revoke": "停用"},
    "field_device_state": {
        "asked": "待确认",
        "confirmed": "已确认",
        "refused": "未采用",
        "revoked": "已停用",
    },
    "field_link_deed": {"stop": "停用"},
    "field_link_state": {"open": "有效", "stopped": "已停用"},
    "field_report_deed": {"decide": "决定"},
    "field_report_state": FIELD_STATES,
    "grid_list_deed": {"release": "发布", "reject": "不采用"},
    "grid_list_state": {
        "proposed": "待审核",
        "released": "已发布",
        "rejected": "不采用",
        "in": "在清单中",
        "out": "已剔除",
    },
    "hint_deed": {"settle": "处理"},
    "hint_state": HINT_STATES,
    "mail_deed": SETTLED,
    "mail_state": {"tray": "待处理", "kept": "无须处理", "settled": "已办结"},
    "publication_state": {"published": "已公开", "removed": "已移除"},
    "quarantine_deed": {"correct": "更正", "replay": "补录", "discard": "弃用", "take": "采用文件"},
    "question_deed": {
        "differs": "与来源不一致",
        "held": "新邮箱未启用",
        "replaced": "邮箱已被来源更正",
        "vanished": "来源不再有",
        "unread": "可能无人收信",
    },
    "question_state": {"kept": "保留现行", "taken": "采用来源", "both": "两个都用", "void": "不再需要决定"},
    "report_deed": {"decide": "决定", "refuse": "上级未采用"},
    "spot_check_state": RESULTS,
    "suspect_state": {**VERDICT_WORDS, "open": "待核查"},
    "token_deed": {"make": "发放", "revoke": "停用"},
}
