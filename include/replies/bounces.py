"""What machines say about a mail of ours: that it could not be delivered, or not yet; of whom, why, for good or for now.

A rule is a value with a sample: the tests build a mail from each sample and expect the rule's own name among the reasons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from include.replies.mail import Mail, address_of

Permanence = Literal["permanent", "temporary", ""]

_CODE: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY: Final = re.compile(r"(?<![\d.:/-])([45])(\d\d)(?=[\s\-;,.)>#]|$)(?!\s*(?:bytes|KB|MB|x))")
_FAILED_TO: Final = re.compile(
    r"(?:<|rfc822;\s*|\s|^|\()([^\s<>()\[\],;:\"'*]{1,64}@[\w.-]{1,255}\.\w{2,})", re.MULTILINE
)
_MACHINES: Final = re.compile(
    r"^(mailer-?_?daemon|post-?_?master|poostmaster|mail-?daemon|mail\.delivery\.system|mailsystem|delivery|bounces?|"
    r"mdaemon|admin_?mailer|mail-?admin|noreply-mailer|system_?admin)([+=.-]|$)"
)
_MACHINE_NAMES: Final = re.compile(
    r"mail delivery (sub)?system|mail delivery service|mailer[ -]?daemon|delivery subsystem|mail administrator|"
    r"系统管理员|邮件系统|系统退信|postmaster|mail system",
    re.IGNORECASE,
)
_FAILED: Final = re.compile(
    r"undeliver(ed|able)|returned (e?-?mail|message|to sender)|return(ing|ed)? (message|mail)? ?to sender|failure notice|"
    r"(mail|message|delivery) ?(delivery)? ?(has |is |was )?(status )?(notification|fail(ed|ure)|error|problem|report)|"
    r"fail(ed|ure) (to )?deliver(y)?|could ?n[o']t be delivered|not be delivered|was not delivered|delivery (has )?(failed|failure)|"
    r"message you sent blocked|mail could not|mta-blocked|"
    r"退信|未送达|无法投递|投递失败|发送失败|无法送达|无法发送|被退回|邮件退回|退回邮件|"
    r"недоставлен|доставлено|не доставлен|zustell|unzustellbar|non remis|no entregad|devuelt|メール.*(届|配信)|配信不能|送信でき",
    re.IGNORECASE,
)
_LATER: Final = re.compile(
    r"\bdelay(ed)?\b|still being retried|will (be )?(retr(y|ied)|keep trying|continue)|warning: (could not|message)|"
    r"no need to (re-?send|retry)|do not need to resend|延迟|暂时未能|仍在重试|将继续尝试|正在重试",
    re.IGNORECASE,
)
_DELAYED_SUBJECT: Final = re.compile(r"\bdelay(ed)?\b|延迟|warning: (could not|message|mail)", re.IGNORECASE)
_FOREVER_WORDS: Final = re.compile(
    r"user(s)?( \(.{0,80}\))?( is| name is)? ?(unknown|not found|does ?n[o']t exist|not listed|not local|disabled|inactive)|unknown (user|recipient|address|local)|"
    r"no such (user|mailbox|recipient|address|person|domain|host)|(account|mailbox|recipient|address|user|addressee)[^.\n]{0,60}"
    r"(does ?n[o']t exist|not exist|unknown|not found|disabled|unavailable|inactive|suspended|rejected|invalid|closed|expired|cannot be found|no longer)|"
    r"doesn't have .{0,30}(account|mailbox)|not a valid|invalid (recipient|address|mailbox|user)|host (or domain name )?(unknown|not found)|unrouteable|"
    r"domain .{0,60}(not exist|not found)|not listed in|lookup failure|host not\s+found|name or service not known|relay(ing)? (denied|not permitted|access denied)|access denied|"
    r"rejected|refuses? to accept|blocked|blacklist|spam|not authori[sz]ed|permission|policy|permanent(ly)?|too (large|big)|exceed|over ?quota|"
    r"mailbox (is )?full|quota|size limit|not permitted|prohibited|unsolicited|virus|"
    r"用户不存在|地址不存在|帐号不存在|账号不存在|收件人不存在|用户名不存在|邮箱不存在|域名不存在|找不到收件人|已停用|被停用|已注销|"
    r"邮箱已满|空间不足|容量已满|超出.{0,6}(限制|容量|大小)|拒收|拒绝|拒絕|黑名单|垃圾邮件|无此用户|无效|冻结|被锁定|"
    r"expired|gave up|giving up|retry (time|timeout) ?(out|exceeded|limit)?|too many hops|loop",
    re.IGNORECASE,
)
_FOR_NOW_WORDS: Final = re.compile(
    r"tempora(ry|rily)|try again later|deferred|greylist|timed? ?out|connection (refused|reset)|resources unavailable|"
    r"network is unreachable|稍后再试|暂时|繁忙|频率|灰名单",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    r"(?:^-{2,}.{0,60}(?:original|copy of (?:your|the)|returned|below|undelivered|原邮件|原始邮件).*$|"
    r"^\s*(?:received|return-path|message-id|dkim-signature):\s|^original message|^-----\s*原始邮件)",
    re.IGNORECASE | re.MULTILINE,
)
_HELP: Final = 4000  # characters of a machine's text that are kept


@dataclass(frozen=True)
class Rule:
    """One rule: `sample` is what a mail needs so that the rule says yes (headers, then the body)."""

    name: str
    words: str  # for a person (Chinese)
    holds: Callable[[Mail], bool]
    sample: str


@dataclass(frozen=True)
class Notice:
    """What a machine says of a mail of ours. `recipients`: in small letters; `text`: its own words; `ids`: Message-IDs of the mail
    that it is about."""

    kind: Literal["bounce", "delayed", "delivered"]
    rule: Rule
    permanence: Permanence
    status: str
    recipients: tuple[str, ...]
    text: str


def notice(mail: Mail) -> Notice | None:
    """The machine's notice that a mail is; None for any other mail."""
    rule = next((each for each in RULES if each.holds(mail)), None)
    if rule is None:
        return None
    actions = {value.lower().partition(" ")[0].strip("; ") for value in _report(mail, "action")}
    if actions and actions <= {"delivered", "relayed", "expanded"}:
        return Notice("delivered", rule, "", _status(mail), _recipients(mail), _told(mail))
    is_delayed = "delayed" in actions if actions else bool(_DELAYED_SUBJECT.search(mail.head("subject")))
    if is_delayed and "failed" not in actions:
        return Notice("delayed", rule, "temporary", _status(mail), _recipients(mail), _told(mail))
    return Notice("bounce", rule, _permanence(mail), _status(mail), _recipients(mail), _told(mail))


