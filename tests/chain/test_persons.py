"""Who is named by what somebody typed."""

from include.chain.persons import names_in, persons_in, taking_part


def test_names_are_told_as_typed_and_compared_by_their_letters() -> None:
    told = " 李某、王某 ,赵某；钱某/孙某 | 吴 某 <Wu@yq.example>"
    assert names_in(told) == (
        ("李某",),
        ("王某",),
        ("赵某",),
        ("钱某",),
        ("孙某",),
        ("吴 某",),
    )
    assert persons_in(told) == {"李某", "王某", "赵某", "钱某", "孙某", "吴某"}
    assert names_in(" ", "—", "<>", "李某", "李某") == (("李某",),)


def test_the_same_person_is_known_in_any_spelling() -> None:
    known = persons_in("Zhang San", "O'Brien", "买买提·艾力", "duty-1@jn.example")
    for same in (
        "ZHANG\u00a0SAN",
        "ＺｈａｎｇＳａｎ",
        "zhang-san",
        "O’Brien",
        "买买提•艾力",
        "DUTY-1@jn.example",
    ):
        assert taking_part(known, same), same
    assert taking_part(known, "周某、zhang  san", "x") == ("zhang  san",)
    for other in ("Zhang Sang", "OBrian", "买买提", "duty1@jn.example", ""):
        assert taking_part(known, other) == (), other
