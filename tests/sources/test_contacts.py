"""Contacts over pulls and decisions: letters go where a person, or else the source's last word, says."""

import os
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text

from include.errors import InputError
from include.post.recipients import recipients_for
from include.sources.config import SourceConfig
from include.sources.contacts.decisions import Decided, answer, edit, save
from include.sources.contacts.questions import questions
from include.sources.contacts.rows import Contact
from include.sources.intake import pull
from include.sources.kinds.watched_folder import empty_inbox
from include.sources.quarantine import correct, list_rows, replay
from include.sources.receipt import PullResult
from include.store.engine import open_engine, reading, writing
from include.store.migrate import _config
from include.store.tables import audit, contact
from tests.sources.exports import at, stored

CHANGZHI = "140400"
NOW = at("2020-03-11T08:00")
HEAD = "region_code,role,name,address,phone,valid_from,valid_to\n"
WRONG = "140400,to,长治局,wrong@other.example,,2020-01-01,"
RIGHT = "140400,to,长治局,right@changzhi.example,,2020-01-01,"
OFFICE = "140400,cc,长治局大气科,daqi@changzhi.example,,2020-01-01,"
CASES = Path(os.environ.get("QIANLIYAN_CASES", Path(__file__).resolve().parents[3] / "shared" / "cases"))


def told(
    engine: Engine,
    folder: Path,
    *rows: str,
    source: str = "exports",
    now: datetime = NOW,
    name: str = "contacts.csv",
) -> PullResult:
    """Pulls a folder whose contacts are exactly these lines."""
    place = folder / source
    place.mkdir(exist_ok=True)
    (place / name).write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return pull(
        engine, SourceConfig(source, "files", str(place)), at("2020-03-01"), at("2020-03-11"), now=now
    )


def to(engine: Engine, on: date = date(2020, 3, 11)) -> list[str]:
    """Where a letter of 长治 goes."""
    with reading(engine) as connection:
        found = recipients_for(connection, "notice", CHANGZHI, on)
    return sorted(one.address for one in found.recipients)


