from include.act import Act
from include.periods import office_date
from include.post.digest import digest_facts, queue_digest
from include.post.local_server import local_mailbox, received
from include.post.recipients import Recipient
from include.post.round import post_round
from tests.post.samples import NOW, composition, outgoing, server


def test_the_list_of_the_day_goes_to_the_operators_once_without_a_number(engine, archive, tmp_path):
    to = (Recipient("operators@mee.example", "值班", "to"),)
    letter = digest_facts(office_date(NOW), "[]", as_of=NOW, is_simulated=True)
    outcomes = [
        queue_digest(outgoing(engine, archive), letter, composition("待办清单"), to, Act(NOW, "post"))
        for _ in range(2)
    ]
    assert [(outcome.action, outcome.number) for outcome in outcomes] == [("released", None), ("left", None)]
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        for _ in range(2):
            post_round(engine, archive, server(mailbox.port), clock=lambda: NOW, owner="post")
    assert [(mail.subject, mail.recipients, mail.letter_key) for mail in received(tmp_path / "mailbox")] == [
        ("待办清单", ("operators@mee.example",), "digest_operators_day_2020-03-13_2020-03-14_1")
    ]
