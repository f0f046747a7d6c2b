"""What a mail is: one pure function, its rules in their order, its verdict with reasons.

1 a notice of a mail system (bounces) · 2 an answer: the form is attached, whatever else the mail looks like · 3 read receipt · 4 report of
abuse, list · 5 automatic reply · 6 reply of a person · 7 everything else. Only a notice goes before a form: it returns our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from include.language import say
from include.replies.answered import Signs, signs_of
from include.replies.autoreplies import AUTOREPLY_RULES, OTHER_RULES, RECEIPT_RULES
from include.replies.bounces import Permanence, Rule, notice
from include.replies.mail import Mail, read_mail

Kind = Literal["answer", "reply", "bounce", "delayed", "autoreply", "receipt", "other"]
KINDS: Final[dict[Kind, str]] = {
    "answer": "反馈表",
    "reply": "来信",
    "bounce": "退信",
    "delayed": "延迟投递",
    "autoreply": "自动回复",
    "receipt": "回执",
    "other": "其他",
}
# What a person has to look at in a mail, whoever sent it.
FAULTS: Final = {
    "too_large": "邮件超过大小上限，内容未解析",
    "broken": "邮件结构损坏",
    "too_many_parts": "邮件部分过多，只读了前面的",
    "too_deep": "邮件嵌套过深，只读了外层",
    "package_too_large": "压缩包过大，未解开",
    "package_locked": "压缩包有密码",
    "package_broken": "压缩包无法打开",
    "rar": "RAR压缩包须人工打开",
    "picture": "只有图片、扫描件或PDF，须人工录入",
    "encrypted": "邮件已加密",
    "signed": "邮件带数字签名，签名未核验",
    "unread": "未能在限时内读完",
}
_ENCRYPTED: Final = frozenset({"multipart/encrypted", "application/pgp-encrypted"})
_SEALED: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})


@dataclass(frozen=True)
class Verdict:
    """What a mail is, and why. `reasons`: names of rules and faults, in `reason_words` as a person reads them; `forms`: places of
    the answer forms among `Mail.files`; `permanence`, `status`, `recipients`, `words`: of a bounce."""

    kind: Kind
    reasons: tuple[str, ...]
    signs: Signs
    permanence: Permanence = ""
    status: str = ""
    recipients: tuple[str, ...] = ()
    words: str = ""
    forms: tuple[int, ...] = ()
    faults: tuple[str, ...] = ()


def verdict(content: bytes) -> Verdict:
    """What a mail is, from its bytes alone."""
    return judge(read_mail(content))


def judge(mail: Mail) -> Verdict:
    """What a mail is that was taken apart."""
    signs = signs_of(mail)
    faults = (*mail.faults, *_faults(mail))
    told = notice(mail)
    if told is not None and told.kind != "delivered":
        return Verdict(
            told.kind, (told.rule.name,), signs, told.permanence, told.status, told.recipients, told.text
        )
    if told is not None:
        return Verdict("receipt", (told.rule.name, "delivered"), signs)
    forms = tuple(place for place, file in enumerate(mail.files) if file.what == "form")
    automatic = _first(mail, AUTOREPLY_RULES)
    if forms:
        return Verdict("answer", ("form_attached", *automatic), signs, forms=forms, faults=faults)
    rules: tuple[tuple[Kind, tuple[Rule, ...]], ...] = (
        ("receipt", RECEIPT_RULES),
        ("other", OTHER_RULES[:2]),
        ("autoreply", AUTOREPLY_RULES),
        ("other", OTHER_RULES[2:]),
    )
    for kind, several in rules:
        if reason := _first(mail, several):
            return Verdict(kind, reason, signs)
    if signs.is_reply:
        return Verdict("reply", ("answers_ours",), signs, faults=faults)
    return Verdict("other", ("answers_nothing",), signs, faults=faults)


def reason_words(reason: str) -> str:
    """What a reason, a rule's or a fault's name, says to a person."""
    return say(_WORDS.get(reason, reason))


def kind_words(kind: Kind) -> str:
    """What a kind of mail is called."""
    return say(KINDS[kind])


def _first(mail: Mail, rules: tuple[Rule, ...]) -> tuple[str, ...]:
    return next(((rule.name,) for rule in rules if rule.holds(mail)), ())


def _faults(mail: Mail) -> tuple[str, ...]:
    whats = [file.what for file in mail.files]
    found = []
    is_opaque = mail.smime_type == "signed-data"  # signed, and wrapped into the signature
    if not is_opaque and (mail.media_types & (_ENCRYPTED | _SEALED) or "sealed" in whats):
        found.append("encrypted")
    if is_opaque or "multipart/signed" in mail.media_types:
        found.append("signed")
    if "archive" in whats and not mail.faults:
        found.append("rar")
    if "picture" in whats and not {"form", "workbook"} & set(whats):
        found.append("picture")
    return tuple(found)


def _all_rules() -> tuple[Rule, ...]:
    from include.replies.bounces import RULES

    return (*RULES, *RECEIPT_RULES, *OTHER_RULES, *AUTOREPLY_RULES)


_WORDS: Final = {
    **{rule.name: rule.words for rule in _all_rules()},
    **FAULTS,
    "form_attached": "附有本系统的反馈表",
    "answers_ours": "回复本单位的函件",
    "answers_nothing": "未引用本单位的任何函件",
    "delivered": "已投递的通知",
    "form_known": "同一反馈表此前已采用",
}
