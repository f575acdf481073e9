"""What the tests in Chromium share."""

import shutil
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]
TELEPHONE = (390, 844, "dark")  # width and height in pixels, and the colour scheme
SCREEN = (1280, 900, "light")


def find_chromium() -> str | None:
    """The path of this machine's Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def violations(page: Page) -> list[str]:
    """What axe-core has to say against a page, such as a contrast below WCAG's AA."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['target']}" for each in found for node in each["nodes"]]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
