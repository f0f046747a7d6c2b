"""What routes may answer besides their page, for their OpenAPI."""

from typing import Any, Final

_WORDS: Final = {
    400: "unusable input",
    401: "no login",
    403: "no right",
    404: "not there",
    409: "not in a state that allows it",
    413: "too large",
}


def answers(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The answers of every route, and those of `codes`."""
    return {code: {"description": _WORDS[code]} for code in (400, 401, 403, *codes)}
