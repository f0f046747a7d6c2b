"""The kinds of letters that a profile has in use act in runs: what it leaves out is neither composed nor missed."""

from dataclasses import replace

from sqlalchemy import Engine

from include.letter_kinds import is_in_use
from include.office.register import due_keys, due_letters
from include.post.mailbox import local_mailbox
from include.profile.current import office, using
from include.workflows import daily_dispatch
from tests.workflows.region import open_region, run_of


def test_a_kind_that_the_profile_leaves_out_is_not_made(engine: Engine, tmp_path) -> None:
    letters = {kind: word for kind, word in office().letters.items() if kind != "reminder"}
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        run = run_of(open_region(engine, tmp_path / "var", mailbox))
        daily_dispatch.pull(run)
        computed = daily_dispatch.figures(run)
        both = {one.facts.kind for one in due_letters(run.house, run.period)}
        with using(replace(office(), letters=letters)):
            kinds = {one.facts.kind for one in due_letters(run.house, run.period)}
            composed = daily_dispatch.compose(run, computed)
            daily_dispatch.release(run)
            daily_dispatch.post(run)
            states = daily_dispatch.account(run, computed)["states"]
            keys = due_keys(run.house, run.period)
    assert (both, kinds) == ({"notice", "reminder"}, {"notice"})
    assert composed["created"] == len(keys) == sum(states.values())
    assert all(key.startswith("notice_") for key in keys)


def test_a_kind_that_is_registered_beside_the_houses_own_is_in_use() -> None:
    assert [is_in_use(kind, {"notice": ""}) for kind in ("notice", "reminder", "echo")] == [True, False, True]
