"""The explorer, opened from a disk: write, read, look inside; by mouse, keyboard and address."""

import re
from pathlib import Path

import pytest
from conftest import violations
from explorer import PASTE, SCREEN, TELEPHONE, WORST, opened
from playwright.sync_api import Browser, Page, expect

from report.explorer.build import page_config, published

ARC_ENDS = """() => {
  const arc = document.querySelector("#arcs path[marker-end]");
  const boxOf = (selector) => document.querySelector(`#paper ${selector}`)?.getBoundingClientRect();
  const [source, focus] = [boxOf(".source"), boxOf(".focus")];
  if (!arc || !source || !focus) return false;
  const toWindow = (point) => point.matrixTransform(arc.getScreenCTM());
  const isAt = ({ x, y }, box) => Math.abs(x - box.left) < 2 && y > box.top && y < box.bottom;
  const begin = toWindow(arc.getPointAtLength(0));
  const end = toWindow(arc.getPointAtLength(arc.getTotalLength()));
  return isAt(begin, source) && isAt(end, focus);
}"""


# Whether the tour's card is over the text while the text is lit.
HIDES_THE_TEXT = """() => {
  const desk = document.querySelector("#desk.lit")?.getBoundingClientRect();
  const card = document.getElementById("tour").getBoundingClientRect();
  if (!desk) return false;
  const inWidth = card.left < desk.right && desk.left < card.right;
  return inWidth && card.top < desk.bottom && desk.top < card.bottom;
}"""


@pytest.fixture(params=[TELEPHONE, SCREEN], ids=["telephone", "screen"])
def page(request, explorer: Path, browser: Browser):
    with opened(explorer, browser, request.param) as page:
        yield page


def test_it_is_small_enough(explorer: Path):
    assert explorer.stat().st_size <= 3.5e6


def test_an_example_is_there_and_explained(page: Page, pictures: Path):
    assert len(page.locator("#text").input_value()) > 300
    expect(page.locator("#next button:enabled").first).to_contain_text("%")
    expect(page.locator("#gates")).to_contain_text("forget gate")
    expect(page.locator("#paper .focus")).to_have_text("D")
    width = page.viewport_size["width"]
    assert not violations(page)
    page.screenshot(path=pictures / f"explorer-{width}.png", full_page=True)


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


def test_a_chosen_character_is_appended(page: Page):
    likeliest = page.locator("#next button").first
    page.locator("#text").fill("The ki")
    for letter, text in (("n", "The kin"), ("g", "The king")):
        expect(likeliest).to_have_accessible_name(re.compile(f"^{letter}, "))  # of the new text
        likeliest.click()
        expect(page.locator("#text")).to_have_value(text)


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


def test_nothing_that_is_done_while_it_writes_stops_the_page(page: Page):
    text = page.locator("#text")
    text.fill("ROMEO:\n")
    page.get_by_role("button", name="Generate").click()
    expect(text).to_have_value(re.compile(r"[\s\S]{40,}"))
    text.press("Control+a")
    page.wait_for_timeout(100)  # meanwhile the text has grown
    page.keyboard.type("1")  # which the network never saw: there is nothing to continue
    expect(page.locator("#status")).to_have_text(re.compile("^Type letters that the network knows"))
    text.fill("JULIET:\n")
    page.get_by_role("button", name="Generate").click()
    choice = page.locator("#next button").first
    choice.hover()
    page.mouse.down()
    page.wait_for_timeout(150)  # meanwhile the bars have changed several times
    page.mouse.up()
    expect(text).to_have_value(re.compile(r"^JULIET:\n[\s\S]{40,}"))
    text.fill("")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#status")).to_have_text(re.compile("^[0-9,]+ characters written|^Type"))
    expect(page.locator("#focus")).to_have_text("There is no text.")


def test_wrong_numbers_change_nothing(page: Page, browser: Browser):
    page.get_by_label("seed", exact=True).fill("")
    page.locator("[value=cell]").check()
    expect(page.locator("#paper span span[style*=cold]").first).to_be_attached()
    page.locator("#cell").fill("5")
    page.locator("#cell").press("Enter")
    expect(page.locator("#status")).to_have_text("")
    page.locator("#cell").fill("600")
    page.locator("#cell").blur()
    expect(page.locator("#cell")).to_have_value("5")
    other = browser.new_page()
    other.goto(re.sub("#.*", "#temperature=99&cell=1e9&at=1.5&colour=x&text=Ah", page.url))
    expect(other.locator("#focus")).to_contain_text("h had a probability")
    initial = page_config(published())["initial"]
    expect(other.get_by_label("temperature")).to_have_value(f"{initial['temperature']:g}")
    expect(other.locator("#cell")).to_have_value(str(initial["cell"]))
    expect(other.locator("[value=surprise]")).to_be_checked()
    other.close()


