"""What the tests of the explorer share: the page opened, and scripts that run in it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from report.explorer.build import NO_TOUR

TELEPHONE = (390, 844, "dark")  # width and height in pixels, and the colour scheme
SCREEN = (1280, 900, "light")

PASTE = """text => {
  document.getElementById("text").value = text;
  document.getElementById("text").dispatchEvent(new Event("input", { bubbles: true }));
}"""
# The longest time in milliseconds between two of the next 90 frames.
WORST = """async () => {
  let worst = 0, last = performance.now();
  for (let k = 0; k < 90; k++) {
    await new Promise(requestAnimationFrame);
    worst = Math.max(worst, performance.now() - last);
    last = performance.now();
  }
  return worst;
}"""


@contextlib.contextmanager
def opened(path: Path, browser: Browser, size: tuple[int, int, str]) -> Iterator[Page]:
    """The explorer without its tour, once it has explained a letter of its example.

    At the end it has asked for nothing, said nothing on the console, and fits into the window.
    """
    width, height, scheme = size
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    wrong = []
    page.on("request", lambda r: r.url.startswith(("file:", "blob:")) or wrong.append(r.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.add_init_script(NO_TOUR)
    page.goto(path.as_uri())
    expect(page.locator("#focus")).to_contain_text("probability")
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
    assert not wrong
