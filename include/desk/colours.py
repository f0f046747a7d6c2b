"""Classes of figures that pages colour: each has words, and the styles of the page a colour in light and in dark."""

from typing import Final

from include.supervision.figures import Share

# The least share of each class, the name of its style, its words: the classes of the letters' own map.
RATES: Final = (
    (1.0, "rate-5", "100%"),
    (0.9, "rate-4", "90%～不足100%"),
    (0.8, "rate-3", "80%～不足90%"),
    (0.6, "rate-2", "60%～不足80%"),
    (0.0, "rate-1", "不足60%"),
)
NO_ALARMS: Final = "rate-none"


def rate_class(share: Share) -> str:
    """The style of a rate; a zero denominator has one of its own."""
    if share.value is None:
        return NO_ALARMS
    return next(style for least, style, _ in RATES if share.value >= least)


def heat_class(count: int, most: int) -> str:
    """The style of a count beside the largest: heat-0 for none, then heat-1 to heat-5."""
    return "heat-0" if count == 0 or most == 0 else f"heat-{min(5, 1 + 5 * (count - 1) // most)}"
