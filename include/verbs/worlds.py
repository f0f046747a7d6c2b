"""`simulate-world`: a world for the hourly watch, with its truth."""

from datetime import date
from pathlib import Path

import click

from include.rules import SIMULATED_LABEL
from include.simulator.watch_world.options import PHYSICS, Physics, WorldOptions
from include.verbs.options import Day


@click.command("simulate-world")
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder to write into: world/ and truth/.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed and options, same rows.")
@click.option("--start", type=Day(), default=date(2020, 3, 1), help="First day. [default: 2020-03-01]")
@click.option("--days", type=int, default=14, show_default=True)
@click.option("--grids", type=int, default=100, show_default=True, help="About 25 a city.")
@click.option(
    "--physics",
    type=click.Choice(PHYSICS),
    default="plume",
    show_default=True,
    help="How smoke spreads: a wandering plume, puffs in a shearing wind, a bulge that drifts.",
)
@click.option("--hard", is_flag=True, help="Worse sensors and masts, damp, sharp fronts, fewer meters.")
@click.option(
    "--air",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Published hourly city air (date, hour, 城市, PM2.5, PM10) that the sources come on top of.",
)
def simulate_world(
    to: Path,
    seed: int,
    start: date,
    days: int,
    grids: int,
    physics: Physics,
    hard: bool,
    air: Path | None,
) -> None:
    """Write a world for the hourly watch and its truth (模拟数据)."""
    from include.simulator.watch_world.world import published_air, write_world

    options = WorldOptions(seed, start, days, grids, physics, hard)
    counts = write_world(options, to, published_air(air, options) if air else None)
    click.echo(f"{to}: {SIMULATED_LABEL}; " + ", ".join(f"{n} {name}" for name, n in counts.items()))