def asked(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        return [
            (one.kind, one.mine.address, one.told.address if one.told else "")
            for one in questions(connection)
        ]


def settle(engine: Engine, choice: str, now: datetime = NOW) -> None:
    """Answers the only question."""
    with writing(engine) as connection:
        [one] = questions(connection)
        answer(connection, one.question_id, choice, actor="duty", reason="电话核实", now=now)


def ours(
    name: str, address: str, valid_to: date | None = None, valid_from=date(2020, 1, 1), role="to"
) -> Contact:
    return Contact(CHANGZHI, role, name, address, "", valid_from, valid_to)


def edited(engine: Engine, address: str, row: Contact) -> Decided:
    """A person edits the contact of this address."""
    with writing(engine) as connection:
        found = connection.execute(
            select(contact.c.contact_id).where(contact.c.address == address)
        ).scalar_one()
        return edit(connection, found, row, actor="duty", reason="已调离", now=NOW)


def trail(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        query = select(audit.c.actor, audit.c.action, audit.c.reason).order_by(audit.c.audit_id)
        return [tuple(row) for row in connection.execute(query.where(audit.c.subject == "contact"))]


def test_who_was_ended_at_the_desk_stays_ended(engine: Engine, tmp_path: Path) -> None:
    told(engine, tmp_path, WRONG, RIGHT)
    edited(engine, "wrong@other.example", ours("长治局", "wrong@other.example", date(2020, 3, 11)))
    for _ in range(2):
        result = told(engine, tmp_path, WRONG, RIGHT)
        assert (result.new, result.revised, result.unchanged) == (0, 0, 2)
        assert to(engine) == ["right@changzhi.example"]
        assert asked(engine) == [("differs", "wrong@other.example", "wrong@other.example")]
    told(engine, tmp_path, WRONG.replace("长治局", "长治市局"), RIGHT, source="platform")
    assert to(engine) == ["right@changzhi.example"]
    assert len(asked(engine)) == 2  # another source, another question
    assert "valid_to：— → 2020-03-11" in trail(engine)[0][2]


def test_kept_is_asked_again_only_when_the_source_says_something_else(engine: Engine, tmp_path: Path) -> None:
    told(engine, tmp_path, WRONG, RIGHT)
    edited(engine, "wrong@other.example", ours("长治局", "wrong@other.example", date(2020, 3, 11)))
    told(engine, tmp_path, WRONG, RIGHT)
    settle(engine, "keep")
    told(engine, tmp_path, WRONG, RIGHT)
    assert (asked(engine), to(engine)) == ([], ["right@changzhi.example"])
    told(engine, tmp_path, WRONG.replace("长治局", "长治市局"), RIGHT)
    assert asked(engine) == [("differs", "wrong@other.example", "wrong@other.example")]
    settle(engine, "take")
    assert to(engine) == ["right@changzhi.example", "wrong@other.example"]
    told(engine, tmp_path, WRONG.replace("长治局", "长治市局") + "2020-03-05", RIGHT)  # its own again
    assert (asked(engine), to(engine)) == ([], ["right@changzhi.example"])


def test_an_address_corrected_in_place_replaces_and_says_so(engine: Engine, tmp_path: Path) -> None:
    told(engine, tmp_path, WRONG)
    result = told(engine, tmp_path, RIGHT)
    assert to(engine) == ["right@changzhi.example"]
    assert result.warnings == (
        "1位联系人的邮箱已被来源更正，旧邮箱已停用，请在待办中确认：长治局 <wrong@other.example>",
    )
    assert asked(engine) == [("replaced", "wrong@other.example", "right@changzhi.example")]
    assert stored(engine, "contact", "address", "valid_to", "source") == [
        ("right@changzhi.example", None, "exports"),
        ("wrong@other.example", date(2020, 3, 11), "exports"),
    ]
    assert trail(engine) == [
        (
            "intake",
            "replace",
            "来源 exports 以 right@changzhi.example 代替（region_code：140400；role：to；name：长治局；address：wrong@other.example；"
            "phone：—；valid_from：2020-01-01；valid_to：— → 2020-03-11）",
        )
    ]


@pytest.mark.parametrize(
    ("choice", "addresses"),
    [
        ("take", ["right@changzhi.example"]),
        ("keep", ["wrong@other.example"]),
        ("both", ["right@changzhi.example", "wrong@other.example"]),
    ],
)
def test_the_answers_about_a_replaced_address_stand(
    engine: Engine, tmp_path: Path, choice: str, addresses: list[str]
) -> None:
    told(engine, tmp_path, WRONG)
    told(engine, tmp_path, RIGHT)
    settle(engine, choice)
    assert to(engine) == addresses
    told(engine, tmp_path, RIGHT)
    assert to(engine) == addresses
    if choice == "keep":
        assert asked(engine) == [("differs", "right@changzhi.example", "right@changzhi.example")]
    else:
        assert asked(engine) == []


def test_a_vanished_contact_stays_until_a_person_decides(engine: Engine, tmp_path: Path) -> None:
    told(engine, tmp_path, WRONG, OFFICE)
    result = told(engine, tmp_path, WRONG)
    assert result.warnings == (
        "1位联系人在来源中不再出现，仍按有效处理，请在待办中决定：长治局大气科 <daqi@changzhi.example>",
    )
    assert to(engine) == ["daqi@changzhi.example", "wrong@other.example"]
    assert told(engine, tmp_path, WRONG).warnings == ()
    assert asked(engine) == [("vanished", "daqi@changzhi.example", "")]
    told(engine, tmp_path, WRONG, OFFICE)  # a part of the file was missing
    assert asked(engine) == []
    told(engine, tmp_path, WRONG)
    settle(engine, "take")
    assert to(engine) == ["wrong@other.example"]
    told(engine, tmp_path, WRONG)
    assert asked(engine) == []


def test_an_empty_list_asks_and_ends_nobody(engine: Engine, tmp_path: Path) -> None:
    told(engine, tmp_path, WRONG, OFFICE)
    told(engine, tmp_path)
    assert to(engine) == ["daqi@changzhi.example", "wrong@other.example"]
    assert len(asked(engine)) == 2
    (tmp_path / "exports" / "contacts.csv").unlink()
    (tmp_path / "exports" / "grids.csv").write_text(
        "grid_id,unit_code,county,name,is_hot,is_monitored\nT1,140300,郊区,荫营镇,true,true\n",
        encoding="utf-8",
    )
    pull(
        engine,
        SourceConfig("exports", "files", str(tmp_path / "exports")),
        at("2020-03-01"),
        at("2020-03-11"),
        now=NOW,
    )
    assert len(asked(engine)) == 2  # no list at all says nothing


def test_an_edit_replaces_and_letters_go_to_the_new_address_only(engine: Engine, tmp_path: Path) -> None:
    told(engine, tmp_path, WRONG, OFFICE)
    done = edited(engine, "wrong@other.example", ours("长治局", "right@changzhi.example"))
    assert done == Decided(
        changed=1, remarks=("wrong@other.example 自 2020-03-11 停用，由 right@changzhi.example 代替",)
    )
    assert to(engine) == ["daqi@changzhi.example", "right@changzhi.example"]
    assert to(engine, date(2020, 3, 10)) == ["daqi@changzhi.example", "wrong@other.example"]  # history
    told(engine, tmp_path, WRONG, OFFICE)
    assert to(engine) == ["daqi@changzhi.example", "right@changzhi.example"]
    settle(engine, "take")  # back to what the source says
    assert to(engine) == ["daqi@changzhi.example", "wrong@other.example"]
    told(engine, tmp_path, WRONG, OFFICE)
    assert asked(engine) == []


@pytest.mark.parametrize("again", [(WRONG,), (WRONG, RIGHT)], ids=["taken back", "told beside"])
def test_an_address_that_the_source_had_corrected_comes_back_beside_no_person_s(
    engine: Engine, tmp_path: Path, again: tuple[str, ...]
) -> None:
    told(engine, tmp_path, WRONG, OFFICE)
    told(engine, tmp_path, RIGHT, OFFICE)
    edited(engine, "right@changzhi.example", ours("长治局", "desk@changzhi.example"))
    told(engine, tmp_path, RIGHT, OFFICE)
    settle(engine, "keep")
    for _ in range(2):
        told(engine, tmp_path, *again, OFFICE)
        assert to(engine) == ["daqi@changzhi.example", "desk@changzhi.example"]
        assert ("held", "desk@changzhi.example", "wrong@other.example") in asked(engine)


@pytest.mark.parametrize(
    ("is_settled", "choice", "expected"),
    [
        (False, "keep", ["desk@changzhi.example"]),
        (False, "take", ["wrong@other.example"]),
        (False, "both", ["desk@changzhi.example", "wrong@other.example"]),
        (True, "keep", ["desk@changzhi.example"]),
        (True, "take", ["wrong@other.example"]),
    ],
)
def test_the_answers_about_an_address_that_came_back(
    engine: Engine, tmp_path: Path, is_settled: bool, choice: str, expected: list[str]
) -> None:
    """`is_settled`: a person had confirmed the source's correction, before somebody edited it."""
    told(engine, tmp_path, WRONG)
    told(engine, tmp_path, RIGHT)
    if is_settled:
        settle(engine, "take")
    edited(engine, "right@changzhi.example", ours("长治局", "desk@changzhi.example"))
    told(engine, tmp_path, WRONG)
    settle(engine, choice)
    assert to(engine) == expected
    told(engine, tmp_path, WRONG)
    assert (to(engine), asked(engine)) == (expected, [])


def test_an_address_that_is_only_asked_about_gives_way_to_the_next_one_of_its_line(
    engine: Engine, tmp_path: Path
) -> None:
    told(engine, tmp_path, WRONG)
    told(engine, tmp_path, RIGHT)
    settle(engine, "take")
    told(engine, tmp_path, WRONG)
    assert to(engine) == ["right@changzhi.example"]
    assert sorted(kind for kind, _, _ in asked(engine)) == ["differs", "vanished"]
    told(engine, tmp_path, "140400,to,长治局,third@changzhi.example,,2020-01-01,")
    assert to(engine) == ["third@changzhi.example"]
    assert ("replaced", "right@changzhi.example", "third@changzhi.example") in asked(engine)


def test_one_of_both_that_the_source_drops_is_asked_about(engine: Engine, tmp_path: Path) -> None:
    told(engine, tmp_path, WRONG)
    told(engine, tmp_path, RIGHT)
    settle(engine, "both")
    told(engine, tmp_path, WRONG)
    assert to(engine) == ["right@changzhi.example", "wrong@other.example"]
    assert ("vanished", "right@changzhi.example", "") in asked(engine)


def test_an_edit_on_a_day_of_its_own_begins_then(engine: Engine, tmp_path: Path) -> None:
    told(engine, tmp_path, WRONG)
    edited(
        engine, "wrong@other.example", ours("长治局", "right@changzhi.example", valid_from=date(2020, 4, 1))
    )
    assert to(engine, date(2020, 3, 31)) == ["wrong@other.example"]
    assert to(engine, date(2020, 4, 1)) == ["right@changzhi.example"]


def test_a_list_imported_by_a_person_replaces_addresses_of_its_lines(engine: Engine) -> None:
    first, second = ours("长治局", "a@x.example"), ours("长治局", "b@x.example")
    with writing(engine) as connection:
        save(connection, [first], actor="duty", reason="新", now=NOW, is_list=True)
        added = save(connection, [second], actor="duty", reason="另一处", now=NOW, is_list=False)
        assert added == Decided(new=1, remarks=("同一单位和角色还有 a@x.example 有效，两处都会收信",))
        listed = [second, ours("长治局", "c@x.example")]
        done = save(connection, listed, actor="duty", reason="名单", now=NOW, is_list=True)
    assert done == Decided(new=1, unchanged=1, remarks=("a@x.example 停用，由 c@x.example 代替",))
    assert to(engine) == ["b@x.example", "c@x.example"]


def test_files_in_an_inbox_add_and_replace_but_nobody_vanishes(engine: Engine, tmp_path: Path) -> None:
    source = SourceConfig("post_in", "inbox", str(tmp_path), options={"settle_seconds": 0})
    for name, rows in (("contacts1.csv", (WRONG, OFFICE)), ("contacts2.csv", (RIGHT,))):
        (tmp_path / name).write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
        empty_inbox(engine, source, now=datetime.now(NOW.tzinfo))
    assert to(engine, date(2099, 1, 1)) == ["daqi@changzhi.example", "right@changzhi.example"]
    assert asked(engine) == [("replaced", "wrong@other.example", "right@changzhi.example")]


def test_a_row_that_became_unreadable_is_not_gone(engine: Engine, tmp_path: Path) -> None:
    told(engine, tmp_path, WRONG, RIGHT)
    result = told(engine, tmp_path, WRONG.replace("2020-01-01", "2020-13-01"), RIGHT)
    assert (result.quarantined, asked(engine)) == (1, [])
    assert to(engine) == ["right@changzhi.example", "wrong@other.example"]


def test_a_row_corrected_in_quarantine_is_a_person_s_decision(engine: Engine, tmp_path: Path) -> None:
    bad = WRONG.replace("wrong@other.example", "right＠changzhi.example")
    told(engine, tmp_path, bad, OFFICE)
    with reading(engine) as connection:
        [row] = list_rows(connection)
    correct(
        engine, row.quarantine_id, {"address": "right@changzhi.example"}, by="duty", reason="全角", now=NOW
    )
    assert replay(engine, [row.quarantine_id], by="duty", now=NOW) == {}
    told(engine, tmp_path, bad, OFFICE)
    assert (asked(engine), to(engine)) == ([], ["daqi@changzhi.example", "right@changzhi.example"])
    told(engine, tmp_path, RIGHT + "2020-02-01", OFFICE)
    assert asked(engine) == [("differs", "right@changzhi.example", "right@changzhi.example")]
    assert to(engine) == ["daqi@changzhi.example", "right@changzhi.example"]


def test_white_space_and_case_make_no_second_contact(engine: Engine, tmp_path: Path) -> None:
    told(engine, tmp_path, WRONG)
    result = told(engine, tmp_path, "140400, to ,长治局, Wrong@Other.Example ,,2020-01-01,")
    assert (result.unchanged, asked(engine), len(to(engine))) == (1, [], 1)


def test_an_answer_needs_a_reason_and_a_question_that_waits(engine: Engine, tmp_path: Path) -> None:
    told(engine, tmp_path, WRONG, OFFICE)
    told(engine, tmp_path, WRONG)
    with writing(engine) as connection:
        [one] = questions(connection)
        with pytest.raises(InputError, match="a reason is needed"):
            answer(connection, one.question_id, "keep", actor="duty", reason=" ", now=NOW)
        with pytest.raises(InputError, match=r"no such answer; expected keep \| take; got both"):
            answer(connection, one.question_id, "both", actor="duty", reason="核实", now=NOW)
        answer(connection, one.question_id, "keep", actor="duty", reason="核实", now=NOW)
        with pytest.raises(InputError, match="no such open question"):
            answer(connection, one.question_id, "keep", actor="duty", reason="核实", now=NOW)


def test_an_old_store_keeps_what_was_decided_at_the_desk(
    tmp_path: Path, new_postgresql_engine: Engine
) -> None:
    """Also where a later pull had already set it back: the last day that the person gave is in force again."""
    from alembic import command

    for engine in (open_engine(f"sqlite:///{tmp_path / 'old.db'}"), new_postgresql_engine):
        config = _config()
        with writing(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0004")
            connection.execute(text("insert into city values ('140400', '长治市', '140000', '山西省')"))
            values = "name, address, valid_from, valid_to, source, region_code, role, is_simulated, received_at, content_hash"
            for row in (
                "'长治局', 'wrong@other.example', '2020-01-01', null, 'exports'",  # ended by duty, set back by a pull
                "'长治局', 'right@changzhi.example', '2020-01-01', null, 'exports'",
                "'长治局', 'third@changzhi.example', '2020-01-01', '2020-02-01', 'desk'",
            ):
                connection.execute(
                    text(
                        f"insert into contact ({values}) values ({row}, '140400', 'to', false, '2020-03-01T00:00:00.000000Z', '0')"
                    )
                )
            connection.execute(
                insert(audit).values(
                    at=NOW,
                    actor="duty",
                    subject="contact",
                    subject_id="140400/to/wrong@other.example/2020-01-01",
                    action="change",
                    reason="已调离（长治局（旧），2020-01-01 至 2020-03-11）",
                )
            )
            command.upgrade(config, "head")
        assert to(engine) == ["right@changzhi.example"]
        folder = tmp_path / engine.dialect.name
        folder.mkdir()
        told(engine, folder, WRONG, RIGHT)
        assert to(engine) == ["right@changzhi.example"]
        assert asked(engine) == [("differs", "wrong@other.example", "wrong@other.example")]


@pytest.mark.skipif(not (CASES / "contacts").is_dir(), reason="the shared cases are not here")
@pytest.mark.parametrize(
    ("case", "files", "addresses"),
    [
        ("corrected_in_place", ["contacts_before.txt", "contacts.csv"], ["right@changzhi.example"]),
        ("bad_addresses", ["contacts.csv"], ["A@X.example", "noreply@x.example"]),
    ],
)
def test_the_shared_cases(
    engine: Engine, tmp_path: Path, case: str, files: Sequence[str], addresses: list[str]
) -> None:
    for name in files:
        lines = (CASES / "contacts" / case / name).read_text(encoding="utf-8").removeprefix(HEAD)
        result = told(engine, tmp_path, lines.rstrip("\n"))
    assert to(engine) == addresses
    assert result.warnings  # the replaced address, the mailbox that nobody reads
