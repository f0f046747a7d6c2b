"""How far an hour is believed: the filter's probability, a second station, the scatter of the network."""

import numpy as np
import pytest

from include.watch.rows import confidence
from include.watch.rules import ConfidenceRules


@pytest.mark.parametrize(
    ("probability", "hits", "second_hour", "low_share", "expected"),
    [
        (0.5, 1, False, 0.02, 0.366),  # the constant alone
        (0.9, 1, False, 0.02, 0.669),
        (0.9, 3, False, 0.02, 0.737),  # a second station; a third adds nothing
        (0.9, 1, True, 0.02, 0.822),  # a second hour says more
        (0.9, 1, True, 0.08, 0.423),  # a network that stands low four times as often is believed less
        (0.9, 1, True, 0.005, 0.967),
        (0.0, 0, False, 0.02, 0.246),  # the logit is bounded
        (1.0, 2, True, 0.005, 0.98),  # and so is what is said
    ],
)
def test_what_an_hour_is_believed(
    probability: float, hits: int, second_hour: bool, low_share: float, expected: float
) -> None:
    told = confidence(
        np.array([probability]), np.array([hits]), np.array([second_hour]), low_share, ConfidenceRules()
    )
    assert told.round(3).tolist() == [expected]