def test_pointing_at_a_character_explains_it_and_a_click_keeps_it(page: Page):
    page.locator("#text").fill("To be, or not to be")
    expect(page.locator("#paper")).to_have_text("To be, or not to be")
    expect(page.locator("#focus")).to_contain_text("e had")  # of the last letter, so it is calm
    letters = page.locator("#paper span span")
    letters.nth(3).click(force=True)  # the text lies over it
    expect(page.locator("#paper .focus")).to_have_text("b")
    letters.nth(10).hover(force=True)
    expect(page.locator("#paper .focus")).to_have_text("n")
    page.get_by_role("heading", level=1).hover()
    expect(page.locator("#paper .focus")).to_have_text("b")


def test_a_text_longer_than_its_box_can_be_clicked(page: Page):
    page.locator("#text").fill("".join(f"Line {k} of many.\n" for k in range(60)))
    page.locator("#sheet").evaluate("sheet => (sheet.scrollTop = sheet.scrollHeight)")
    page.locator("#paper > span", has_text="Line 59").click(force=True)
    expect(page.locator("#text")).to_be_focused()
    assert page.locator("#text").evaluate("text => text.selectionStart") > 950


def test_arcs_lead_from_the_source_to_the_copy(page: Page):
    page.wait_for_function(ARC_ENDS)
    page.set_viewport_size({"width": 330, "height": 700})  # other lines
    page.wait_for_function(ARC_ENDS)
    page.locator("#text").fill("Nothing here")
    expect(page.locator("#arcs path[marker-end]")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})


def test_a_broken_cell_colours_what_it_changes_and_says_how_much(page: Page):
    said = page.locator("#broken")
    switch = page.get_by_role("switch", name=re.compile("Break it"))
    switch.check()
    expect(said).to_have_text(re.compile(r"^Without cell \d+ .* is \d\.\d+ bits (higher|lower) "))
    expect(page.locator("[value=broken]")).to_be_checked()
    for colour in ("cold", "warm"):  # some letters are less surprising now, and more are more
        expect(page.locator(f"#paper span span[style*={colour}]").first).to_be_attached()
    assert not violations(page)

    page.locator("#text").fill("ROMEO:\nAh me!")
    expect(said).to_contain_text("(12 characters)")  # nothing predicts the first
    page.locator("#cell").fill("7")
    expect(said).to_contain_text("Without cell 7 ")
    expect(switch).to_be_checked()
    switch.uncheck()
    expect(page.locator("[value=cell]")).to_be_checked()
    expect(said).to_be_empty()

    page.get_by_role("button", name="Generate").click()
    switch.check()
    expect(said).to_contain_text("when the network has stopped writing")
    page.keyboard.press("Escape")
    expect(said).to_contain_text("Without cell 7 ")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_tour_opens_by_itself_once_and_whenever_it_is_asked_for(
    explorer: Path, browser: Browser, width
):
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(explorer.as_uri())
    tour = page.get_by_role("dialog")
    titles = []
    for number in range(1, 8):
        expect(tour).to_contain_text(f"{number} of 7")
        expect(tour.get_by_role("button", name=re.compile("Next|Done"))).to_be_focused()
        titles.append(tour.get_by_role("heading").text_content())
        explained = page.locator(".lit").last
        expect(explained).to_be_in_viewport()
        assert not page.evaluate(HIDES_THE_TEXT)
        if titles[-1] == "A copied name":
            page.wait_for_function(ARC_ENDS)
        if titles[-1] == "A memory cell":
            expect(page.locator("[value=cell]")).to_be_checked()
        if number == 1:
            assert not violations(page)
        page.keyboard.press("Enter")
    assert titles[-1] == "Learning"
    expect(tour).to_be_hidden()
    expect(page.locator(".lit")).to_have_count(0)
    expect(page.locator("[value=surprise]")).to_be_checked()  # as before
    assert page.evaluate("scrollY") == 0

    again = context.new_page()
    again.goto(explorer.as_uri())
    expect(again.locator("#focus")).to_contain_text("probability")
    expect(again.get_by_role("dialog")).to_be_hidden()
    start = again.get_by_role("button", name="Take the tour")
    start.click()
    expect(again.get_by_role("dialog", name="Surprise")).to_be_visible()
    again.keyboard.press("Escape")
    expect(again.get_by_role("dialog")).to_be_hidden()
    expect(start).to_be_focused()
    context.close()


