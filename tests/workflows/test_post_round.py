import smtplib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import CheckFailed
from include.house import House
from include.post.local_server import local_mailbox, received
from include.workflows import daily_dispatch, post_round
from tests.workflows.region import FEEDBACK, open_region, run_of, write_files


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        yield open_region(engine, tmp_path / "var", mailbox)


def test_the_operators_get_one_list_a_day_of_what_waits_for_them(house: House, tmp_path: Path) -> None:
    run = run_of(house)
    daily_dispatch.pull(run)
    daily_dispatch.compose(run, daily_dispatch.figures(run))
    daily_dispatch.release(run)
    early = run.period.as_of + timedelta(minutes=30)
    assert post_round.digest(house, early, "test") == {"digest": "未到时间"}
    write_files(Path(house.sources[0].location), feedback=FEEDBACK + "Y2,submitted,2020-03-11T22:00,,,,\n")
    noon = run.period.as_of + timedelta(hours=4)
    daily_dispatch.pull(replace(run, now=noon))
    assert post_round.digest(house, noon, "test")["digest"].startswith("released")
    assert post_round.digest(house, noon + timedelta(minutes=15), "test") == {"digest": "今日清单已入发件箱"}
    assert post_round.deliver(house, noon, "test")["results"] == {"accepted": 4}  # three letters and the list
    (mail,) = [
        one for one in received(tmp_path / "mailbox") if one.recipients == ("zhiban@supervision.example",)
    ]
    message = message_from_bytes(mail.content(), policy=policy.default)
    body = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "暂不能发　西安市" in body
    assert "西安市在发文日没有可用的主送联系人" in body
    assert "隔离　来源 region 的 报警 有1行" in body
    assert "更正建议　环执法提函〔2020〕2号" in body
    assert "本期已反馈 0→1" in body
    assert list(message.iter_attachments()) == []


def test_mail_that_the_outbox_does_not_know_fails_the_round_loudly(house: House) -> None:
    noon = run_of(house).period.as_of + timedelta(hours=4)
    assert post_round.account(house, noon, "test") == {"by": "test", "states": {}}
    with smtplib.SMTP(house.mail_server.host, house.mail_server.port) as stranger:
        stranger.sendmail("x@x.example", ["y@y.example"], b"Message-ID: <stray@x.example>\r\n\r\nstray")
    with pytest.raises(CheckFailed, match=r"发件箱不知道的邮件：<stray@x\.example>"):
        post_round.account(house, noon, "test")


def test_nothing_waiting_is_no_mail(house: House) -> None:
    noon = run_of(house).period.as_of + timedelta(hours=4)
    quiet = replace(house, sources=())  # a source that was never pulled waits for somebody, too
    assert post_round.digest(quiet, noon, "test") == {"digest": "没有待办"}
    assert post_round.deliver(house, noon, "test")["mails"] == 0
