"""The explorer, opened from a disk: write, read, look inside; by mouse, keyboard and address."""

import re
from pathlib import Path

from conftest import violations
from playwright.sync_api import Browser, Page, expect

from report.explorer.build import page_config, published


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_an_example_is_there_and_explained(page_of_each_size: Page, pictures: Path):
    page = page_of_each_size
    assert len(page.locator("#text").input_value()) > 300
    expect(page.locator("#focus")).to_contain_text("was copied from")
    expect(page.locator("#gates")).to_contain_text("forget gate")
    expect(page.locator("#paper .focus")).to_have_text("D")
    arcs = page.locator("#arcs path[marker-end]")
    expect(arcs).not_to_have_count(0)
    expect(page.get_by_role("button", name="Take back")).to_be_disabled()
    assert not violations(page)
    width = page.viewport_size["width"]
    page.screenshot(path=pictures / f"explorer-{width}.png", full_page=True)
    press(page, "What comes next?")
    expect(page.locator("#next button").first).to_contain_text("%")
    page.locator("#text").fill("Nothing here")
    expect(arcs).to_have_count(0)


def test_it_opens_without_a_dialog_and_reads_its_example_letter_by_letter(
    explorer: Path, browser: Browser
):
    page = browser.new_page(reduced_motion="no-preference")
    page.goto(explorer.as_uri())
    expect(page.get_by_role("dialog")).to_be_hidden()
    unread = page.locator("#paper .unread")
    expect(unread.first).to_be_visible()
    expect(page.locator("#focus")).to_contain_text("probability")
    page.keyboard.press("Escape")
    expect(unread).to_have_count(0)
    expect(page.locator("#status")).to_be_empty()
    page.close()


def test_it_writes_stops_and_repeats_a_seed(page: Page):
    texts = []
    for speed in ("full speed", "10 a second"):
        page.locator("#text").fill("\n\nROMEO:\n")
        page.get_by_label("speed").select_option(speed)
        press(page, "Write")
        expect(page.locator("#text")).to_have_value(re.compile(r"[\s\S]{31,}"))
        page.keyboard.press("Escape")
        expect(page.locator("#status")).to_have_text(re.compile("^[0-9,]+ characters written.$"))
        texts.append(page.locator("#text").input_value())
    assert texts[0][:30] == texts[1][:30]


def test_typing_does_not_stop_it(page: Page):
    text = page.locator("#text")
    text.fill("ROMEO:\n")
    press(page, "Write")
    expect(text).to_have_value(re.compile(r"^[\s\S]{15,}$"))
    text.evaluate("(field) => { field.focus(); field.setSelectionRange(9, 9); }")
    page.keyboard.type("my own words, ", delay=40)  # so slowly that it writes meanwhile
    length = len(text.input_value()) + 10
    expect(text).to_have_value(re.compile(rf"^[\s\S]{{{length},}}$"))


def test_it_writes_letter_by_letter_and_everything_follows(page: Page):
    text = page.locator("#text")
    text.fill("ROMEO:\n")
    page.get_by_label("speed").select_option("letter by letter")
    button = page.get_by_role("button", name="Write a letter")
    button.focus()
    for length in (8, 9, 10):
        page.keyboard.press("Enter")
        expect(text).to_have_value(re.compile(rf"^[\s\S]{{{length}}}$"))
        last = text.input_value()[-1]
        expect(page.locator("#paper .focus")).to_have_text(last)
        expect(page.locator("#focus .true samp")).to_have_text(last.replace(" ", "␣"))
    expect(page.locator("#paper .written")).to_have_count(3)
    for length in (9, 8, 7):  # one press at a time
        press(page, "Take back")
        expect(text).to_have_value(re.compile(rf"^ROMEO:\n[\s\S]{{{length - 7}}}$"))
    expect(page.locator("#paper .written")).to_have_count(0)
    expect(page.get_by_role("button", name="Take back")).to_be_disabled()