def test_the_tour_shows_only_what_the_text_has(page: Page):
    tour = page.get_by_role("dialog")

    def titles() -> list[str]:
        found = []
        page.get_by_role("button", name="Take the tour").click()
        while tour.is_visible():
            found.append(tour.get_by_role("heading").text_content())
            tour.get_by_role("button", name=re.compile("Next|Done")).click()
        return found

    whole = titles()
    assert {"A copied name", "A memory cell", "The cell's gates"} <= set(whole)
    page.locator("#text").fill("No line ends here.")
    short = titles()
    assert short == ["Surprise", "A memory cell and its gates", *whole[-3:]]


def test_the_address_keeps_a_view(page: Page, browser: Browser):
    page.locator("#text").fill("A view & <more>")
    page.get_by_label("temperature").fill("0.5")
    expect(page).to_have_url(re.compile("temperature=0.5"))
    other = browser.new_page()
    other.goto(page.url)
    expect(other.locator("#text")).to_have_value("A view & <more>")
    expect(other.get_by_label("temperature")).to_have_value("0.5")
    other.close()


def test_a_long_text_does_not_freeze_the_page(page: Page):
    long = "".join(f"Line {k} of a long text.\n" for k in range(4000))[:100_000]
    page.evaluate(PASTE, long)
    assert page.evaluate(WORST) < 500
    page.locator("#text").press("Control+End")
    page.keyboard.type("quick")
    assert page.locator("#text").input_value().endswith("quick")


def test_what_was_written_is_taken_back_and_undo_puts_nothing_in_wrong_places(page: Page):
    text = page.locator("#text")
    take_back = page.get_by_role("button", name="Take back")
    sentence = "Alpha beta gamma delta. "

    def write() -> str:
        """Writes after what is there, and returns the text."""
        length = len(text.input_value())
        page.get_by_role("button", name="Generate").click()
        expect(text).to_have_value(re.compile(rf"^[\s\S]{{{length + 20},}}$"))
        page.get_by_role("button", name="Stop").click()
        expect(take_back).to_be_enabled()
        return text.input_value()

    page.locator("#cell").fill("")
    page.locator("#cell").press_sequentially("5")
    for _ in range(2):
        text.click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(sentence)
        expect(take_back).to_be_disabled()
        written = write()
    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("m")
    page.keyboard.press("Control+z")  # by the browser
    expect(text).to_have_value(written)
    page.keyboard.press("Control+z")
    expect(text).to_have_value(written)
    expect(page.locator("#cell")).to_have_value("5")  # the browser would undo it in this field

    page.keyboard.press("Control+a")
    page.keyboard.insert_text(sentence)
    once = write()
    write()
    take_back.click()
    expect(text).to_have_value(once)
    text.click()
    page.keyboard.press("Control+z")
    expect(text).to_have_value(sentence)
    expect(take_back).to_be_disabled()
    page.keyboard.press("Control+z")
    expect(text).to_have_value(sentence)


def test_the_example_replaces_a_text_that_can_be_brought_back(page: Page):
    text = page.locator("#text")
    example = text.input_value()
    long = "A line that is repeated.\n" * 500
    text.fill(long)
    page.get_by_role("link", name="Back to the example").click()
    expect(text).to_have_value(example)
    page.get_by_role("button", name="Take back").click()
    expect(text).to_have_value(long)


def test_it_writes_and_learns_in_a_frame_that_allows_only_scripts(
    explorer: Path, browser: Browser, tmp_path
):
    frame = f'<iframe sandbox="allow-scripts" src="{explorer.as_uri()}" width=900 height=700>'
    outside = tmp_path / "frame.html"
    outside.write_text(frame, encoding="utf-8")
    page = browser.new_page()
    page.goto(outside.as_uri())
    inside = page.frame_locator("iframe")
    inside.get_by_role("button", name="Close").click()  # the tour
    inside.get_by_role("button", name="Generate").click()
    expect(inside.locator("#progress")).to_contain_text("per second")
    inside.get_by_role("button", name="Start", exact=True).click()
    expect(inside.locator("#samples li").first).to_be_visible()
    page.close()
