"""Runs one fuzz target on made-up input."""

import warnings

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.targets import TARGETS


def fuzz(name: str, examples: int, *, is_repeatable: bool = False, start: int = 0) -> None:
    """So many inputs of one target; what fails is made small and raised. `start` chooses other inputs."""
    strategy, target = TARGETS[name]

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=is_repeatable,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(strategy)
    def try_it(told: object) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # openpyxl's, of what it skips
            target(told)

    (try_it if is_repeatable else seed(start)(try_it))()