def test_something_to_try_is_written_and_a_name_is_copied(page: Page):
    page.locator("#text").fill("JULIET:\n")
    press(page, "write on at temperature 0.2")
    expect(page.get_by_role("slider", name="temperature")).to_have_value("0.2")
    expect(page.locator("#text")).to_have_value(re.compile(r"^JULIET:\n[\s\S]{5,}"))
    press(page, "ROMEO:")
    expect(page.locator("#text")).to_have_value(re.compile(r"^ROMEO:\n[\s\S]{5,}"))
    page.get_by_label("your name", exact=True).fill("Zorvina")
    press(page, "your name, twice")
    expect(page.locator("#text")).to_have_value(re.compile(r"^ZORVINA:[\s\S]*ZORVINA:\n$"))
    expect(page.locator("#focus")).to_contain_text("was copied from")
    expect(page.locator("#arcs path[marker-end]")).not_to_have_count(0)


def test_a_cell_is_chosen_in_the_wall(page: Page):
    wall = page.get_by_role("slider", name="Chosen memory cell")
    expect(wall).to_have_attribute("aria-valuetext", "cell 117 (layer 1)")
    wall.focus()
    page.keyboard.press("ArrowRight")
    expect(wall).to_have_attribute("aria-valuenow", "118")
    assert page.locator("[value=cell]").first.is_checked()
    wall.click(position={"x": 4, "y": 24})
    expect(wall).to_have_attribute("aria-valuenow", "0")

    order = page.get_by_label(re.compile("^Order its 496 cells by"))
    order.select_option("inside a speaker heading")
    expect(page.locator("#about-cell")).to_have_text(
        re.compile("^Cell 261 .* follows “inside a speaker heading”")
    )
    page.keyboard.press("Home")
    order.select_option("the words you select in the text")
    expect(page.locator("#about-cell")).to_contain_text("Select some words")
    page.locator("#text").focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+End")
    expect(page.locator("#about-cell")).to_contain_text(
        re.compile("always (higher|lower) in your selection than elsewhere")
    )


def test_what_the_page_changes_can_be_taken_back(page: Page):
    text = page.locator("#text")
    own = "A line of my own.\n"
    text.fill(own)
    press(page, "Write")
    expect(text).to_have_value(re.compile(rf"^[\s\S]{{{len(own) + 9},}}$"))
    press(page, "Stop")
    expect(page.locator("#status")).to_contain_text("written")
    text.press("Control+z")
    expect(text).to_have_value(own)

    page.get_by_role("link", name="Back to the example").click()
    expect(text).not_to_have_value(own)
    press(page, "Take back")
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
    expect(page.locator("#focus")).to_contain_text("copied")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#predicted-title")).to_have_text("Predicting the next character")
    first = page.locator("#next button").first
    expect(first).to_contain_text("E")
    first.focus()
    page.keyboard.press("Enter")
    expect(text).to_have_value("ROMEO:\nAh me.\n\nROME")
    page.locator("summary", has_text="More settings").focus()
    page.keyboard.press("Enter")
    for name in ("temperature", "min-p", "top-p"):
        expect(page.get_by_role("slider", name=name)).to_be_visible()
    expect(page.get_by_role("spinbutton", name="seed")).to_be_visible()


