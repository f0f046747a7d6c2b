"""What the three robots take, and what their answers mean. Pure: values in, values out; `at` is the moment of the request.

| robot | rate | text | signature | "too fast" |
|---|---|---|---|---|
| 企业微信 | 20 a minute | 2,048 bytes | the key in the URL is all | 45009 |
| 钉钉 | 20 a minute, then blocked for ten | 20,000 bytes a request | in the URL, HMAC-SHA256 over `ms\\nsecret` by the secret | 130101 |
| 飞书 | 100 a minute, 5 a second | 20 KB a request | in the body, HMAC-SHA256 over nothing by `s\\nsecret` | 9499, 11232 |

All three answer 200 with an error code in the body: only a code of 0 is a success.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from include.errors import HIDDEN, redact
from include.language import say
from include.post.channels.settings import Channel
from include.post.outcomes import Outcome

_Body = dict[str, Any]
_WECOM_TEXT: Final = 2048  # bytes of the text alone
_WECOM_PICTURE: Final = 2 * 1024 * 1024
_MOST_BYTES: Final = {"dingtalk": 20_000, "feishu": 20 * 1024}  # of a whole request
_TOO_FAST: Final = {
    "wecom": {45009: timedelta(minutes=1), 45033: timedelta(minutes=1)},
    "dingtalk": {130101: timedelta(minutes=10), 302033: timedelta(minutes=10), 410100: timedelta(minutes=10)},
    "feishu": {9499: timedelta(minutes=1), 11232: timedelta(minutes=1), 11233: timedelta(minutes=1)},
}
_BUSY: Final = -1  # 企业微信 and 钉钉: the server is busy, try again
_LONGEST_TEXT: Final = 500
# `timestamp` and `sign` of a request, in a URL or in JSON.
_SIGNED: Final = re.compile(
    r"(?P<name>\b(?:timestamp|sign)\b[\"']?\s*(?:[=:]|%3[dD])\s*[\"']?)[^&\s\"',}]+", re.IGNORECASE
)
# Marks by which somebody is called or a text is formatted: what comes from outside calls nobody.
_CALLING: Final = "<>@"
_FORMATTING: Final = _CALLING + "*_`[]#~|"
_LOOKALIKES: Final = (
    "＜＞＠＊＿｀［］＃～｜"  # of each mark, in its order; an office in another language has its own
)


@dataclass(frozen=True)
class Content:
    """What a group is told. `picture_sha256`: of a PNG in the archive that is sent alone (企业微信); empty: text."""

    title: str
    lines: tuple[str, ...]
    is_urgent: bool = False
    picture_sha256: str = ""

    def to_json(self) -> str:
        """As the outbox keeps it."""
        return json.dumps(
            {
                "title": self.title,
                "lines": list(self.lines),
                "is_urgent": self.is_urgent,
                "picture_sha256": self.picture_sha256,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Content:
        """What `to_json` wrote."""
        told = json.loads(text)
        return cls(told["title"], tuple(told["lines"]), told["is_urgent"], told["picture_sha256"])


@dataclass(frozen=True)
class Request:
    """One POST. The URL holds the key: it is in no repr."""

    url: str
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Request({len(self.body)} bytes)"


@dataclass(frozen=True)
class Verdict:
    """What an answer means; `quiet`: how long the channel wants to be left in peace. `is_gone`: it wants nothing any more."""

    outcome: Outcome
    quiet: timedelta = timedelta(0)
    is_gone: bool = False


def request_of(channel: Channel, content: Content, picture: bytes, at: datetime) -> Request:
    """What goes to the group's robot. Raises ValueError for a picture that the robot does not take."""
    url, body = _MAKERS[channel.kind](channel, content, picture, at)
    return Request(url, {"content-type": "application/json; charset=utf-8"}, _encoded(body))


def verdict_of(kind: str, status: int, body: bytes) -> Verdict:
    """What a robot's answer means. A message is accepted only where the body says so."""
    if status != 200:
        return by_status(status, body)
    try:
        told = json.loads(body)
        codes = [told[name] for name in ("errcode", "code", "StatusCode") if name in told]
        code = int(codes[0]) if not isinstance(codes[0], bool) else None
        words = str(told.get("errmsg") or told.get("msg") or told.get("StatusMessage") or "")
    except (ValueError, TypeError, IndexError, AttributeError, RecursionError):
        code, words = None, body[:_LONGEST_TEXT].decode("utf-8", "replace")
    words = clean(words)
    if code is None:
        return Verdict(Outcome("unknown", status, say("应答无法理解，不知是否已发出：{words}", words=words)))
    if code == 0:
        return Verdict(Outcome("accepted", 0, words))
    if quiet := _TOO_FAST[kind].get(code):
        return Verdict(
            Outcome("retry", code, say("发送过快（{code}）：{words}", code=code, words=words)), quiet
        )
    if code == _BUSY:
        return Verdict(Outcome("retry", code, say("对方繁忙（{code}）：{words}", code=code, words=words)))
    return Verdict(Outcome("refused", code, say("拒收（错误码{code}）：{words}", code=code, words=words)))


