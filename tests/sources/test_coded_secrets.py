"""A secret that comes back in any usual escape is in no error: nothing of such a text is shown."""

import base64
import json
import subprocess
import sys

import pytest

SECRET = "Tk/9+x&Zq%7=wΩ~abc"
_RAW = SECRET.encode()
_B64 = base64.b64encode(_RAW).decode()
FORMS = {
    "json slash": json.dumps(SECRET).replace("/", "\\/"),
    "json one": SECRET.replace("+", "\\u002B"),
    "json all": "".join(f"\\u{ord(one):04X}" for one in SECRET),
    "json twice": json.dumps(json.dumps(SECRET).replace("/", "\\/")),
    "c hex": "".join(f"\\x{one:02x}" for one in SECRET.encode("latin-1", "ignore")) + " " + SECRET,
    "decimal": "".join(f"&#{ord(one)};" for one in SECRET),
    "zeros": "".join(f"&#000{ord(one)};" for one in SECRET),
    "hex entity": "".join(f"&#x{ord(one):x};" for one in SECRET),
    "named": SECRET.replace("&", "&amp;").replace("/", "&sol;").replace("+", "&plus;"),
    "percent all": "".join(f"%{one:02x}" for one in _RAW),
    "percent twice": "".join(f"%25{one:02X}" for one in _RAW),
    "hex colons": _RAW.hex(":"),
    "hex spaces": _RAW.hex(" ").upper(),
    "hex 0x": ", ".join(f"0x{one:02x}" for one in _RAW),
    "base32": base64.b32encode(_RAW).decode(),
    "base32 inside": base64.b32encode(b"user:" + _RAW + b"!").decode().lower(),
    "base64 twice": base64.b64encode(_B64.encode()).decode(),
    "base64 twice inside": base64.b64encode(base64.b64encode(b"u:" + _RAW + b".")).decode(),
    "base64 wrapped": "\n".join(_B64[at : at + 5] for at in range(0, len(_B64), 5)),
    "full width": "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in SECRET),
    "quoted-printable": "".join(f"={one:02X}" for one in _RAW),
    "percent of json": "".join(f"%{one:02x}" for one in "".join(f"\\u{ord(c):04x}" for c in SECRET).encode()),
}
_PROGRAM = (
    "import json, sys\nfrom include.errors import SourceError, keep_secret, redact\nsecret, forms = json.load(sys.stdin)\n"
    "keep_secret(secret)\n"
    "print(json.dumps({name: redact('said <' + form + '> 401') for name, form in forms.items()}))\n"
)


def redacted(forms: dict[str, str]) -> dict[str, str]:
    """Each form as shown by a process of its own: what one is told to keep secret it never forgets."""
    said = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        input=json.dumps([SECRET, forms]),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(said.stdout))


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    return redacted({**FORMS, "plain": SECRET, "innocent": "C:\\data&amp;%20 第3行 Base64 aGVsbG8gd29ybGQ="})


@pytest.mark.parametrize("form", sorted(FORMS))
def test_nothing_is_left_of_a_text_that_holds_it(shown, form):
    assert "***" in shown[form]
    assert FORMS[form] not in shown[form]


def test_other_texts_are_shown(shown):
    assert shown["plain"] == "said <***> 401"
    assert shown["innocent"] == "said <C:\\data&amp;%20 第3行 Base64 aGVsbG8gd29ybGQ=> 401"
