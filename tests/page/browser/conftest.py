"""The page in a browser: on a screen and on a telephone."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import SCREEN, TELEPHONE
from playwright.sync_api import Browser, Page, expect

from report.page.__main__ import build


def config_of(html: Path) -> dict[str, Any]:
    """The config of a page's network, with what the page shows at first."""
    [config] = re.findall(r'id="config">(.*?)</script>', html.read_text(encoding="utf-8"))
    return json.loads(config)


@pytest.fixture(scope="session")
def explorer(tmp_path_factory) -> Path:
    """The path of the page with the network that is shipped."""
    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    build("small", "tiny-shakespeare", path)
    return path


@contextlib.contextmanager
def opened(path: Path, browser: Browser, size: tuple[int, int, str]) -> Iterator[Page]:
    """The explorer without motion, once it has explained a letter of its example.

    At the end it has asked for nothing, said nothing on the console, and fits into the window.
    """
    width, height, scheme = size
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,  # the page forbids the code by which Playwright waits
    )
    wrong = []
    page.on("request", lambda r: r.url.startswith(("file:", "blob:")) or wrong.append(r.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(path.as_uri())
    expect(page.locator("#predicted")).to_contain_text("probability")
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
    assert not wrong


@pytest.fixture
def page(explorer: Path, browser: Browser) -> Iterator[Page]:
    """The explorer on a screen, and what is inside its network."""
    with opened(explorer, browser, SCREEN) as page:
        page.locator("#look-inside > summary").click()
        yield page


@pytest.fixture(params=[TELEPHONE, SCREEN], ids=["telephone", "screen"])
def page_of_each_size(request, explorer: Path, browser: Browser) -> Iterator[Page]:
    """The explorer on a telephone in dark colours, and on a screen in light ones."""
    with opened(explorer, browser, request.param) as page:
        yield page
