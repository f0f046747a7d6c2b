"""What the demo plays of the phone page: an inspector opens the link in a letter's mail, reports with a photo, confirms the phone by the
code that is mailed to a contact, and the answer counts from the moment that the page received it."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Final

import httpx
from PIL import Image
from starlette.applications import Starlette

from include.errors import InputError
from include.field.sealing import read_key
from include.field.settings import FieldSettings
from include.field.site import create_site
from include.house import House
from include.language import say
from include.periods import Period, moment_label, office_zone
from include.post.local_server import ReceivedMail, received
from include.profile.current import office
from include.workflows import answer_round

# Where the demo's links lead: `python -m include field --folder var/demo/field` serves that, and says of links of 2020 that they ended.
DEMO_PAGE: Final = FieldSettings("http://127.0.0.1:8030")
PAGES: Final = Path(__file__).parent / "field" / "pages"
_LINK: Final = re.compile(re.escape(DEMO_PAGE.url) + r"(/f/[\w.~-]+)")
_CODE: Final = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b")
_CONTACT: Final = re.compile(r'name="contact" value="([^"]+)"')
_SEEN_AFTER: Final = timedelta(hours=5)
_STEP: Final = timedelta(minutes=5)
Tell = Callable[[str], None]


@dataclass
class Phone:
    """A browser on the page, with its cookies, whose clock is the demo's."""

    house: House
    now: datetime
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def __post_init__(self) -> None:
        folder = self.house.field_folder
        self._site: Starlette = create_site(folder, read_key(folder.key), lambda: self.now, is_secure=False)

    def get(self, path: str) -> str:
        """A page. Raises InputError where it is not shown."""
        return asyncio.run(self._asked("GET", path, {}, []))

    def post(self, path: str, form: dict[str, str], photos: list[bytes]) -> str:
        """Sends a form as a browser does, and shows the page that follows. Raises InputError where it is not taken."""
        return asyncio.run(self._asked("POST", path, form, photos))

    async def _asked(self, method: str, path: str, form: dict[str, str], photos: list[bytes]) -> str:
        parts: list[tuple[str, tuple[str | None, bytes, str]]] = [
            (name, (None, value.encode(), "text/plain")) for name, value in form.items()
        ]
        parts += [("photos", ("photo.jpg", content, "image/jpeg")) for content in photos]
        transport = httpx.ASGITransport(app=self._site, client=("127.0.0.1", 40000))
        async with httpx.AsyncClient(
            transport=transport, base_url=self.house.field.url, cookies=self.cookies, follow_redirects=True
        ) as client:
            answer = await client.request(method, path, files=parts or None)
            self.cookies = client.cookies
        if answer.status_code != 200:
            raise InputError("the phone page says no", where=path, got=answer.status_code)
        return answer.text


def play_phone(house: House, period: Period, tell: Tell) -> None:
    """Plays it with the last letter of the period's morning whose mail has a link; tells where the page lies that was seen."""
    link, letter = _last_link(house, period)
    if letter is None:
        return
    now = period.as_of + _SEEN_AFTER
    _round(house, now)  # the page is told of the morning's letters
    phone = Phone(house, now)
    clock = moment_label(now, year=True)
    tell(f"手机填报 field: the link in the mail to {letter.recipients[0]}, played clock {clock}")
    shown = house.var / "field_page"
    _keep(shown / "f" / "1" / "form.html", phone.get(f"{link}/1"))
    phone.post(f"{link}/1", _report(now), [_photo()])
    contact = _first(_CONTACT, phone.get(f"{link}/device"))
    phone.post(f"{link}/device", {"contact": contact}, [])
    tell(f"  sent    one alarm, a problem with a photo, from a phone that nobody knows: {_round(house, now)}")
    phone.now += _STEP
    code = _first(_CODE, _last_code(house))
    phone.post(f"{link}/device", {"code": code}, [])
    tell(f"  code    {code}, mailed to a contact of the unit and typed in: {_round(house, phone.now)}")
    _keep(shown / "f" / "list.html", phone.get(link))
    for name in ("field.css", "icon.svg"):
        shutil.copyfile(PAGES / name, shown / name)
    tell(f"  page    as the phone shows it: {shown / 'f' / 'list.html'} (and 1/form.html)")


def _last_link(house: House, period: Period) -> tuple[str, ReceivedMail | None]:
    """The link in the last of the morning's letters that has one, and that letter."""
    letters = received(house.mailbox) if house.mailbox else []
    links = {
        one.letter_key: (link[1], one)
        for one in letters
        if one.letter_key.startswith("notice_") and period.key in one.letter_key
        if (link := _LINK.search(_text(one)))
    }
    return links[max(links)] if links else ("", None)


def _round(house: House, now: datetime) -> str:
    """One round over the phone page; what became of the reports, in words."""
    (done,) = answer_round.field(house, now, "make demo").values()
    return ", ".join(f"{count} {what}" for what, count in done["reports"].items()) or "nothing"


def _report(now: datetime) -> dict[str, str]:
    """A problem that is being put right."""
    rectify_by = (now.astimezone(office_zone()) + timedelta(days=3)).date()
    return {
        "step": "found",
        "inspector": say("李某"),
        "unit": say("区县分局"),
        "category": office().categories[0],
        "description": say("工地裸土未苫盖"),
        "rectification": "rectifying",
        "rectify_by": rectify_by.isoformat(),
        "nonce": "demo",
    }


def _photo() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (1200, 900), "peru").save(stream, "JPEG")
    return stream.getvalue()


def _last_code(house: House) -> str:
    """The text of the last mail with a code."""
    mails = received(house.mailbox) if house.mailbox else []
    return _text([one for one in mails if one.letter_key.startswith("code_")][-1])


def _text(mail: ReceivedMail) -> str:
    """The plain text of a mail."""
    body = message_from_bytes(mail.content(), policy=default).get_body(("plain",))
    return str(body.get_content()) if body else ""


def _first(pattern: re.Pattern[str], text: str) -> str:
    """What the pattern's last group finds first. Raises InputError where it finds nothing."""
    if (found := pattern.search(text)) is None:
        raise InputError("the demo does not find what it looks for", got=text[:200], expected=pattern.pattern)
    return found[found.lastindex or 0]


def _keep(path: Path, page: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
