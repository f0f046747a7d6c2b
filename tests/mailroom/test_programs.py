"""What becomes of thirty replies as mail programs write them, read in one round."""

from dataclasses import replace
from datetime import timedelta

from tests.mailroom.office import NOW, SENT, Place
from tests.mailroom.pop_server import pop_server
from tests.mailroom.programs import samples
from tests.post.samples import add_cities


def test_replies_of_many_programs_are_understood_each_for_itself(place: Place) -> None:
    add_cities(place.house.engine, "370100")
    told = list(samples(place))
    with pop_server([mail for _, mail, _ in told]) as port:
        options = {**place.source.options, "protocol": "pop3"}
        source = replace(place.source, location=f"127.0.0.1:{port}", token="pw", options=options)
        done = replace(place, house=replace(place.house, mailboxes=(source,))).read(NOW + timedelta(hours=2))
    assert (done.trouble, done.is_all) == ("", True)
    rows = place.mails()
    assert {
        name: f"{row['kind']} {row['state']} {row['rows_taken']}"
        for (name, *_), row in zip(told, rows, strict=True)
    } == {name: expected for name, _, expected in told}
    assert {at for *_, at in place.events()} == {
        SENT,
        SENT + timedelta(hours=1),
    }  # by receipt, whatever they say
