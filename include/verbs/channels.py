"""`channels list|messages|test|settle|enable`: chat groups and webhooks beside mail, and what became of their messages."""

from datetime import UTC, datetime
from uuid import uuid4

import click

from include.errors import InputError
from include.verbs.options import FORMATS, REASON, open_current_house, operator, print_rows

_HOW = {"--arrived": "arrived", "--again": "again", "--drop": "dropped"}


@click.group()
def channels() -> None:
    """Chat groups and webhooks beside mail."""


@channels.command("list")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def list_channels(form: str) -> None:
    """One line a configured channel, and how it stands."""
    from include.post.channels.listing import standing
    from include.store.engine import reading

    house = open_current_house()
    with reading(house.engine) as connection:
        rows = standing(connection, house.channels.all)
    print_rows(rows, form, f"{len(rows)} channels")


@channels.command()
@click.option("--channel", default="", help="Only of this one.")
@click.option("--state", default="", help="Only in this state: queued, sent, refused, unknown, expired …")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def messages(channel: str, state: str, form: str) -> None:
    """The last 200 messages, the newest first."""
    from include.post.channels.listing import messages as read
    from include.store.engine import reading

    with reading(open_current_house().engine) as connection:
        rows = read(connection, channel, state)
    print_rows(rows, form, f"{len(rows)} messages")


@channels.command()
@click.argument("name")
def test(name: str) -> None:
    """Send one line to a group, at once, and say what its robot answered; exit code 1 where it did not take it."""
    from include.language import say
    from include.post.channels import outbox
    from include.post.channels.listing import messages as read
    from include.post.channels.robots import Content
    from include.rules import CHANNELS
    from include.store.engine import reading, writing
    from include.workflows.channels import send

    house, now = open_current_house(), datetime.now(UTC)
    channel = next((one for one in house.channels.all if one.name == name), None)
    if channel is None or channel.kind == "webhook":
        known = ", ".join(one.name for one in house.channels.all if one.kind != "webhook")
        raise InputError("no such group", where=f"channels test {name}", expected=known or "a group")
    key = f"test {uuid4().hex}"
    content = Content(say("【演练】{issuer}：群消息测试", issuer=house.issuer.name), ())
    with writing(house.engine, lock="channels") as connection:
        outbox.queue(
            connection,
            channel,
            [(key, "test", content.to_json(), False)],
            now=now,
            useful_life=CHANNELS.useful_life,
            is_rehearsal=True,
        )
    send(house, now, operator())
    with reading(house.engine) as connection:
        rows = read(connection, name)
    row = rows[rows["message_key"] == key].iloc[0]
    click.echo(f"{row['state']}: {row['state_reason']}")
    if row["state"] != "sent":
        raise SystemExit(1)


@channels.command()
@click.argument("message_id", type=int)
@click.option("--arrived", "how", flag_value="arrived", help="It is in the group.")
@click.option("--again", "how", flag_value="again", help="Send it once more.")
@click.option("--drop", "how", flag_value="dropped", help="It is not to be sent any more.")
@REASON
def settle(message_id: int, how: str | None, reason: str) -> None:
    """Decide about a message that is unknown, refused or expired."""
    from include.post.channels.outbox import resolve

    if how is None:
        raise InputError("what became of it?", where="channels settle", expected=" | ".join(_HOW))
    resolve(
        open_current_house().engine, message_id, how, now=datetime.now(UTC), actor=operator(), reason=reason
    )
    click.echo(f"{message_id}: {how}")


@channels.command()
@click.argument("name")
@REASON
def enable(name: str, reason: str) -> None:
    """Switch a webhook on again that was switched off after days of failure."""
    from include.post.channels.outbox import enable as switch_on

    switch_on(open_current_house().engine, name, now=datetime.now(UTC), actor=operator(), reason=reason)
    click.echo(f"{name}: on")
