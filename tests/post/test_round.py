from include.post.mailbox import local_mailbox, received
from include.post.round import post_round
from tests.post.samples import NOW, add_cities, archive_in, audit_rows, deliveries, released, server


def test_a_released_letter_reaches_all_its_recipients_in_one_mail(engine, tmp_path):
    add_cities(engine)
    archive = archive_in(tmp_path)
    outcome = released(engine, archive)
    assert (outcome.action, outcome.number) == ("released", "环督提〔2020〕1号")
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        summary = post_round(engine, archive, server(mailbox.port), clock=lambda: NOW, owner="test")
    assert summary.results == {"accepted": 1}
    [mail] = received(tmp_path / "mailbox")
    assert mail.recipients == ("to140300@city.example", "cc140300@city.example")
    assert deliveries(engine) == {"to140300@city.example": "sent", "cc140300@city.example": "sent"}
    print(mail.content().decode())
    print(audit_rows(engine, "delivery"), audit_rows(engine, "letter"))
    print(list((tmp_path/"mailbox"/"letters").iterdir()))
