"""`profile …`: an office as data."""

from pathlib import Path

import click

from include.errors import CheckFailed, InputError
from include.profile.values import LANGUAGES, Language


@click.group()
def profile() -> None:
    """The installation profile: which office this is."""


@profile.command("check")
@click.argument("name", required=False)
def check(name: str | None) -> None:
    """Name every fault of a profile (a folder, or the name of a shipped one; without it the one in use): file, line, expected, got."""
    from include.house import default_registry, profile_name
    from include.office.profiles import warnings_of, whole_check
    from include.profile.current import profile_folder
    from include.profile.reading import read_profile

    folder = profile_folder(name or profile_name(default_registry().variables))
    findings = whole_check(folder)
    for finding in findings:
        click.echo(str(finding))
    if len(findings):
        raise CheckFailed(
            "the profile has faults",
            where=str(folder),
            got=f"{len(findings)}",
            expected="none",
            todo="correct them",
        )
    click.echo(f"{folder}: no faults")
    for warning in warnings_of(read_profile(folder)):
        click.echo(warning, err=True)


@profile.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="zh",
    show_default=True,
    help="In English with the templates of the shipped office that speaks it.",
)
def new(folder: Path, language: Language) -> None:
    """Write a commented profile into a new folder, to be filled in."""
    from include.profile.scaffold import write_profile

    written = write_profile(folder, language)
    click.echo("\n".join(str(path) for path in written))
    click.echo(f"fill it in, then: python -m include profile check {folder}")


@profile.command("show")
@click.argument("name", required=False)
def show(name: str | None) -> None:
    """Print what a profile says, without its tables: office, addressees, beats, letters, rules."""
    from include.house import default_registry, profile_name
    from include.office.profiles import summary
    from include.profile.current import load

    for line in summary(load(name or profile_name(default_registry().variables))):
        click.echo(line)


@profile.command("templates")
@click.argument("kind", required=False)
def templates(kind: str | None) -> None:
    """What templates can say: the kinds of templates, or of one kind every value with its fields."""
    from include.letters.document.template_check import kinds_of_templates, values_of_templates

    kinds = kinds_of_templates()
    if kind is None:
        click.echo("\n".join(kinds))
        return
    if kind not in kinds:
        raise InputError(
            "unknown kind of templates", where="profile templates", expected=" | ".join(kinds), got=kind
        )
    for one in values_of_templates(kind):
        fields = f": {', '.join(one.fields)}" if one.fields else ""
        click.echo(f"{'*' if one.is_obligatory else ' '} {one.name}{'[]' if one.is_list else ''}{fields}")
    click.echo(
        "* a template that stands in for one which has it must have it, too; [] a list, with the fields of an item"
    )


@profile.command("apply")
@click.option(
    "--keep", help="Code of a unit or place of which ours stands against what the profile says now."
)
@click.option("--reason", default="profile apply", show_default=True, help="Why; kept on record.")
@click.option("--dry-run", is_flag=True, help="Only show the differences.")
def apply(keep: str | None, reason: str, dry_run: bool) -> None:
    """Take over what the profile says of places, units and contacts that nobody changed; what an operator changed is shown and waits for a
    decision."""
    from collections import Counter
    from datetime import UTC, datetime

    from include.act import Act
    from include.office.profile_contacts import contact_lines, take_contacts
    from include.office.units import undecided, words_of
    from include.periods import office_date
    from include.profile.current import told_office
    from include.store.engine import reading, writing
    from include.store.offices import adopt_office, apply_profile, differences, keep_ours
    from include.verbs.options import open_current_house, operator

    house, act = open_current_house(), Act(datetime.now(UTC), operator(), reason)
    profile = told_office()
    with reading(house.engine) as connection:
        found = differences(connection, profile)
    for one in found:
        mark = "ours stays" if one.is_kept else "to decide" if one.waits else "take over"
        for line in words_of(one):
            click.echo(f"{mark:<12}{one.subject} {one.code}  {line}")
    left = []
    if not dry_run:
        with writing(house.engine) as connection:
            if keep:
                keep_ours(connection, profile, keep, act)
            applied = apply_profile(connection, profile, act)
            left = undecided(connection)
        for code, why in applied.refused.items():
            click.echo(f"{'refused':<12}{code}  {why}")
        adopt_office(house.engine)
    # After the units: a contact may be of a new one.
    with writing(house.engine, lock="intake") as connection:
        lines = contact_lines(connection, profile, office_date(act.now))
        if not dry_run:
            take_contacts(connection, profile, act.now)
    for told in lines:
        mark = {"taken": "take over", "asked": "to decide"}.get(told.mark, told.mark)
        click.echo(f"{mark:<12}contact of {told.unit_code}  {told.words}")
    if not dry_run:
        count = Counter(one.mark for one in lines)
        click.echo(
            f"{sum(not one.is_for_person for one in found) - len(applied.refused)} places and units taken over, {len(left)} wait for a decision (places …, units …, or profile apply --keep CODE); "
            f"{count['taken']} contacts taken, {count['asked']} wait for a decision (contacts questions)"
        )