def _is_machine(mail: Mail) -> bool:
    """Whether no person stands behind the sender: an empty envelope, or the name of a mail system."""
    path = mail.head("return-path").strip()
    sender = mail.head("from")
    local = (address_of(sender) or sender.strip().lower()).partition("@")[0].strip("<> \"'")
    return bool(
        path in ("<>", '""')
        or _MACHINES.match(local)
        or sender.strip() in ("<>", "")
        or (_MACHINE_NAMES.search(sender.partition("<")[0]) and "@" not in sender.partition("<")[0])
        or _MACHINES.match(address_of(path).partition("@")[0] or path.strip("<>").lower())
    )


def _is_reply(mail: Mail) -> bool:
    """Whether it stands in a conversation: a forward or a reply of a person. Machines seldom refer, and never say Re:."""
    subject = mail.head("subject")
    return bool(re.match(r"(re|fwd?|aw|回复|答复|转发|转|回覆|轉寄)\s*[:：]", subject, re.IGNORECASE))


def _is_failure(mail: Mail) -> bool:
    return bool(
        _FAILED.search(mail.head("subject"))
        or _FAILED.search(_words(mail)[:1500])
        or _LATER.search(mail.head("subject"))
    )


def _report(mail: Mail, name: str) -> Iterator[str]:
    for media_type, block in mail.reports:
        if media_type == "message/delivery-status":
            yield from (value for key, value in block if key == name)


