"""The HTML pages, opened from a disk: on a telephone and on a screen, in light and in dark."""

from pathlib import Path

import pytest
from conftest import violations
from playwright.sync_api import Browser

FOLDER = Path(__file__).resolve().parents[2] / "build" / "smoke" / "pages"
PAGES = sorted(FOLDER.glob("*.html"))
SIZES = [(320, 640), (390, 844), (1280, 900)]  # narrow, a telephone, a screen


def test_there_are_pages():
    assert PAGES, "There are no pages yet: run make pages PROFILE=smoke first."


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_is_accessible_and_needs_nothing_else(
    browser: Browser, pictures: Path, path: Path, scheme
):
    wrong = []
    page = browser.new_page(color_scheme=scheme)

    def note_request(request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            wrong.append(f"asks for {request.url}")

    def note_message(message):
        if message.type == "error":
            wrong.append(message.text)

    page.on("request", note_request)
    page.on("requestfailed", lambda request: wrong.append(f"does not get {request.url}"))
    page.on("console", note_message)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(path.as_uri(), wait_until="load")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            wrong.append(f"is {needed} pixels wide on a screen of {width}")
    tall = page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(tall, 16_000)}  # what Chromium can draw
    page.screenshot(path=pictures / f"{path.stem}-{scheme}.png", full_page=True, clip=clip)
    wrong += violations(page)
    page.close()
    assert not wrong
