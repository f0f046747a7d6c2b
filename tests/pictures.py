"""The pictures of the README: a day of the demo region is played, its desk looked at in a browser, a letter of it set as a picture.

python -m tests.pictures [FOLDER]        (docs/pictures; needs a Chromium)
"""

import io
import sys
import tempfile
from datetime import datetime, time
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import sync_playwright
from sqlalchemy import select

from include.house import House, default_registry, open_house
from include.office.letter_acts import render
from include.periods import office_zone
from include.rules import SEASON_END, SEASON_START
from include.simulator.region import write_region
from include.store.engine import reading
from include.store.tables import letter
from tests.bench.daily import DAY, play
from tests.desk.facts import Browser
from tests.desk.test_in_a_browser import served
from tests.gallery.book import page_images
from tests.plugins.browser import BROWSER
from tests.post.mailbox_process import mailbox_process

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SIZE: Final = (1280, 860)  # of the browser's window
WIDTH: Final = 1000  # pixels of the pictures
NOW: Final = datetime.combine(DAY, time(9, 0), office_zone()).replace(day=DAY.day + 1)


def desk_picture(house: House) -> bytes:
    """The first page of the desk on the morning after the day, as PNG."""
    with served(Browser(house, now=NOW)) as address, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        width, height = SIZE
        context = browser.new_context(
            locale="zh-CN", viewport={"width": width, "height": height}, extra_http_headers={"user": "duty"}
        )
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{address}/desk/")
        page.wait_for_load_state("networkidle")
        picture = page.screenshot()
        browser.close()
    return bytes(picture)


def letter_pictures(house: House) -> list[bytes]:
    """The pages of the first released 提示函, as PNG."""
    own = letter.c
    query = (
        select(own.kind, own.figures_json, own.number, own.issued_on)
        .where(own.kind == "notice", own.number.is_not(None))
        .order_by(own.letter_id)
    )
    with reading(house.engine) as connection:
        row = connection.execute(query).first()
    assert row is not None, "no letter was released"
    document = render(house, *row).file("docx")
    assert document is not None
    return page_images(document.content)


def beside(pages: list[bytes], gap: int = 12) -> Image.Image:
    """Two pages next to each other on grey."""
    images = [Image.open(io.BytesIO(page)).convert("RGB") for page in pages[:2]]
    width = sum(one.width for one in images) + gap * (len(images) + 1)
    whole = Image.new("RGB", (width, max(one.height for one in images) + 2 * gap), "#d8dce0")
    at = gap
    for one in images:
        whole.paste(one, (at, gap))
        at += one.width + gap
    return whole


def keep(image: Image.Image, path: Path) -> None:
    """Writes a picture as WebP of `WIDTH` pixels."""
    height = round(image.height * WIDTH / image.width)
    image.resize((WIDTH, height), Image.Resampling.LANCZOS).save(path, quality=82, method=6)
    print(f"{path}: {path.stat().st_size / 1024:.0f} KiB")


def main(arguments: list[str]) -> int:
    """Writes desk.webp and letter.webp."""
    if BROWSER is None:
        print("no chromium on the path: apt-get install chromium", file=sys.stderr)
        return 2
    target = Path(arguments[0]) if arguments else FOLDER
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_region(SEASON_START, SEASON_END, folder / "demo_region")
        with mailbox_process(folder / "mailbox") as port:
            play(folder, port, False)
        house = open_house(default_registry(), folder)
        keep(Image.open(io.BytesIO(desk_picture(house))).convert("RGB"), target / "desk.webp")
        keep(beside(letter_pictures(house)), target / "letter.webp")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