RULES: Final = (
    Rule(
        "delivery_status",
        "投递状态报告（DSN）",
        lambda mail: (
            any(True for _ in _report(mail, "action"))
            and (
                (mail.media_type == "multipart/report" and mail.report_type in ("delivery-status", ""))
                or _is_machine(mail)
            )
        ),
        "Content-Type: multipart/report; report-type=delivery-status",
    ),
    Rule(
        "coremail",
        "Coremail（163、126等）退信",
        lambda mail: bool(mail.head("x-cm-original-message-id")) and _is_machine(mail),
        "X-CM-Original-Message-ID: <a@b>\nReturn-Path: <>\nFrom: Postmaster@163.com",
    ),
    Rule(
        "report_of_failure",
        "退信报告，没有机读部分（21cn等）",
        lambda mail: (
            mail.media_type == "multipart/report"
            and mail.report_type in ("delivery-status", "")
            and (_is_machine(mail) or bool(mail.inner))
            and _is_failure(mail)
            and not _is_reply(mail)
        ),
        "Content-Type: multipart/report; report-type=delivery-status\nHmm-Notify: bounce\nFrom: Postmaster@corp.21cn.com",
    ),
    Rule(
        "failed_recipients",
        "邮件服务器列出的失败地址",
        lambda mail: bool(mail.head("x-failed-recipients")) and not _is_reply(mail),
        "X-Failed-Recipients: a@b.example\nFrom: Mail Delivery System <Mailer-Daemon@mx.example>",
    ),
    Rule(
        "machine_says_failed",
        "发件人是邮件系统，内容为投递失败",
        lambda mail: (
            _is_machine(mail)
            and _is_failure(mail)
            and not _is_reply(mail)
            and mail.report_type not in ("disposition-notification", "feedback-report")
        ),
        "From: MAILER-DAEMON@mx.example\nSubject: failure notice",
    ),
    Rule(
        "returned_with_status",
        "主题为退信，且附有投递状态或原邮件",
        lambda mail: (
            bool(_FAILED.search(mail.head("subject")))
            and not _is_reply(mail)
            and not mail.head("in-reply-to")
            and bool(
                mail.reports or (_CODE.search(_words(mail)) and (mail.inner or _QUOTED.search(mail.text)))
            )
        ),
        "From: no-reply@relay.example\nSubject: Undeliverable: x",
    ),
)


def _status(mail: Mail) -> str:
    """`5.1.1` as the report says it, else the first in the machine's words; empty where there is none."""
    told = [match[0] for value in _report(mail, "status") if (match := _CODE.search(value))]
    detailed = [code for code in told if not code.endswith(".0.0")]
    if detailed:
        return detailed[0]
    found = [match[0] for text in _diagnoses(mail) for match in _CODE.finditer(text) if match[1] != "2"]
    return (found or told or [""])[0]


def _diagnoses(mail: Mail) -> Iterator[str]:
    yield from _report(mail, "diagnostic-code")
    yield _words(mail)


def _permanence(mail: Mail) -> Permanence:
    """For good or for now: by the report's status, then the server's reply in its own words, then what these words mean."""
    told = [match[0] for value in _report(mail, "status") if (match := _CODE.search(value))]
    classes = {code[0] for code in told} - {"2"}
    if len(classes) == 1:
        return "permanent" if classes == {"5"} else "temporary"
    for text in _diagnoses(mail):
        codes = [match[1] for match in _CODE.finditer(text) if match[1] != "2"]
        replies = [match[1] for match in _REPLY.finditer(text)]
        for found in (codes, replies):
            if found:
                return "permanent" if found[0] == "5" else "temporary"
    if classes:  # of several recipients, some for good
        return "permanent"
    words = f"{mail.head('subject')}\n{_words(mail)}"
    if _FOREVER_WORDS.search(words):
        return "permanent"
    return "temporary" if _FOR_NOW_WORDS.search(words) else ""


def _words(mail: Mail) -> str:
    """What the machine says itself, without the mail that it returns."""
    cut = _QUOTED.search(mail.text)
    own = mail.text[: cut.start()] if cut and cut.start() > 40 else mail.text
    return own.strip()[:_HELP]


def _told(mail: Mail) -> str:
    """What a person is shown: the other server's own words first (the report's diagnosis, or the paragraph with a code), then the rest."""
    words = _words(mail)
    diagnoses = [re.sub(r"^\s*[\w-]+\s*;\s*", "", each).strip() for each in _report(mail, "diagnostic-code")]
    first = [each for each in dict.fromkeys(diagnoses) if each]
    if not first:
        paragraphs = re.split(r"\n\s*\n", words)
        first = [each.strip() for each in paragraphs if _CODE.search(each) or _REPLY.search(each)][:1]
    rest = words if not first or first[0] not in words else words.replace(first[0], "", 1)
    return "\n".join([*first, rest.strip()]).strip()[:_HELP]


def _recipients(mail: Mail) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for value in (*_report(mail, "final-recipient"), *_report(mail, "original-recipient")):
        if address := address_of(value.rpartition(";")[2]):
            found[address] = None
    for address in mail.head("x-failed-recipients").split(","):
        if cleaned := address_of(address):
            found[cleaned] = None
    for match in _FAILED_TO.finditer(_words(mail)):
        found[match[1].lower().rstrip(".")] = None
    return tuple(found)[:50]
