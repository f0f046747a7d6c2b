"""A few seconds of every fuzz target, the same input each time; `make fuzz` goes on with other input."""

import pytest

from tests.fuzz.run import fuzz
from tests.fuzz.targets import TARGETS

EXAMPLES = 40
FEWER = {"parquet": 6}  # each starts a process


@pytest.mark.parametrize("name", TARGETS)
def test_made_up_input_is_refused_in_our_words(name: str) -> None:
    fuzz(name, FEWER.get(name, EXAMPLES), is_repeatable=True)
