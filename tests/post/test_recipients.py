from datetime import date

import pytest

from include.post.recipients import Addressing, Recipient, address_problem, recipients_for
from include.store.engine import reading
from tests.post.samples import YANGQUAN, add_contact

DAY = date(2020, 3, 13)


def found(engine, kind="notice", unit_code: str | None = YANGQUAN, day=DAY, addressee="") -> Addressing:
    with reading(engine) as connection:
        return recipients_for(connection, kind, unit_code, day, addressee)


def test_a_city_letter_goes_to_the_contacts_valid_on_the_day(engine):
    add_contact(engine, YANGQUAN, "to", "old@yq.example", "旧局", valid_to=date(2020, 3, 13))
    add_contact(engine, YANGQUAN, "to", "new@yq.example", "新局", valid_from=date(2020, 3, 13))
    add_contact(engine, YANGQUAN, "cc", "duty@yq.example", "值班室")
    add_contact(engine, "140000", "province", "province@sx.example", "山西省厅")
    assert found(engine) == Addressing(
        (Recipient("new@yq.example", "新局", "to"), Recipient("duty@yq.example", "值班室", "cc"))
    )
    assert found(engine, day=date(2020, 3, 12)).recipients[0] == Recipient("old@yq.example", "旧局", "to")


def test_a_reminder_is_copied_to_the_province(engine):
    add_contact(engine, YANGQUAN, "to", "to@yq.example", "局")
    assert found(engine, "reminder") == Addressing(
        (Recipient("to@yq.example", "局", "to"),),
        ("山西省没有有效的省级联系人（province），督办函未抄送省级",),
    )
    add_contact(engine, "140000", "province", "province@sx.example", "山西省厅")
    assert found(engine, "reminder") == Addressing(
        (Recipient("to@yq.example", "局", "to"), Recipient("province@sx.example", "山西省厅", "cc"))
    )


def test_a_letter_about_all_cities_goes_to_the_leader_and_the_duty_officer(engine):
    add_contact(engine, "100000", "duty", "duty@mee.example", "值班")
    add_contact(engine, "100000", "leader", "leader@mee.example", "领导")
    assert found(engine, "summary", None, addressee="leader") == Addressing(
        (Recipient("leader@mee.example", "领导", "to"), Recipient("duty@mee.example", "值班", "cc"))
    )


def test_a_letter_about_a_province_goes_to_its_contacts(engine):
    add_contact(engine, "140000", "province", "province@sx.example", "山西省厅")
    assert found(engine, "overview", None, addressee="140000") == Addressing(
        (Recipient("province@sx.example", "山西省厅", "to"),)
    )


def test_a_city_without_a_contact_says_which_and_what_to_do(engine):
    add_contact(engine, YANGQUAN, "cc", "duty@yq.example")
    assert found(engine) == Addressing(
        (), (), "阳泉市在发文日没有可用的主送联系人（to）：请在联系人表中补充或更正后再发出"
    )
    assert "999999" in found(engine, unit_code="999999").blocker


def test_an_address_twice_is_used_once_and_to_wins(engine):
    add_contact(engine, YANGQUAN, "cc", "Same@yq.example", "值班室")
    add_contact(engine, YANGQUAN, "to", "same@yq.example", "局")
    assert found(engine) == Addressing(
        (Recipient("same@yq.example", "局", "to"),), ("阳泉市联系人地址 Same@yq.example 重复，只发一次",)
    )


def test_a_bad_contact_is_left_out_and_does_not_stop_the_others(engine):
    add_contact(engine, YANGQUAN, "to", "to@yq.example", "局")
    add_contact(engine, YANGQUAN, "cc", "x@yq.example\r\nBcc: all@example.org", "注入")
    add_contact(engine, YANGQUAN, "cc", "y@yq.example", "名称\r\nBcc: all@example.org")
    addressing = found(engine)
    assert addressing.recipients == (Recipient("to@yq.example", "局", "to"),)
    assert [remark.partition("：")[2] for remark in addressing.remarks] == [
        "地址含有控制字符或换行",
        "名称含有控制字符或换行",
    ]
    assert not any("\n" in remark or "\r" in remark for remark in addressing.remarks)


def test_when_the_only_address_is_bad_the_reason_says_so(engine):
    add_contact(engine, YANGQUAN, "to", "阳泉@yq.example", "局")
    assert found(engine).blocker == (
        "阳泉市在发文日没有可用的主送联系人（to）：请在联系人表中补充或更正后再发出"
        "（阳泉市联系人 局 <阳泉@yq.example> 未使用：地址不是 name@domain 形式的英文地址）"
    )


@pytest.mark.parametrize(
    ("address", "is_good"),
    [
        ("a@b.example", True), ("first.last+tag@sub.b-c.example", True), ("root@localhost", True),
        ("", False), ("a", False), ("a@", False), ("@b", False), ("a@b@c", False), ("a b@c.example", False),
        ("a.@c.example", False), ("<a@c.example>", False), ("a@c.example,d@e.example", False), ("a@c.example\n", False),
        ("a" * 65 + "@c.example", False), ("a@" + "b" * 260, False),
    ],
)  # fmt: skip
def test_only_plain_addresses_are_taken(address, is_good):
    assert (address_problem(address) == "") is is_good
