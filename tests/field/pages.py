"""A letter with a link, a folder as the office leaves it, and a visitor of the page: what the tests of the phone page share."""

import asyncio
import io
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from starlette.applications import Starlette

from include.field.bundles import Bundle, BundleAlarm, Suspect, UnitContact, UnitTold
from include.field.folders import FieldFolder
from include.field.links import bundle_name, link_word, word_hash
from include.field.reports import Report, report_of
from include.field.sealing import own_key, read_sealed, seal, write_whole
from include.field.site import create_site

NOW = datetime(2020, 3, 13, 2, 0, tzinfo=UTC)  # 10:00 in Beijing
RELEASED_AT = datetime(2020, 3, 13, 0, 30, tzinfo=UTC)
LINK_KEY = b"k" * 32
LETTER_KEY, UNIT = "notice_140300_day_2020-03-12_2020-03-13_1", "140300"
WORD = link_word(LINK_KEY, LETTER_KEY, UNIT, date(2020, 3, 27))


def alarm(number: int = 1, **changes: Any) -> BundleAlarm:
    values: dict[str, Any] = {
        "alarm_id": f"A{number}",
        "grid_id": f"T{number}",
        "county": "郊区",
        "point_name": f"点位{number}",
        "lon": 113.5,
        "lat": 37.9,
        "started_at": datetime(2020, 3, 12, 0, 0, tzinfo=UTC),
        "alarm_count": 2,
        "peak_pm25_ug_m3": 151.0,
        "deadline_at": datetime(2020, 3, 13, 4, 0, tzinfo=UTC),
    }
    return BundleAlarm(**{**values, **changes})


def bundle(word: str = WORD, **changes: Any) -> Bundle:
    values: dict[str, Any] = {
        "letter_key": LETTER_KEY,
        "unit_code": UNIT,
        "unit_name": "阳泉市",
        "title": "提示函",
        "issuer": "生态环境部",
        "phone": "010-12345678",
        "number": "环督提〔2020〕1号",
        "released_at": RELEASED_AT,
        "expires_at": RELEASED_AT + timedelta(days=14),
        "link_hash": word_hash(word),
        "zone": "Asia/Shanghai",
        "language": "zh",
        "is_simulated": True,
        "steps": ("arrived", "found", "clear", "disputed"),
        "categories": ("工业企业", "扬尘", "其他"),
        "longest_promise_days": 15,
        "position_days": 90,
        "alarms": (
            alarm(1, suspects=(Suspect(candidate_id="E1", name="甲厂", level="高", reason="上风向1.2km"),)),
            alarm(2),
        ),
    }
    return Bundle(**{**values, **changes})


class Visitor:
    """A browser: its own cookies, and an address of its own."""

    def __init__(self, site: Starlette, address: str = "203.0.113.7") -> None:
        self._site, self._address, self.cookies = site, address, httpx.Cookies()

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._site, client=(self._address, 40000))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://pad.test", cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, **options)
                self.cookies = client.cookies
                return answer

        return asyncio.run(asked())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(
        self, path: str, form: dict[str, str], uploads: list[tuple[str, Any]] | None = None, **options: Any
    ) -> httpx.Response:
        """Posts a form as a browser does without scripts."""
        parts = [(name, (None, value)) for name, value in form.items()] + (uploads or [])
        return self.ask("POST", path, files=parts, **options)

    def send(self, form: dict[str, str], *, number: int = 1, word: str = "", **more: Any) -> httpx.Response:
        """An answer about an alarm of the letter."""
        return self.post(f"/f/{word or WORD}/{number}", form, **more)


@dataclass
class Place:
    """A folder with one letter, and a page over it with a clock that stands still."""

    folder: FieldFolder
    key: bytes
    now: datetime = NOW
    site: Starlette = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """The page, started anew."""
        self.site = create_site(self.folder, self.key, lambda: self.now, is_secure=False)

    def put(self, told: Bundle) -> None:
        path = self.folder.bundle(bundle_name(told.letter_key, told.unit_code))
        write_whole(path, seal(self.key, "bundle", told.model_dump(mode="json")))

    def put_unit(self, *labels: str) -> None:
        contacts = tuple(UnitContact(contact=f"c{n}", label=label) for n, label in enumerate(labels))
        told = UnitTold(unit_code=UNIT, contacts=contacts)
        write_whole(self.folder.unit(UNIT), seal(self.key, "unit", told.model_dump(mode="json")))

    def visitor(self, address: str = "203.0.113.7") -> Visitor:
        return Visitor(self.site, address)

    def reports(self) -> list[Report]:
        found = [
            report_of(read_sealed(self.key, "report", path), path.name)
            for path in sorted(self.folder.spool.glob("*.json"))
        ]
        return sorted(found, key=lambda one: (one.received_at, one.report_id))


def place(root: Path) -> Place:
    folder = FieldFolder(root / "field")
    folder.make()
    made = Place(folder, own_key(folder.key))
    made.put(bundle())
    made.put_unit("张三（z***@yq.example）")
    return made


CLEAR = {"step": "clear", "inspector": "李四", "unit": "阳泉市生态环境局", "nonce": "n1"}
FOUND = {
    "step": "found",
    "inspector": "李四",
    "unit": "阳泉市生态环境局",
    "category": "扬尘",
    "description": "料堆未覆盖",
    "rectification": "rectifying",
    "rectify_by": "2020-03-20",
    "nonce": "n2",
}


def photo(
    side: tuple[int, int] = (400, 300), colour: str = "red", form: str = "JPEG", **options: Any
) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", side, colour).save(stream, form, **options)
    return stream.getvalue()


def upload(
    content: bytes, name: str = "a.jpg", kind: str = "image/jpeg"
) -> tuple[str, tuple[str, bytes, str]]:
    return ("photos", (name, content, kind))
