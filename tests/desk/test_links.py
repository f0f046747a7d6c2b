"""The page of what goes to chats, webhooks and other levels: how it stands, what a person decides, and never a secret."""

import base64
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from include.post.channels.settings import Channel, Channels
from include.store.channel_tables import channel_message, channel_state
from include.store.engine import reading, writing
from include.store.level_tables import platform_token, sent_report
from tests.desk.facts import NOW, Browser, house_of
from tests.store.test_exchange_retention import message, sent


@pytest.fixture
def browser(engine: Engine, tmp_path: Path) -> Browser:
    secret = "whsec_" + base64.b64encode(b"SECRETWORD" * 3).decode()
    hook = Channel("hook", "webhook", secret, "https://x.example/in?key=SECRETKEY")
    house = replace(house_of(engine, tmp_path), channels=Channels((), None, (hook,)))
    house.__dict__["engine"] = engine
    with writing(engine) as connection:
        connection.execute(
            insert(channel_message), [message("m1", "refused", NOW) | {"state_reason": "93000 <key>"}]
        )
        state = {"channel": "hook", "disabled_at": NOW, "failing_since_at": NOW, "reason": "连续5天未收"}
        connection.execute(insert(channel_state), state)
        connection.execute(insert(sent_report), [sent("k1", "waiting", NOW) | {"state_reason": "待审"}])
        token = {
            "token_sha256": "ab" * 32,
            "unit_code": "370100",
            "label": "济南<平台>",
            "made_at": NOW,
            "made_by": "duty",
            "expires_at": NOW + timedelta(days=9),
        }
        connection.execute(insert(platform_token), token)
    return Browser(house)


def test_it_shows_how_each_stands_and_no_secret(browser: Browser) -> None:
    text = browser.get("/links").text
    for shown in ("连续5天未收", "93000 &lt;key&gt;", "济南&lt;平台&gt;", "有效", "待审核"):
        assert shown in text
    for secret in ("SECRETKEY", "whsec", "abab"):
        assert secret not in text
    assert 'class="action"' not in Browser(browser.desk.open_house(), "guest").get("/links").text


def test_a_person_decides_there(browser: Browser, engine: Engine) -> None:
    assert browser.post("/links/reports", {"key": "k1", "how": "send", "reason": "核实"}).status_code == 303
    refused = browser.post("/links/reports", {"key": "k1", "how": "drop", "reason": "核实"})
    assert refused.status_code == 409
    assert "这条上报不在等待处理" in refused.text
    settled = {"message_id": "1", "how": "dropped", "reason": "群已解散"}
    assert browser.post("/links/messages", settled).status_code == 303
    assert browser.post("/links/channels", {"name": "hook", "reason": "已修复"}).status_code == 303
    with reading(engine) as connection:
        assert connection.execute(select(sent_report.c.state)).scalar() == "queued"
        assert connection.execute(select(channel_state.c.disabled_at)).scalar() is None
    assert "已停用" not in browser.get("/links").text
    guest = Browser(browser.desk.open_house(), "guest")
    assert guest.post("/links/channels", {"name": "hook", "reason": "x"}).status_code == 403
