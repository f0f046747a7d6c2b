"""What the rehearsal of an upgrade takes for the same letter."""

from tests.scale.upgrade import words_of

_PAGE = '<html><head><style>p {color: red}</style></head><body><p>晋城市 <b>3</b> 条</p><a href="https://a.example/">看</a></body></html>'


def test_style_may_change_and_no_word_or_link() -> None:
    words = ["晋城市", "3", "条", "href: https://a.example/", "看"]
    assert words_of(_PAGE) == words
    assert words_of(_PAGE.replace("red", "blue").replace("<p>", '<p style="margin:0">')) == words
    assert words_of(_PAGE.replace("3", "4")) != words
    assert words_of(_PAGE.replace("a.example", "b.example")) != words
