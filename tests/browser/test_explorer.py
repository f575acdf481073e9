"""The explorer, opened from a disk: write, read, look inside; by mouse, keyboard and address."""

import re
from pathlib import Path

from conftest import violations
from playwright.sync_api import Browser, Page, expect

from report.explorer.build import page_config, published


def test_an_example_is_there_and_explained(page_of_each_size: Page, pictures: Path):
    page = page_of_each_size
    assert len(page.locator("#text").input_value()) > 300
    expect(page.locator("#next button:enabled").first).to_contain_text("%")
    expect(page.locator("#gates")).to_contain_text("forget gate")
    expect(page.locator("#paper .focus")).to_have_text("D")
    arcs = page.locator("#arcs path[marker-end]")
    expect(arcs).not_to_have_count(0)
    assert not violations(page)
    width = page.viewport_size["width"]
    page.screenshot(path=pictures / f"explorer-{width}.png", full_page=True)
    page.locator("#text").fill("Nothing here")
    expect(arcs).to_have_count(0)


def test_it_writes_stops_and_repeats_a_seed(page: Page):
    texts = []
    for _ in range(2):
        page.locator("#text").fill("\n\nROMEO:\n")
        page.get_by_role("button", name="Generate").click()
        expect(page.locator("#text")).to_have_value(re.compile(r"[\s\S]{61,}"))
        page.keyboard.press("Escape")
        expect(page.locator("#status")).to_have_text(re.compile("^[0-9,]+ characters written.$"))
        texts.append(page.locator("#text").input_value())
    assert texts[0][:60] == texts[1][:60]


def test_what_the_page_changes_can_be_taken_back(page: Page):
    text = page.locator("#text")
    own = "A line of my own.\n"
    text.fill(own)
    page.get_by_role("button", name="Generate").click()
    expect(text).to_have_value(re.compile(rf"^[\s\S]{{{len(own) + 20},}}$"))
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#status")).to_contain_text("written")
    text.press("Control+z")
    expect(text).to_have_value(own)

    page.get_by_role("link", name="Back to the example").click()
    expect(text).not_to_have_value(own)
    page.get_by_role("button", name="Take back").click()
    expect(text).to_have_value(own)


def test_text_is_shown_as_text_and_unknown_characters_are_marked(page: Page):
    page.locator("#text").fill("<img src=x onerror=alert(1)> “O” 😀")
    expect(page.locator("#paper .unknown").last).to_have_text("😀")
    assert page.locator("#paper img").count() == 0
    assert page.locator("#paper").text_content() == "<img src=x onerror=alert(1)> “O” 😀"


def test_the_keyboard_alone_reaches_everything(page: Page):
    text = page.locator("#text")
    text.fill("ROMEO:\nAh me.\n\nROM")
    text.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#focus")).to_contain_text("copying")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+End")
    button = page.locator("#reacting button").first
    expect(button).to_contain_text("layer")
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator("[value=cell]").is_checked()
    for name in ("temperature", "min-p", "top-p", "seed"):
        expect(page.get_by_label(name, exact=True)).to_be_visible()


def test_the_address_keeps_a_view_and_wrong_values_change_nothing(page: Page, browser: Browser):
    page.locator("#text").fill("A view & <more>")
    page.get_by_label("temperature").fill("0.5")
    page.locator("#cell").fill("5")
    expect(page).to_have_url(re.compile("temperature=0.5.*cell=5&"))

    other = browser.new_page()
    other.goto(page.url)
    expect(other.locator("#text")).to_have_value("A view & <more>")
    expect(other.get_by_label("temperature")).to_have_value("0.5")
    other.close()

    other = browser.new_page()
    other.goto(re.sub("#.*", "#temperature=99&cell=1e9&at=1.5&colour=x&text=Ah", page.url))
    expect(other.locator("#focus")).to_contain_text("h had a probability")
    initial = page_config(published())["initial"]
    expect(other.get_by_label("temperature")).to_have_value(f"{initial['temperature']:g}")
    expect(other.locator("#cell")).to_have_value(str(initial["cell"]))
    other.close()


def test_a_broken_cell_colours_what_it_changes_and_says_how_much(page: Page):
    said = page.locator("#broken")
    switch = page.get_by_role("switch", name=re.compile("Break it"))
    switch.check()
    expect(said).to_have_text(re.compile(r"^Without cell \d+ .* is \d\.\d+ bits (higher|lower) "))
    expect(page.locator("#focus")).to_contain_text("Without cell ")
    assert not violations(page)
    page.locator("#text").fill("ROMEO:\nAh me!")
    expect(said).to_contain_text("(12 characters)")  # nothing predicts the first
    switch.uncheck()
    expect(said).to_be_empty()


def test_the_tour_opens_by_itself_once_and_whenever_it_is_asked_for(
    explorer: Path, browser: Browser
):
    context = browser.new_context()
    page = context.new_page()
    page.goto(explorer.as_uri())
    tour = page.get_by_role("dialog")
    for number in range(1, 8):
        expect(tour).to_contain_text(f"{number} of 7")
        if number == 1:
            assert not violations(page)
        page.keyboard.press("Enter")
    expect(tour).to_be_hidden()

    again = context.new_page()
    again.goto(explorer.as_uri())
    expect(again.locator("#focus")).to_contain_text("probability")
    expect(again.get_by_role("dialog")).to_be_hidden()
    again.get_by_role("button", name="Take the tour").click()
    expect(again.get_by_role("dialog", name="Surprise")).to_be_visible()
    again.keyboard.press("Escape")
    expect(again.get_by_role("dialog")).to_be_hidden()
    context.close()
