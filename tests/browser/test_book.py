"""The book of build/smoke in Chromium, opened as files: on a screen and on a telephone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import ROOT, SCREEN, TELEPHONE
from playwright.sync_api import Browser, Page, expect

from report.book import write_book

# Formulas, figures, tables; exercises and texts; and the pages that are no chapters.
PAGES = ["02-lstm-equations", "04-generation", "glossary", "index"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("book") / "book"
    write_book(ROOT / "build" / "smoke", folder, [ROOT / "report" / "explorer.html"])
    return folder


@pytest.fixture(params=[TELEPHONE, SCREEN], ids=["telephone", "screen"])
def page(request, browser: Browser) -> Iterator[Page]:
    """A page that asks nothing of the network, and says nothing on the console."""
    width, height, scheme = request.param
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    wrong = []
    page.on("request", lambda r: r.url.startswith("file:") or wrong.append(r.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    page.close()
    assert not wrong


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits(folder: Path, pictures: Path, page: Page, name: str):
    page.goto((folder / f"{name}.html").as_uri())
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=pictures / f"book-{name}-{width}.png")
    # "preload" would fetch the style sheet, which a browser refuses for files.
    found = Axe().run(page, options={"preload": False}).response["violations"]
    assert not [(each["id"], node["target"]) for each in found for node in each["nodes"]]


def test_code_is_copied_and_a_solution_unfolds(folder: Path, page: Page):
    page.goto((folder / "04-generation.html").as_uri())
    solution = page.locator(".solution", has_text="def with_temperature")
    expect(solution.locator("pre").first).to_be_hidden()
    solution.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(solution).to_contain_text("[PASS] with_temperature")
    solution.locator("pre").first.hover()
    solution.get_by_role("button", name="Copy").click()
    expect(solution.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("def with_temperature(logits, tau):\n    ")
    assert copied.endswith("check(with_temperature)")


def test_the_search_finds_a_term_and_leads_there(folder: Path, page: Page):
    page.goto((folder / "index.html").as_uri())
    box = page.get_by_role("searchbox")
    box.fill("forget gate")
    expect(page.get_by_role("status")).to_contain_text("found")
    link = page.locator("search a").first
    expect(link).to_contain_text("forget gate")
    box.press("Enter")
    page.wait_for_url("**/glossary.html#forget-gate")
    expect(page.locator("[id=forget-gate]")).to_be_in_viewport()
    box.fill("xyzzy")
    expect(page.get_by_role("status")).to_have_text("Nothing found")
    box.press("Escape")
    expect(page.get_by_role("status")).to_be_hidden()


def test_the_keyboard_skips_to_the_text_and_a_link_to_a_section_arrives(folder: Path, page: Page):
    page.goto((folder / "03-training.html").as_uri())
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#text$"))
    page.goto((folder / "01-preprocessing.html").as_uri() + "#Cross-entropy,-bits-and-perplexity")
    heading = page.get_by_role("heading", name="Cross-entropy, bits and perplexity")
    expect(heading).to_be_in_viewport()
    top = page.locator("header").bounding_box()["height"]
    assert heading.bounding_box()["y"] >= top  # not under the header
