"""How far an hour is believed: the filter's probability, a second station, the scatter of the network."""

import numpy as np
import pytest

from include.watch.rows import confidence
from include.watch.rules import ConfidenceRules


@pytest.mark.parametrize(
    ("probability", "hits", "low_share", "expected"),
    [
        (0.5, 1, 0.02, 0.468),  # the constant alone
        (0.9, 1, 0.02, 0.734),
        (0.9, 3, 0.02, 0.926),  # a second station; a third adds nothing
        (0.9, 1, 0.08, 0.337),  # a network that stands low four times as often is believed less
        (0.9, 1, 0.005, 0.937),
        (0.0, 0, 0.02, 0.343),  # the logit is bounded
        (1.0, 2, 0.005, 0.98),  # and so is what is said
    ],
)
def test_what_an_hour_is_believed(probability: float, hits: int, low_share: float, expected: float) -> None:
    told = confidence(np.array([probability]), np.array([hits]), low_share, ConfidenceRules())
    assert told.round(3).tolist() == [expected]
