"""Sentences that were kept in the office's language, told again in the reader's."""

from datetime import date

import pytest

from include.language import say, speaking
from include.language.moments import day_words, moment_words
from include.language.told import retold, sentence
from include.periods import office_zone
from include.profile.current import load, using
from tests.desk.facts import NOW


@pytest.mark.parametrize(
    ("kept", "english"),
    [
        ("等待签发", "Waiting for a signature"),
        ("超出范围：应在0至1000之间", "out of range: expected 0 to 1000"),
        (
            "时段已过240小时，超过12小时不再自动发送",
            "240 hours after the period; beyond 12 nothing is sent by itself",
        ),
        ("热点网格1个，待审核", "1 hotspot grid to be reviewed"),
        ("热点网格12个，待审核", "12 hotspot grids to be reviewed"),
        ("北京市", "Beijing"),
        ("北京市3条", "Beijing 3"),
        ("工业企业", "Industrial enterprises"),
        ("现场属实，已约谈", "现场属实，已约谈"),  # what a person typed
        ("no such letter", "no such letter"),
        ("", ""),
    ],
)
def test_what_was_kept_in_chinese_is_told_in_english(kept: str, english: str) -> None:
    with using(load("ministry")), speaking("en"):
        assert retold(kept) == english


def test_dates_and_moments_are_told_again() -> None:
    local = NOW.astimezone(office_zone())
    with using(load("ministry")):
        kept = [day_words(date(2020, 3, 12)), moment_words(local)]
        with speaking("en"):
            assert [retold(one) for one in kept] == [day_words(date(2020, 3, 12)), moment_words(local)]


def test_several_sentences_are_told_each() -> None:
    with using(load("ministry")):
        kept = say("；").join([say("等待签发"), say("热点网格{hot}个，待审核", hot=3)])
        with speaking("en"):
            assert retold(kept) == "Waiting for a signature; 3 hotspot grids to be reviewed"


def test_what_was_kept_in_english_is_told_in_chinese() -> None:
    with using(load("harbour")):
        kept = say("热点网格{hot}个，待审核", hot=12)
        assert kept == "12 hotspot grids to be reviewed"
        with speaking("zh"):
            assert retold(kept) == "热点网格12个，待审核"


def test_a_sentence_is_the_offices_until_somebody_reads_it() -> None:
    with using(load("ministry")):
        told = sentence("{unit_name}{count}条", unit_name="北京市", count=3)
        assert told == "北京市3条"
        with speaking("en"):
            assert (told, retold(told)) == ("北京市3条", "Beijing: 3")
        assert retold(told) == "北京市3条"
