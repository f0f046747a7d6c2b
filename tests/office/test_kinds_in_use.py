"""The kinds of letters that a profile has in use act in runs: what it leaves out is neither composed nor missed."""

from dataclasses import replace

from sqlalchemy import Engine

from include.letter_kinds import is_in_use
from include.office.letter_acts import letters_of_period
from include.post.local_server import local_mailbox
from include.profile.current import office, using
from include.store.engine import reading
from include.workflows import daily_dispatch
from tests.workflows.region import open_region, run_of


def test_a_kind_that_the_profile_leaves_out_is_not_made(engine: Engine, tmp_path) -> None:
    letters = {kind: word for kind, word in office().letters.items() if kind != "reminder"}
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        run = run_of(open_region(engine, tmp_path / "var", mailbox))
        daily_dispatch.pull(run)
        computed = daily_dispatch.figures(run)
        with using(replace(office(), letters=letters)):
            composed = daily_dispatch.compose(run, computed)
            daily_dispatch.release(run)
            daily_dispatch.post(run)
            states = daily_dispatch.account(run, computed)["states"]
        with reading(run.house.engine) as connection:
            letters_made = letters_of_period(connection, run.period, daily_dispatch.KINDS)
    assert {one.kind for one in letters_made} == {"notice"}
    assert composed["created"] == sum(states.values()) == len(letters_made)


def test_a_kind_that_is_registered_beside_the_houses_own_is_in_use() -> None:
    assert [is_in_use(kind, {"notice": ""}) for kind in ("notice", "reminder", "echo")] == [True, False, True]