def test_the_address_keeps_a_view_and_wrong_values_change_nothing(page: Page, browser: Browser):
    page.locator("#text").fill("A view & <more>")
    page.get_by_role("slider", name="temperature").fill("0.5")
    page.get_by_label(re.compile("^Order its")).select_option("inside a word")
    expect(page.locator("#wall")).to_have_attribute("aria-valuenow", "89")
    page.locator("#wall").focus()
    page.keyboard.press("End")
    cell = page.locator("#wall").get_attribute("aria-valuenow")
    page.get_by_label("this cell").check()
    press(page, "Copy the address")
    expect(page.locator("#shared")).to_have_text("Copied.")
    expect(page).to_have_url(re.compile(f"temperature=0.5.*cell={cell}&.*off=cell"))

    other = browser.new_page()
    other.goto(page.url)
    expect(other.locator("#text")).to_have_value("A view & <more>")
    expect(other.get_by_role("slider", name="temperature")).to_have_value("0.5")
    expect(other.get_by_label(re.compile("^Order its"))).to_have_value("inside a word")
    expect(other.locator("#broken")).to_contain_text(f"Without cell {cell} ")
    other.close()

    other = browser.new_page()
    other.goto(
        re.sub("#.*", "#temperature=99&cell=1e9&at=1.5&colour=x&order=x&off=x&text=Ah", page.url)
    )
    expect(other.locator("#focus")).to_contain_text("h had a probability")
    initial = page_config(published())["initial"]
    expect(other.get_by_role("slider", name="temperature")).to_have_value(
        f"{initial['temperature']:g}"
    )
    expect(other.locator("#wall")).to_have_attribute("aria-valuenow", str(initial["cell"]))
    other.close()


def test_cells_that_are_switched_off_change_what_is_read_and_written(page: Page):
    said = page.locator("#broken")
    page.get_by_label("this cell").check()
    expect(said).to_have_text(re.compile(r"^Without cell 117 \(layer 1\), this text is "))
    expect(page.locator("#focus")).to_contain_text("Without cell 117 ")
    expect(page.locator("#gates")).to_contain_text("h = o · tanh(c) = 0.00")
    assert page.locator("[value=broken]").is_checked()
    assert not violations(page)
    page.get_by_label("a quarter of its layer").check()
    expect(said).to_have_text(re.compile("^Without these 62 cells .* harder to predict"))

    page.locator("#text").fill("ROMEO:\n")
    page.get_by_label("speed").select_option("full speed")
    press(page, "Write")
    expect(page.locator("#text")).to_have_value(re.compile(r"[\s\S]{61,}"))
    page.keyboard.press("Escape")
    expect(said).to_have_text(
        re.compile(r"it would have chosen another letter \d+ times in \d+ characters")
    )
    press(page, "Take back")
    expect(said).not_to_contain_text("chosen another letter")
    page.get_by_label("nothing").check()
    expect(said).to_be_empty()
    expect(page.locator("[value=broken]")).to_be_disabled()


def test_the_tour_shows_each_part_and_covers_none_of_it(page_of_each_size: Page):
    page = page_of_each_size
    own = "A line of my own.\n"
    page.locator("#text").fill(own)
    press(page, "Take the tour")
    tour = page.get_by_role("dialog")
    broken = page.locator("[value=broken]")
    for number in range(1, 8):
        expect(tour).to_contain_text(f"{number} of 7")
        if number == 1:
            assert not violations(page)
        expect(page.locator("#paper .focus")).to_have_text("D")  # the text is the example
        expect(broken).to_be_checked(checked=number == 5)  # some cells are switched off
        card = tour.bounding_box()
        for lit in page.locator(".lit").all():
            box = lit.bounding_box()
            is_beside = (
                card["x"] >= box["x"] + box["width"] or card["x"] + card["width"] <= box["x"]
            )
            is_above = card["y"] + card["height"] <= box["y"]
            assert is_beside or is_above or card["y"] >= box["y"] + box["height"]
        if number == 4:  # the gates are below the text, which stays in sight on a telephone
            text = page.locator("#desk").bounding_box()
            gates = page.locator("#gates").bounding_box()
            isnt_beside = text["x"] + text["width"] > gates["x"]
            assert gates["y"] >= isnt_beside * (text["y"] + text["height"])
        page.keyboard.press("Enter")
    expect(tour).to_be_hidden()
    expect(page.locator("#text")).to_have_value(own)
    expect(page.locator("[name=off][value='']")).to_be_checked()
    press(page, "Take the tour")
    page.keyboard.press("Escape")
    expect(tour).to_be_hidden()
