import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.letters.words.changes import (
    Spans,
    count_change,
    count_difference,
    point_difference,
    points,
    rate_change,
)
from include.supervision.figures import Share

SAME, CUT = Spans(3, 3), Spans(2, 3)


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (178, None, ""),
        (178, 178, "，与上期持平"),
        (0, 0, "，上期也没有"),
        (5, 0, "，上期没有"),
        (0, 5, "，上期有5条"),
        (169, 178, "，较上期（178条）减少9条，降幅5.1%"),
        (196, 178, "，较上期（178条）增加18条，增幅10.1%"),
        (179, 178, "，较上期（178条）增加1条，增幅0.6%"),
        (170, 178, "，较上期（178条）减少8条，降幅4.5%"),
        (190, 200, "，较上期（200条）减少10条，降幅5.0%"),
        (3, 2, "，较上期（2条）增加1条"),  # no per cent on a base of two
        (21, 20, "，较上期（20条）增加1条，增幅5.0%"),
    ],
)
def test_a_count(now: int, before: int | None, words: str) -> None:
    assert count_change(now, before, "条", SAME) == words


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (30, 52, "，日均15.0条，上期（3天）日均17.3条，减少13.5%"),
        (34, 51, "，日均17.0条，上期（3天）日均17.0条，持平"),
        (34, 52, "，日均17.0条，上期（3天）日均17.3条，减少1.9%"),
        (8, 6, "，日均4.0条，上期（3天）日均2.0条，增加"),
        (0, 0, "，上期也没有"),
        (1, 0, "，上期没有"),
        (0, 4, "，上期有4条"),
    ],
)
def test_a_count_over_fewer_days_is_compared_by_the_day(now: int, before: int, words: str) -> None:
    assert count_change(now, before, "条", CUT) == words


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (Share(167, 169), None, ""),
        (Share(9, 9), Share(4, 4), "，与上期（4/4，100.0%）持平"),
        (Share(1, 2), Share(2, 4), "，与上期（2/4，50.0%）持平"),
        (Share(239, 259), Share(216, 234), "，与上期（216/234，92.3%）基本持平"),
        (Share(167, 169), Share(167, 178), "，较上期（167/178，93.8%）上升5.0个百分点"),
        (Share(2, 4), Share(4, 4), "，较上期（4/4，100.0%）下降50.0个百分点"),
        (Share(199, 200), Share(99, 100), "，较上期（99/100，99.0%）上升0.5个百分点"),
        (Share(99, 100), Share(199, 200), "，较上期（199/200，99.5%）下降0.5个百分点"),
        (Share(3, 3), Share(0, 0), "，上期没有可比的基数"),
        (Share(0, 0), Share(3, 4), "，上期为3/4，75.0%"),
        (Share(0, 0), Share(0, 0), ""),
    ],
)
def test_a_share(now: Share, before: Share | None, words: str) -> None:
    assert rate_change(now, before) == words


def test_differences_for_tables() -> None:
    assert [count_difference(*pair) for pair in ((5, 3), (3, 5), (4, 4), (4, None))] == ["+2", "-2", "0", "—"]
    pairs = [
        (Share(2, 3), Share(1, 3)),
        (Share(1, 3), Share(2, 3)),
        (Share(1, 2), Share(2, 4)),
        (Share(1, 2), None),
        (Share(0, 0), Share(1, 1)),
        (Share(1, 1), Share(0, 0)),
    ]
    assert [point_difference(*pair) for pair in pairs] == ["+33.3", "-33.3", "0.0", "—", "—", "—"]
    assert points(Share(1, 2), Share(1, 4)) == 25.0


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_words_never_contradict_the_numbers(now: int, before: int) -> None:
    words = count_change(now, before, "条", SAME)
    assert ("增" in words) == (now > before > 0)
    assert ("减" in words) == (before > now > 0)
    if now and before and now != before:
        assert f"{abs(now - before)}条" in words


@given(st.integers(0, 50), st.integers(1, 50), st.integers(0, 50), st.integers(1, 50))
def test_the_words_of_a_share_never_contradict_it(a: int, b: int, c: int, d: int) -> None:
    now, before = Share(min(a, b), b), Share(min(c, d), d)
    words = rate_change(now, before)
    change = now.n / now.of - before.n / before.of
    assert ("升" in words) <= (change > 0)
    assert ("降" in words) <= (change < 0)
    assert "持平" in words or "升" in words or "降" in words
