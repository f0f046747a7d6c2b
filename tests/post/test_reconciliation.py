from datetime import date

import pytest

from include.errors import CheckFailed
from include.post.drafts import await_approval, draft, reject, withhold
from include.post.local_server import MaildirHandler, local_mailbox
from include.post.reconciliation import reconcile, require_reconciled
from include.post.round import post_round
from include.store import tables
from include.store.engine import reading, writing
from tests.post.samples import JINAN, NOW, TAIYUAN, YANGQUAN, add_cities, composition, facts, released, server

GOES_OUT = date(2020, 3, 13)
CITIES = ("110000", "120000", "130100", "130200", "130400", "130500", "130600", "130700", "130900", "131000")


def found(engine, due=(), mailbox=None, on_date=GOES_OUT):
    with reading(engine) as connection:
        return reconcile(connection, on_date, due=due, mailbox=mailbox)


def accounted(engine, **options) -> dict[str, str]:
    return {letter.addressee_name: letter.state for letter in found(engine, **options).letters}


def mark(engine, letter_id: int, *states: str) -> None:
    """Puts the recipients of a letter into these states, in order."""
    delivery = tables.delivery
    with writing(engine) as connection:
        ids = connection.execute(
            delivery.select().where(delivery.c.letter_id == letter_id).order_by(delivery.c.delivery_id)
        ).all()
        for row, state in zip(ids, states, strict=True):
            connection.execute(
                delivery.update().where(delivery.c.delivery_id == row.delivery_id).values(state=state)
            )


def test_every_letter_of_the_day_is_accounted_for_by_name_and_state(engine, archive):
    add_cities(engine, YANGQUAN, TAIYUAN, JINAN, "110000", "120000", "130100", "130200")
    states = {
        TAIYUAN: ("sent", "sent"),
        YANGQUAN: ("sent", "refused"),
        JINAN: ("unknown", "sent"),
        "110000": ("expired", "expired"),
        "120000": ("queued", "sent"),
        "130100": ("sending", "sending"),
        "130200": ("withdrawn", "sent"),
    }
    for number, (city, recipients) in enumerate(states.items(), start=1):
        released(engine, archive, facts(unit_code=city))
        mark(engine, number, *recipients)
    for city in ("130400", "130500", "130600", "130900"):
        draft(engine, archive, facts(unit_code=city), composition(), now=NOW, actor="run")
    await_approval(engine, 9, now=NOW, actor="run", reason="等待签发")
    withhold(engine, 10, now=NOW, actor="run", reason="补录")
    reject(engine, 11, now=NOW, actor="王", reason="不发")
    released(engine, archive, facts(unit_code="131000", day=date(2020, 3, 11)))  # of another day
    due = [facts(unit_code=city).key for city in (*states, "130400", "130500", "130600", "130900")]
    assert accounted(engine, due=due) == {
        "太原市": "sent",
        "阳泉市": "refused",
        "济南市": "unknown",
        "北京市": "expired",
        "天津市": "queued",
        "石家庄市": "sending",
        "唐山市": "sent",
        "邯郸市": "drafted",
        "邢台市": "awaiting_approval",
        "保定市": "withheld",
        "沧州市": "rejected",
    }
    reconciliation = found(engine, due=due)
    require_reconciled(reconciliation)
    assert reconciliation.states["sent"] == 2
    [yangquan] = [letter for letter in reconciliation.letters if letter.addressee_name == "阳泉市"]
    assert (yangquan.recipients, yangquan.number) == ({"refused": 1, "sent": 1}, "环督提〔2020〕2号")


def test_a_letter_that_was_due_and_is_nowhere_is_named(engine):
    missing = facts().key
    reconciliation = found(engine, due=[missing])
    assert reconciliation.faults == (f"{missing}：应有函件，但发件箱中没有",)
    with pytest.raises(CheckFailed, match="对账 2020-03-13: 1 处对不上"):
        require_reconciled(reconciliation)


def test_a_released_letter_without_a_delivery_is_in_no_state(engine, archive):
    add_cities(engine)
    released(engine, archive)
    mark(engine, 1, "withdrawn", "withdrawn")
    reconciliation = found(engine)
    assert [letter.state for letter in reconciliation.letters] == ["unaccounted"]
    assert reconciliation.faults == (f"阳泉市 {facts().key}：状态为 released，但没有任何投递记录，去向不明",)


def test_mail_and_outbox_are_compared_both_ways(engine, archive, tmp_path):
    add_cities(engine)
    released(engine, archive)
    folder = tmp_path / "mailbox"
    with local_mailbox(folder) as mailbox:
        post_round(engine, archive, server(mailbox.port), clock=lambda: NOW, owner="test")
    assert found(engine, mailbox=folder).faults == ()
    identity = f"<{facts().key}.1@mee.example>"
    [path] = (folder / "new").iterdir()
    content = path.read_bytes().partition(b"\r\n")[2]
    handler = MaildirHandler(folder)
    handler.keep(content, ["to140300@city.example"])
    handler.keep(b"Message-ID: <stranger@b.example>\r\n\r\n", ["x@c.example"])
    handler.keep(b"\r\n", ["y@c.example"])
    assert found(engine, mailbox=folder).faults == (
        "邮箱中有发件箱不知道的邮件：（无 Message-ID） 收件人 y@c.example",
        f"邮箱中同一邮件有 2 份：{identity} 收件人 to140300@city.example",
        "邮箱中有发件箱不知道的邮件：<stranger@b.example> 收件人 x@c.example",
    )
    for each in (folder / "new").iterdir():
        each.unlink()
    assert found(engine, mailbox=folder).faults == (
        f"发件箱记为已送出，但邮箱中没有：{identity} 收件人 cc140300@city.example",
        f"发件箱记为已送出，但邮箱中没有：{identity} 收件人 to140300@city.example",
    )
    mark(engine, 1, "queued", "unknown")
    handler.keep(content, ["to140300@city.example", "cc140300@city.example"])
    assert found(engine, mailbox=folder).faults == (
        f"邮箱已收到 {identity} 收件人 to140300@city.example，但发件箱记为 queued",
    )


def test_a_gap_in_the_register_fails_the_day(engine, archive):
    add_cities(engine)
    released(engine, archive)
    with writing(engine) as connection:
        connection.execute(tables.letter_number.update().values(seq=2))
    assert found(engine).faults == ("文号登记簿 notice〔2020〕：共 1 个号，最大号为 2，有跳号",)
