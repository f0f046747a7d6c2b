"""The content security policy of the desk's pages: nothing inline, nothing from elsewhere."""


def policy(pictures_from: str = "") -> str:
    """The policy's header. `pictures_from`: one more origin that pictures may come from (the tiles of an operator's own server)."""
    pictures = f"'self' data: {pictures_from}".rstrip()
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {pictures}; connect-src 'self'; frame-src 'self'; "
        "form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
    )