def by_status(status: int, body: bytes) -> Verdict:
    """What an answer means by its status alone. A gateway that lost its server knows nothing of the message."""
    words = clean(body[:_LONGEST_TEXT].decode("utf-8", "replace"))
    told = say("HTTP {status}：{words}", status=status, words=words)
    if status == 429:
        return Verdict(Outcome("retry", status, told), timedelta(minutes=1))
    if status in (502, 504):
        return Verdict(Outcome("unknown", status, told))
    return Verdict(Outcome("retry" if status >= 500 or status == 408 else "refused", status, told))


def clean(words: str) -> str:
    """An answer's words, bounded and without secrets, nor what a request was signed with, which a robot may say back."""
    plain = redact(" ".join(words.split()))
    return _SIGNED.sub(rf"\g<name>{HIDDEN}", plain)[:_LONGEST_TEXT]


def _wecom(channel: Channel, content: Content, picture: bytes, at: datetime) -> tuple[str, _Body]:
    url = f"{channel.base}/cgi-bin/webhook/send?key={quote(channel.token, safe='')}"
    if content.picture_sha256:
        if len(picture) > _WECOM_PICTURE:
            raise ValueError(say("图片{count}字节，超过企业微信允许的2MB", count=len(picture)))
        image = {
            "base64": base64.b64encode(picture).decode(),
            "md5": hashlib.md5(picture, usedforsecurity=False).hexdigest(),
        }
        return url, {"msgtype": "image", "image": image}
    text = _fitting(content, _harmless(_CALLING), lambda told: len(told.encode()) <= _WECOM_TEXT)
    return url, {"msgtype": "text", "text": {"content": text}}


def _dingtalk(channel: Channel, content: Content, picture: bytes, at: datetime) -> tuple[str, _Body]:
    url = f"{channel.base}/robot/send?access_token={quote(channel.token, safe='')}"
    if channel.secret:
        moment = str(int(at.timestamp() * 1000))
        sign = _hmac(channel.secret, f"{moment}\n{channel.secret}")
        url += f"&timestamp={moment}&sign={quote(sign, safe='')}"

    def body(text: str) -> _Body:
        if channel.form == "card":
            formatted = f"### {text}".replace("\n", "\n\n")
            title = content.title.translate(_harmless(_FORMATTING))
            return {"msgtype": "markdown", "markdown": {"title": title, "text": formatted}}
        return {"msgtype": "text", "text": {"content": text}}

    return url, body(_fitting_request(channel, content, body))


def _feishu(channel: Channel, content: Content, picture: bytes, at: datetime) -> tuple[str, _Body]:
    signed: _Body = {}
    if channel.secret:
        moment = str(int(at.timestamp()))
        signed = {"timestamp": moment, "sign": _hmac(f"{moment}\n{channel.secret}", "")}

    def body(text: str) -> _Body:
        if channel.form == "card":
            colour = "red" if content.is_urgent else "blue"
            title, _, rest = text.partition("\n")
            header = {"title": {"tag": "plain_text", "content": title}, "template": colour}
            element = {"tag": "div", "text": {"tag": "lark_md", "content": rest}}
            card = {"config": {"wide_screen_mode": True}, "header": header, "elements": [element]}
            return {**signed, "msg_type": "interactive", "card": card}
        return {**signed, "msg_type": "text", "content": {"text": text}}

    url = f"{channel.base}/open-apis/bot/v2/hook/{quote(channel.token, safe='')}"
    return url, body(_fitting_request(channel, content, body))


_MAKERS: Final[dict[str, Callable[[Channel, Content, bytes, datetime], tuple[str, _Body]]]] = {
    "wecom": _wecom,
    "dingtalk": _dingtalk,
    "feishu": _feishu,
}


def _fitting_request(channel: Channel, content: Content, body: Callable[[str], _Body]) -> str:
    table = _harmless(_FORMATTING if channel.form == "card" else _CALLING)
    most = _MOST_BYTES[channel.kind]
    return _fitting(content, table, lambda text: len(_encoded(body(text))) <= most)


def _harmless(marks: str) -> dict[int, int]:
    """Each of the marks with what looks like it and does nothing."""
    return str.maketrans(marks, say(_LOOKALIKES)[: len(marks)])


def _fitting(content: Content, table: dict[int, int], fits: Callable[[str], bool]) -> str:
    """Title and as many lines as fit, whole, and how many were left off. A title that does not fit alone is cut."""
    title, lines = content.title.translate(table), [line.translate(table) for line in content.lines]
    for count in range(len(lines), -1, -1):
        left = len(lines) - count
        more = [say("（另有{count}行，见督办台）", count=left)] if left else []
        text = "\n".join([title, *lines[:count], *more])
        if fits(text):
            return text
    while title and not fits(title + "…"):
        title = title[:-1]
    return title + "…"


def _encoded(body: _Body) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()
