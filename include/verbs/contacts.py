"""`contacts questions|answer`: what waits for a decision about contacts."""

from datetime import UTC, datetime

import click

from include.language import say
from include.periods import office_date
from include.verbs.options import FORMATS, open_current_house, operator, print_rows


@click.group()
def contacts() -> None:
    """Where letters go, and what sources say otherwise."""


@contacts.command("questions")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def list_questions(form: str) -> None:
    """One row a question that waits, the oldest first; `ours` and `theirs` name the fields that differ."""
    import pandas as pd

    from include.office.contacts import contact_questions

    rows = [
        {
            "question_id": one.question_id,
            "kind": one.kind,
            "unit_code": one.region_code,
            "unit_name": one.region_name,
            "address": one.mine.address,
            "source": one.source,
            "ours": say("；").join(
                say("{name}：{ours}", name=name, ours=ours)
                for name, ours, theirs in one.pairs
                if ours != theirs
            ),
            "theirs": say("；").join(
                say("{name}：{theirs}", name=name, theirs=theirs)
                for name, ours, theirs in one.pairs
                if theirs not in ("", ours)
            ),
            "answers": " | ".join(one.choices),
            "asked_at": one.asked_at,
        }
        for one in contact_questions(open_current_house(), office_date(datetime.now(UTC)))
    ]
    columns = [
        "question_id",
        "kind",
        "unit_code",
        "unit_name",
        "address",
        "source",
        "ours",
        "theirs",
        "answers",
        "asked_at",
    ]
    print_rows(pd.DataFrame(rows, columns=columns), form)


@contacts.command("answer")
@click.argument("question_id", type=click.IntRange(min=1))
@click.argument("choice", type=click.Choice(["keep", "take", "both"]))
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
def settle(question_id: int, choice: str, reason: str) -> None:
    """Keep ours, take over what the source says, or use both addresses."""
    from include.office.contacts import answer_question

    now = datetime.now(UTC)
    done = answer_question(
        open_current_house(), question_id, choice, actor=operator(), reason=reason, now=now
    )
    click.echo(f"question {done.question_id} ({done.kind}, {done.mine.address}): {choice}")
