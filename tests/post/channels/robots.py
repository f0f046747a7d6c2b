"""A local server that behaves as the three robots do: keys, signatures, byte limits, rates on a played clock, codes in a body of 200."""

import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from include.post.channels.settings import Channel
from include.simulator.platform_server import serving

KEYS = {"wecom": "wecom-key-4711", "dingtalk": "ding-token-4712", "feishu": "feishu-hook-4713"}
SECRETS = {"wecom": "", "dingtalk": "SECding-4714", "feishu": "feishu-secret-4715"}


class PlayedClock:
    """Moves only when somebody pauses."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pause(self, seconds: float) -> None:
        assert seconds > 0
        self.now += timedelta(seconds=seconds)


@dataclass
class Robots:
    """`taken`: (kind, moment, body) of every message that reached its group; `answers`: replies to give first, by kind."""

    clock: PlayedClock
    taken: list[tuple[str, datetime, dict]] = field(default_factory=list)
    refused: list[tuple[str, int]] = field(default_factory=list)
    answers: dict[str, deque[Response]] = field(default_factory=dict)
    _times: dict[str, deque[datetime]] = field(default_factory=dict)
    _blocked_until: dict[str, datetime] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/cgi-bin/webhook/send", self._wecom, methods=["POST"]),
                Route("/robot/send", self._dingtalk, methods=["POST"]),
                Route("/open-apis/bot/v2/hook/{key}", self._feishu, methods=["POST"]),
            ]
        )

    async def _wecom(self, request: Request) -> Response:
        body = json.loads(await request.body())
        if request.query_params.get("key") != KEYS["wecom"]:
            return self._told("wecom", 93000, "invalid webhook url, hint: [key]")
        if body["msgtype"] == "text" and len(body["text"]["content"].encode()) > 2048:
            return self._told("wecom", 40058, "text.content exceed max length 2048")
        if body["msgtype"] == "image":
            picture = base64.b64decode(body["image"]["base64"])
            if hashlib.md5(picture, usedforsecurity=False).hexdigest() != body["image"]["md5"]:
                return self._told("wecom", 301019, "image md5 unmatch")
        if self._too_many("wecom", (20, 60)):
            return self._told("wecom", 45009, "api freq out of limit")
        return self._take("wecom", body)

    async def _dingtalk(self, request: Request) -> Response:
        raw = await request.body()
        query = parse_qs(urlsplit(str(request.url)).query)
        if query.get("access_token") != [KEYS["dingtalk"]]:
            return self._told("dingtalk", 300001, "token is not exist")
        moment = query.get("timestamp", ["0"])[0]
        sign = hmac.new(
            SECRETS["dingtalk"].encode(), f"{moment}\n{SECRETS['dingtalk']}".encode(), hashlib.sha256
        )
        is_near = abs(int(moment) / 1000 - self.clock().timestamp()) < 3600
        if query.get("sign") != [base64.b64encode(sign.digest()).decode()] or not is_near:
            return self._told("dingtalk", 310000, "sign not match")
        if len(raw) > 20_000:
            return self._told("dingtalk", 460101, "message too long")
        if self.clock() < self._blocked_until.get("dingtalk", self.clock()):
            return self._told("dingtalk", 130101, "send too fast, exceed 20 times per minute")
        if self._too_many("dingtalk", (20, 60)):
            self._blocked_until["dingtalk"] = self.clock() + timedelta(minutes=10)
            return self._told("dingtalk", 130101, "send too fast, exceed 20 times per minute")
        return self._take("dingtalk", json.loads(raw))

    async def _feishu(self, request: Request) -> Response:
        raw = await request.body()
        body = json.loads(raw)
        if request.path_params["key"] != KEYS["feishu"]:
            return self._told("feishu", 19001, "param invalid: incoming webhook access token invalid")
        moment = body.pop("timestamp", "0")
        sign = hmac.new(f"{moment}\n{SECRETS['feishu']}".encode(), b"", hashlib.sha256)
        is_near = abs(int(moment) - self.clock().timestamp()) < 3600
        if body.pop("sign", "") != base64.b64encode(sign.digest()).decode() or not is_near:
            return self._told("feishu", 19021, "sign match fail or timestamp is not within one hour")
        if len(raw) > 20 * 1024:
            return self._told("feishu", 19036, "request body too large")
        if self._too_many("feishu", (100, 60), (5, 1)):
            return self._told("feishu", 11232, "frequency limited")
        return self._take("feishu", body)

    def _too_many(self, kind: str, *rates: tuple[int, int]) -> bool:
        times, now = self._times.setdefault(kind, deque()), self.clock()
        over = any(
            sum(1 for one in times if one > now - timedelta(seconds=span)) >= count for count, span in rates
        )
        if not over:
            times.append(now)
        return over

    def _take(self, kind: str, body: dict) -> Response:
        if self.answers.get(kind):
            return self.answers[kind].popleft()
        self.taken.append((kind, self.clock(), body))
        if kind == "feishu":
            return JSONResponse(
                {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}
            )
        return JSONResponse({"errcode": 0, "errmsg": "ok"})

    def _told(self, kind: str, code: int, words: str) -> Response:
        self.refused.append((kind, code))
        if kind == "feishu":
            return JSONResponse({"code": code, "data": {}, "msg": words})
        return JSONResponse({"errcode": code, "errmsg": words})


@contextmanager
def robots_at(clock: PlayedClock) -> Iterator[tuple[Robots, str]]:
    robots = Robots(clock)
    with serving(robots.app()) as url:
        yield robots, url


def group(kind: str, url: str, **settings: object) -> Channel:
    told = {"token": KEYS[kind], "secret": SECRETS[kind], "address": url, "timeout_seconds": 120, **settings}
    return Channel(f"group_{kind}", kind, **told)


def busy(status: int, words: str = "bad gateway") -> Response:
    return PlainTextResponse(words, status)
