"""The page, opened from a disk: write, read, look inside; by mouse, keyboard and address."""

import json
import re
from pathlib import Path

import pytest
from chromium import ROOT, SCREEN, TELEPHONE, press, violations
from conftest import config_of, opened
from playwright.sync_api import Browser, Page, expect

from report.page.build import write_page
from report.page.example import find_example
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.pretrained import from_pretrained

SMALL = from_pretrained("small")
INITIAL = find_example(SMALL, Corpus.read(ROOT / "input.txt").split().test)
CELL = json.loads((ROOT / "report" / "page" / "cells.json").read_text())[0]["cell"]
LETTER = INITIAL["text"][INITIAL["at"]]  # of a name that is copied


def cost(before: object, after: object) -> str:
    return f"cost {before} bits of surprise when it first spoke, and {after} when it spoke again"


def address_of(page: Page) -> str:
    press(page, "Copy the address")
    expect(page.locator("#shared")).to_contain_text("Copied.")
    return page.evaluate("location.href")


def arrived(address: str, browser: Browser) -> Page:
    """The page at an address, in another window, where nothing moves."""
    page = browser.new_page(reduced_motion="reduce")
    page.goto(address)
    return page


def test_an_example_is_there_and_explained(page_of_each_size: Page, pictures: Path):
    page = page_of_each_size
    assert len(page.locator("#text").input_value()) > 200
    expect(page.locator("#copied")).to_contain_text("was copied from")
    expect(page.locator("#paper .focus")).to_have_text(LETTER)
    arcs = page.locator("#arcs path[marker-end]")
    expect(arcs).not_to_have_count(0)
    expect(page.get_by_role("button", name="Take back")).to_be_disabled()
    expect(page.locator("#wall")).to_be_hidden()
    page.locator("#look-inside > summary").click()
    expect(page.locator("#wall")).to_be_visible()
    assert not violations(page)
    width = page.viewport_size["width"]
    page.screenshot(path=pictures / f"explorer-{width}.png", full_page=True)
    press(page, "What comes next?")
    expect(page.locator("#candidates button").first).to_contain_text("%")
    page.locator("#text").fill("Nothing here")
    expect(arcs).to_have_count(0)


def test_the_first_ten_seconds_show_a_copied_name_and_ask_for_yours(
    explorer: Path, browser: Browser
):
    page = browser.new_page(reduced_motion="no-preference")
    page.goto(explorer.as_uri())
    expect(page.get_by_role("heading", name="Does it know your name?")).to_be_visible()
    status = page.locator("#status")
    expect(status).to_contain_text("never seen")
    expect(page.locator("#paper .unread").first).to_be_visible()
    expect(status).to_contain_text("It knows “GONZALO” by now")
    expect(page.locator("#paper .focus")).to_have_text(LETTER)
    expect(page.locator("#arcs path[marker-end]")).not_to_have_count(0)
    expect(status).to_contain_text("And your name?")
    expect(page.locator("#arcs path[marker-end]")).not_to_have_count(0)
    expect(page.locator("#paper .unread")).to_have_count(0)
    page.close()


def test_who_types_at_once_types_a_name_and_ends_the_opening(explorer: Path, browser: Browser):
    page = browser.new_page(reduced_motion="no-preference")
    page.goto(explorer.as_uri())
    expect(page.locator("#paper .unread").first).to_be_visible()
    page.keyboard.type("Emma")
    expect(page.get_by_label("your name", exact=True)).to_have_value("Emma")
    expect(page.locator("#paper .unread")).to_have_count(0)
    expect(page.locator("#status")).to_be_empty()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("EMMA")
    page.close()


def test_a_telephone_first_shows_the_question_the_field_and_the_text(
    explorer: Path, browser: Browser
):
    with opened(explorer, browser, TELEPHONE) as page:
        for part in ("#headline", "#name", "#ask button", "#sheet"):
            box = page.locator(part).bounding_box()
            assert box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]


def test_who_taps_a_letter_on_a_telephone_sees_how_it_was_predicted(
    explorer: Path, browser: Browser
):
    width, height, _ = TELEPHONE
    size = {"width": width, "height": height}
    page = browser.new_page(viewport=size, has_touch=True, is_mobile=True, reduced_motion="reduce")
    page.goto(explorer.as_uri())
    expect(page.locator("#predicted")).to_contain_text("O had")
    page.locator("#text").tap(position={"x": 28, "y": 18})  # the first letter
    status = page.locator("#status")
    expect(status).to_contain_text("comes first")
    expect(status).to_be_in_viewport()
    expect(page.locator("#paper .focus")).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0  # what is tapped next is where it was
    press(page, "Write")
    expect(page.locator("#paper .written")).not_to_have_count(0)
    page.locator("#text").tap(position={"x": 36, "y": 18})
    expect(status).to_contain_text("had a probability of")
    position = page.evaluate("explorer.state.look")
    written = page.locator("#paper .written")
    expect(written).not_to_have_count(written.count())  # it writes on, and the letter is held
    assert page.evaluate("explorer.state.look") == position
    page.locator("#sheet").dispatch_event("touchmove")  # some seconds later, it follows again
    expect(status).to_have_text("Writing.")
    page.close()


def test_a_narrow_window_needs_no_scrolling_sideways(explorer: Path, browser: Browser):
    with opened(explorer, browser, (320, 640, "light")) as page:
        page.locator("summary", has_text="More settings").click()


def test_who_types_writes_alone(page: Page):
    text = page.locator("#text")
    text.fill("ROMEO:\n")
    press(page, "Write")
    expect(text).to_have_value(re.compile(r"^[\s\S]{15,}$"))
    text.evaluate("(field) => { field.focus(); field.setSelectionRange(9, 9); }")
    page.keyboard.type("my own words, ", delay=40)  # so slowly that it would write meanwhile
    expect(text).to_have_value(re.compile("^ROMEO:\n..my own words, "))
    expect(page.get_by_role("button", name="Write", exact=True)).to_be_visible()


def test_letters_are_drawn_one_by_one_and_everything_follows(page: Page):
    text = page.locator("#text")
    text.fill("ROMEO:\n")  # the cursor is at the end
    button = page.get_by_role("button", name="Draw one letter")
    for length in (8, 9, 10):
        button.press("Enter")
        expect(text).to_have_value(re.compile(rf"^[\s\S]{{{length}}}$"))
        expect(page.locator("#paper .written")).to_have_count(length - 7)
        expect(button).to_be_visible()
    for length in (9, 8, 7):  # one press at a time
        press(page, "Take back")
        expect(text).to_have_value(re.compile(rf"^ROMEO:\n[\s\S]{{{length - 7}}}$"))
    expect(page.locator("#paper .written")).to_have_count(0)
    expect(page.get_by_role("button", name="Take back")).to_be_disabled()


def test_what_is_taken_back_is_written_otherwise(page: Page):
    text = page.locator("#text")
    text.fill("ROMEO:\n")
    texts = []
    for _ in range(2):
        press(page, "Write")
        expect(text).to_have_value(re.compile(r"^[\s\S]{30,}"))
        press(page, "Stop")
        texts.append(text.input_value())
        press(page, "Take back")
        expect(text).to_have_value("ROMEO:\n")
    assert texts[0][:30] != texts[1][:30]


def ask(page: Page, name: str) -> None:
    page.get_by_label("your name", exact=True).fill(name)
    press(page, "Find out")


def scene_of(page: Page, name: str) -> str:
    """What the network writes below a name's scene, once it has written some."""
    ask(page, name)
    text = page.locator("#text")
    before = f"wherefore art thou {name}?\n\n{name.upper()}:\n"
    expect(text).to_have_value(re.compile(rf"{re.escape(before)}$"))
    expect(text).to_have_value(re.compile(rf"{re.escape(before)}[\s\S]{{20,}}$"))
    page.keyboard.press("Escape")
    _, written = text.input_value().split(before)
    return written[:20]


@pytest.mark.parametrize("name", ["Zorvina", "Mia", "Kate", "Emma"])
def test_a_name_is_copied_the_second_time(page: Page, name: str):
    ask(page, name)
    text = page.locator("#text")
    expect(text).to_have_value(re.compile(rf"{name.upper()}:[\s\S]*{name.upper()}:\n$"))
    status = page.locator("#status")
    costs = cost(r"\d+", r"\d+")
    said = rf"^Now it does: \W{name.upper()}\W {costs}, because the network copied it"
    expect(status).to_have_text(re.compile(said))
    before, after = map(int, re.findall(r"\d+", status.text_content()))
    assert before > 2 * after
    expect(page.locator("#copied")).to_contain_text("was copied from")
    expect(page.locator("#arcs path[marker-end]")).not_to_have_count(0)
    expect(text).to_have_value(re.compile(rf"{name.upper()}:\n[\s\S]{{5,}}$"))  # it speaks


def costs_of_name(page: Page) -> list[tuple[str, int, int]]:
    """Each occurrence of the name, with its bits and those without copying."""
    rows = page.locator("#costs .cost")
    expect(rows.last).to_have_text(re.compile(r"\D\d+$"))
    page.wait_for_function("!document.getElementById('costs').textContent.includes('…')")
    found = []
    for row in rows.all():
        [(name, bits, without)] = re.findall(
            r"^(\w+): (\d+) bits, without copying (\d+)$", row.get_attribute("aria-label")
        )
        found.append((name, int(bits), int(without)))
    return found


def test_each_occurrence_of_a_name_is_listed_with_and_without_copying(page: Page):
    ask(page, "Emma")
    costs = costs_of_name(page)
    assert [name for name, _, _ in costs] == ["EMMA", "Emma", "Emma", "Emma", "EMMA"]
    first, other, again, last, back = [bits for _, bits, _ in costs]
    assert min(first, other) > 2 * max(again, last, back)
    assert min(without for _, _, without in costs) > 15
    expect(page.locator("#status")).to_contain_text(cost(first, back))
    spellings = page.locator("#spellings")
    expect(spellings).to_contain_text("are different words: each is expensive once")
    once = re.compile(rf"From its second time on, \WEmma\W costs up to {last} bits")
    expect(spellings).to_contain_text(once)
    page.keyboard.press("Escape")
    page.locator("#costs .cost").nth(2).click()
    expect(page.locator("#copied")).to_contain_text("was copied")
    expect(page.locator(ARCS)).not_to_have_count(0)


def test_arcs_pass_between_the_lines(page: Page):
    ask(page, "Emma")
    expect(page.locator(ARCS)).not_to_have_count(0)
    page.keyboard.press("Escape")
    crossed = page.evaluate("""() => {
      const boxes = [...document.querySelectorAll("#paper span span")].map((letter) => {
        const { left, right, top, bottom } = letter.getBoundingClientRect();
        return { letter: letter.textContent.trim(), left, right, top: top + 3, bottom: bottom - 3 };
      });
      const origin = document.getElementById("arcs").getBoundingClientRect();
      const crossed = [];
      for (const arc of document.querySelectorAll("#arcs path[marker-end]")) {
        for (let at = 0; at < arc.getTotalLength(); at += 2) {
          const point = arc.getPointAtLength(at);
          const [x, y] = [point.x + origin.left, point.y + origin.top];
          const isIn = ({ letter, left, right, top, bottom }) =>
            letter && left < x && x < right && top < y && y < bottom;
          crossed.push(...boxes.filter(isIn).map(({ letter }) => letter));
        }
      }
      return crossed;
    }""")
    assert crossed == []


def test_a_scene_ends_where_the_name_was_copied_and_can_be_sent(page: Page, browser: Browser):
    page.get_by_label("speed").select_option("fast")
    ask(page, "Emma")
    status = page.locator("#status")
    expect(status).to_contain_text("because the network copied it")
    expect(status).to_contain_text("Press Write for more.")
    text = page.locator("#text").input_value()
    assert re.search(r"[^:]\n$", text)
    assert len(text) < 1_000
    expect(page.locator("#copied")).to_contain_text("was copied from")
    expect(page.locator(ARCS)).not_to_have_count(0)
    press(page, "Send this scene")
    expect(page.locator("#sent")).to_contain_text("Copied.")
    expect(page).to_have_url(re.compile("#name=Emma$"))
    other = arrived(page.url, browser)
    expect(other.locator("#status")).to_contain_text("because the network copied it")
    other.close()
    other = browser.new_page(reduced_motion="no-preference")
    other.goto(page.url)
    other.get_by_label("speed").evaluate("(select) => { explorer.update({ speed: 'fast' }); }")
    expect(other.locator("#status")).to_contain_text("Press Write for more.")
    expect(other.locator("#text")).to_have_value(text)
    other.close()


def test_who_sends_a_scene_at_once_does_not_stop_it(page: Page):
    ask(page, "Emma")
    press(page, "Send this scene")
    expect(page.locator("#paper .written").first).to_be_visible()


def test_each_name_has_its_own_scene_and_the_next_when_asked_again(page: Page):
    page.get_by_label("speed").select_option("fast")
    emma, mia = scene_of(page, "Emma"), scene_of(page, "Mia")
    assert emma != mia
    assert scene_of(page, "Emma") == emma
    assert scene_of(page, "Emma") != emma


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Romeo", r"^Yes: \WROMEO\W cost only"),
        ("Zoë", r"^Now it does: \WZOE\W .* It never saw \Wë\W, and reads e instead\.$"),
        ("Æde", r"It never saw \WÆ\W, and reads AE instead\.$"),
        ("R2", r"It skips \W2\W, which it never saw\.$"),
        ("12345", r"^Not all of it: \W+3\W+ cost 15 .* It skips \W1\W, \W2\W, \W4\W and \W5\W,"),
        ("שרה", r"^It never saw the letters of \Wשרה\W.*spell the name as it sounds"),
        ("Maximilian" * 5, "A name may have 40 characters: the rest of yours was left out\\.$"),
        ("{Name}", r"\WNAME\W+ cost"),
        ("\ufb01ona", r"\WFIONA\W+ cost"),
    ],
)
def test_it_says_of_a_name_what_it_knows(page: Page, name: str, words: str):
    ask(page, name)
    expect(page.locator("#status")).to_have_text(re.compile(words))


@pytest.mark.parametrize(
    "name", ["Wolfeschlegelsteinhausenbergerdorff", "Maximiliana-Bartholomea von Hohenstauffe"]
)
def test_a_long_name_that_stays_dear_is_not_said_to_be_expensive_once(page: Page, name: str):
    ask(page, name)
    expect(page.locator("#status")).to_contain_text(re.compile("^Now it does"))
    expect(page.locator("#spellings")).not_to_contain_text("expensive once")


def test_of_many_occurrences_the_first_six_are_listed_and_said_to_be(page: Page):
    page.evaluate("explorer.update({ name: 'Emma', text: 'Emma! '.repeat(9) })")
    expect(page.locator("#name-title")).to_have_text("What the name costs, the first 6 times")
    expect(page.locator("#costs .cost")).to_have_count(6)
    page.evaluate("explorer.update({ text: 'Emma! '.repeat(6) })")
    expect(page.locator("#name-title")).to_have_text("What the name costs")
    expect(page.locator("#costs .cost")).to_have_count(6)


def test_a_name_that_returns_in_a_text_of_ones_own_has_its_costs(page: Page):
    text = "So said Wilhelmina. Then, when Wilhelmina spoke, all saw that Wilhelmina knew."
    page.locator("#text").fill(text)
    costs = costs_of_name(page)
    assert [name for name, _, _ in costs] == ["Wilhelmina"] * 3
    assert costs[0][1] > 2 * costs[2][1]
    page.locator("#text").fill("So said Wilhelmina.")
    expect(page.locator("#name-panel")).to_be_hidden()


TOPS = """() => ["sheet", "predicted-panel"].map((id) => {
  return Math.round(document.getElementById(id).getBoundingClientRect().top + scrollY);
})"""


def test_what_is_said_of_a_name_moves_nothing(page_of_each_size: Page):
    page = page_of_each_size
    ask(page, "Emma")
    expect(page.locator("#name-panel")).to_be_visible()
    before = page.evaluate(TOPS)
    status = page.locator("#status")
    expect(status).to_contain_text("EMMA")
    assert page.evaluate(TOPS) == before
    ask(page, "Wolfeschlegelsteinhausenbergerdorff")
    expect(status).to_contain_text("WOLFESCHLEGELST…")
    assert page.evaluate(TOPS) == before


def test_a_long_name_arrives_as_it_was_sent(page: Page, browser: Browser):
    ask(page, "Maximiliana Bartholomea von Hohenstauff Hohenlohe")  # the 40th character is a space
    status = page.locator("#status")
    expect(status).to_contain_text("of surprise")
    said, _, _ = status.text_content().partition(" A name may have")
    other = arrived(address_of(page), browser)
    expect(other.locator("#status")).to_have_text(said)
    other.close()


def test_the_button_to_press_is_that_for_a_name_until_there_is_another_text(page: Page):
    find_out, write = page.locator("#find-out.primary"), page.locator("#write.primary")
    expect(find_out).to_be_visible()
    ask(page, "Emma")
    expect(page.locator("#status")).to_contain_text("EMMA")
    page.keyboard.press("Escape")
    expect(find_out).to_be_visible()
    expect(write).to_have_count(0)
    page.locator("#text").fill("Ah")
    expect(write).to_be_visible()


def test_a_network_that_does_not_copy_is_not_said_to(diary: Path, browser: Browser):
    """Its weights are random, so it guesses."""
    with opened(diary, browser, SCREEN) as page:
        ask(page, "Hemke")  # in letters that it knows
        said = r"^Hardly: \W\w+\W cost \d+ bits .*, and \d+ when .*; guessing among \d\d characters"
        expect(page.locator("#status")).to_have_text(re.compile(said))
        expect(page.locator("#spellings")).to_be_empty()  # nothing was copied, for less


def test_a_name_that_speaks_in_the_scene_has_another_beside_it(page: Page):
    ask(page, "Juliet")
    expect(page.locator("#text")).to_have_value(re.compile(r"^A VOICE:\nAy me!\n\nJULIET:\n"))


def test_without_a_name_it_asks_for_one(page: Page):
    press(page, "Find out")
    expect(page.locator("#status")).to_have_text("Type a name first.")


def test_a_line_to_try_is_continued(page: Page):
    press(page, "ROMEO:")
    expect(page.locator("#text")).to_have_value(re.compile(r"^ROMEO:\n[\s\S]{5,}"))


def test_a_cell_is_chosen_in_the_wall(page: Page):
    wall = page.get_by_role("application", name="Memory cells")
    expect(wall).to_have_attribute("data-cell", str(CELL))
    wall.focus()
    page.keyboard.press("ArrowRight")
    expect(wall).to_have_attribute("data-cell", str(CELL + 1))
    expect(page.locator("[value=cell]").first).to_be_checked()
    wall.click(position={"x": 4, "y": 24})
    expect(wall).to_have_attribute("data-cell", "0")

    order = page.get_by_label(re.compile("^Order its 496 cells by"))
    order.select_option("inside a speaker heading")
    about = page.locator("#about-cell")
    expect(about).to_contain_text("follows “inside a speaker heading”")
    scores = [abs(score) for score in page.evaluate("explorer.state.scores.cells")]
    first = str(scores.index(max(scores)))
    expect(wall).to_have_attribute("data-cell", first)
    chosen = about.text_content()
    page.locator("#text").press("x")  # the order stays while one types
    expect(about).to_have_text(chosen)


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
    expect(page.locator("#copied")).to_contain_text("copied")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#predicted-title")).to_have_text("Predicting the next character")
    first = page.locator("#candidates button").first
    expect(first).to_contain_text("E")
    first.focus()
    page.keyboard.press("Enter")
    expect(text).to_have_value("ROMEO:\nAh me.\n\nROME")
    page.locator("summary", has_text="More settings").focus()
    page.keyboard.press("Enter")
    for name in ("temperature", "min-p"):
        expect(page.get_by_role("slider", name=name)).to_be_visible()


def test_enter_in_a_field_does_not_load_the_page_again(page: Page):
    page.locator("#text").fill("ROMEO:\n")
    field = page.get_by_label("your name", exact=True)
    field.fill("")
    field.press("Enter")
    expect(page.locator("#status")).to_have_text("Type a name first.")
    expect(page.locator("#text")).to_have_value("ROMEO:\n")


def test_another_text_leaves_no_words_about_the_old_one(page: Page):
    page.locator("#text").fill("word " * 4_000)
    expect(page.locator("#progress")).to_contain_text("to read")
    page.locator("#text").fill("x" * 3_000)
    expect(page.locator("#predicted")).not_to_contain_text("no text")
    assert "undefined" not in page.locator("#copied").text_content()
    expect(page.locator("#predicted-title")).to_have_text("Predicting the next character")


def test_a_long_text_is_answered_while_it_is_read(page: Page):
    line = "Now is the winter of our discontent made glorious summer by this sun of York;\n"
    page.locator("#text").fill((line * 300)[:20_000])
    expect(page.locator("#progress")).to_contain_text("to read")
    before = page.evaluate("explorer.state.read")
    page.locator("#wall").press("Home")  # an answer comes before the rest was read
    expect(page.locator("#wall")).to_have_attribute("data-cell", "0")
    assert page.evaluate("explorer.state.toRead") > 0
    page.wait_for_function("before => explorer.state.read > before", arg=before)
    page.locator("#text").fill("To be")
    expect(page.locator("#predicted-title")).to_have_text("Predicting the next character")


def test_of_two_orders_the_last_one_counts_in_a_long_text(page: Page):
    page.locator("#text").fill("ROMEO:\nAh me, ah me!\n\n" * 300)
    order = page.get_by_label(re.compile("^Order its"))
    for what in ("inside a word", "inside a speaker heading"):
        order.select_option(what)
    expect(page.locator("#about-cell")).to_contain_text("follows “inside a speaker heading”")


def test_lines_end_as_in_python_in_an_address_too(page: Page, browser: Browser):
    other = browser.new_page()
    other.goto(re.sub("#.*", "", page.url) + "#text=a%0D%0Ab%0D%0Acd")
    expect(other.locator("#text")).to_have_value("a\nb\ncd")
    other.close()


def test_lines_without_an_end_and_long_ones_are_shown(page: Page):
    text = "word " * 300 + "\n" + "«" * 2_000
    page.locator("#text").fill(text)
    is_shown = "text => document.getElementById('paper').textContent === text"
    page.wait_for_function(is_shown, arg=text)  # the paper is drawn a moment later
    expect(page.locator("#progress")).to_be_empty()


def test_a_network_that_fails_says_so(page: Page):
    page.evaluate("explorer.worker.onerror()")
    expect(page.locator("#status")).to_have_text("The network stopped: reload this page.")


def test_the_birth_of_copying_can_be_watched(page_of_each_size: Page, pictures: Path):
    page = page_of_each_size
    slider = page.get_by_role("slider", name="moment of the training")
    words = page.locator("#birth-words")
    copied = page.locator("#birth-paper .copied")
    slider.fill("0")
    expect(words).to_have_text(re.compile(r"^It doesn't copy\. .* cost 4\d bits .*, and 4\d after"))
    expect(page.locator("#birth-arcs path[marker-end]")).to_have_count(0)
    moments = json.loads(page.locator("#recording").text_content())["moments"]
    for characters, verdict in (
        (256_000, "It begins to copy, but not GONZALO"),
        (720_000, "It copies, but of GONZALO only a part"),
        (800_000, "It copies, but not GONZALO"),
    ):
        slider.fill(str([each["characters"] for each in moments].index(characters)))
        expect(words).to_have_text(re.compile(rf"^{verdict}\. .* and \d\d when"))
        name = page.locator("#birth-paper span").all()[INITIAL["text"].rindex("GONZALO") :][
            : len("GONZALO")
        ]
        underlined = [letter for letter in name if letter.get_attribute("class") == "copied"]
        assert bool(underlined) == ("part" in verdict)
    slider.fill(slider.get_attribute("max"))
    expect(words).to_have_text(re.compile(r"^It copies\. .* cost \d bits .*, and \d\d after"))
    expect(page.locator("#birth-arcs path")).to_have_count(1)
    expect(copied.first).to_be_visible()
    focus = page.locator("#birth-paper .focus")
    page.locator("#birth-paper span").first.hover()
    expect(focus).to_have_text(INITIAL["text"][0])
    first, second = INITIAL["text"].splitlines()[:2]
    below = second[len(first) - 1]
    for key, letter in (("End", "\n"), ("ArrowLeft", first[-1]), ("ArrowDown", below)):
        page.locator("#birth-paper").press(key)
        expect(focus).to_have_text(letter)
    assert not violations(page)
    width = page.viewport_size["width"]
    page.locator("#birth").screenshot(path=pictures / f"birth-{width}.png")
    press(page, "Play")
    expect(page.locator("#moment-read")).to_have_text("0 characters")
    expect(page.locator("#moment-read")).not_to_have_text("0 characters")
    press(page, "Pause")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


DIARY = "Montag. Es regnet.\n\nDer Hund schläft, und die Katze wacht über 😀 Friedrichsdorf.\n"


@pytest.fixture
def diary(tmp_path) -> Path:
    """The page of an untrained network and another text: without named cells and facts."""
    (tmp_path / "diary.txt").write_text(DIARY * 100, encoding="utf-8")
    corpus = Corpus.read(tmp_path / "diary.txt")
    sizes = {"embedding_size": 4, "hidden_size": 12, "num_layers": 2}
    network = CopyLSTM(corpus.chars, copy_size=3, memory=50, **sizes)
    write_page(network, corpus, tmp_path / "diary.html")
    return tmp_path / "diary.html"


@pytest.mark.parametrize("size", [TELEPHONE, SCREEN], ids=["telephone", "screen"])
def test_the_page_of_another_text_reads_writes_and_learns(diary: Path, browser: Browser, size):
    initial = config_of(diary)["initial"]
    with opened(diary, browser, size) as page:
        assert page.locator("#text").input_value() == initial["text"]
        for name, value in {"temperature": "1", "min-p": "0"}.items():  # nothing was chosen
            slider = page.get_by_role("slider", name=name, include_hidden=True)
            expect(slider).to_have_value(value)
        assert not violations(page)

        page.locator("#look-inside > summary").click()
        page.get_by_label(re.compile("^Order its 24 cells by")).select_option("inside a word")
        about = page.locator("#about-cell")
        expect(about).to_contain_text("“inside a word” in your text")
        page.get_by_label(re.compile("^Order its")).select_option("inside a speaker heading")
        expect(about).to_contain_text("is the same everywhere in your text")

        press(page, "Friedrichsdorf.")
        expect(page.locator("#text")).to_have_value(re.compile(r"^Friedrichsdorf\.[\s\S]{5,}"))
        page.keyboard.press("Escape")
        expect(page.locator("#about-text")).to_have_text("diary.txt: 8,200 characters")
        press(page, "Start")
        expect(page.locator("#samples samp").first).to_be_visible()
        press(page, "Pause")
        press(page, "Use this network")
        expect(page.locator("#which")).to_contain_text("learned in this page")
        press(page, "Back to the page's network")
        expect(page.locator("#about")).to_contain_text("learned from diary.txt.")
        said = page.locator("body").inner_text()
        assert not re.search(r"shakespeare|\bplays?\b|romeo", said, re.IGNORECASE)


ARCS = "#arcs path[marker-end]"


def written_by(page: Page, least: int = 400) -> str:
    """The text, once the network has written at least so many characters behind it."""
    before = page.locator("#text").input_value()
    page.get_by_label("speed").select_option("fast")
    press(page, "Write")
    pattern = re.compile(rf"^[\s\S]{{{len(before) + least},}}$")
    expect(page.locator("#text")).to_have_value(pattern)
    page.keyboard.press("Escape")
    return page.locator("#text").input_value()[: len(before) + least]


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_who_opens_the_address_of_a_scene_sees_the_name_copied(
    page: Page, browser: Browser, motion
):
    ask(page, "Emma")
    copied = re.compile(r"^Now it does: \WEMMA\W cost 2\d bits of surprise when it first")
    expect(page.locator("#status")).to_have_text(copied)
    written_by(page)
    page.locator("#text").press("Control+End")
    page.locator("#text").press_sequentially("No.")
    address = address_of(page)

    other = browser.new_page(reduced_motion=motion)
    other.goto(address)
    if motion == "no-preference":
        expect(other.locator("#paper .unread").first).to_be_visible()
    status = other.locator("#status")
    expect(status).to_have_text(copied)
    expect(other.locator(ARCS)).not_to_have_count(0)
    expect(other.locator("#paper .focus")).to_have_text(re.compile("[EMA]"))
    if motion == "no-preference":
        expect(status).to_contain_text("And your name?")
        expect(other.locator(ARCS)).not_to_have_count(0)
    expect(other.locator("#paper .unread")).to_have_count(0)
    assert other.locator("#text").input_value() == page.locator("#text").input_value()
    other.close()


def test_who_does_something_else_ends_the_scene_that_was_shared(explorer: Path, browser: Browser):
    page = browser.new_page(reduced_motion="no-preference")
    page.goto(explorer.as_uri() + "#name=Emma")
    expect(page.locator("#paper .unread").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#paper .unread")).to_have_count(0)
    expect(page.locator("#status")).to_be_empty()
    page.wait_for_timeout(4_000)  # as long as it would have looked at the name
    expect(page.locator("#paper .written")).to_have_count(0)
    page.close()


def test_who_does_something_else_stops_the_writing_to_come(page: Page):
    ask(page, "Emma")
    status = page.locator("#status")
    expect(status).to_contain_text("EMMA")
    answer = status.text_content()
    page.keyboard.press("Escape")
    page.wait_for_timeout(4_000)  # longer than it looks at the name
    expect(page.locator("#paper .written")).to_have_count(0)
    expect(status).to_have_text(answer)


STRANGE = [  # addresses
    "%",
    "text=",
    "text=%00%1b[31m%ud800",
    "text=<script>alert(1)</script>",
    "text=" + "a%0A" * 30_000,
    "text=%F0%9F%98%80&text=b",
    "name=",
    "name=%0A%0D%20:",
    "name=%F0%9F%98%80",
    "name=<img src=x onerror=alert(1)>",
    "name=" + "n" * 5_000,
    "name={NAME}&text={NAME}:%0Aa%0A%0A{NAME}:%0A",
    "name=$%26",
    "of=nothing&that=means&a=thing",
    "__proto__=1&constructor=2",
    "#name=a#name=b",
]


def test_strange_addresses_are_harmless(explorer: Path, browser: Browser):
    for address in STRANGE:
        page = browser.new_page(reduced_motion="reduce")
        wrong = []
        page.on("console", lambda message, wrong=wrong: wrong.append(message.text))
        page.on("pageerror", lambda error, wrong=wrong: wrong.append(str(error)))
        page.on("dialog", lambda dialog, wrong=wrong: wrong.append(dialog.message))
        page.goto(f"{explorer.as_uri()}#{address}")
        expect(page.locator("#predicted")).not_to_be_empty()
        press(page, "ROMEO:")  # it works as ever
        expect(page.locator("#paper .written").first).to_be_visible()
        assert not wrong, address[:50]
        page.close()


def test_a_person_can_write_an_address(explorer: Path, browser: Browser):
    page = browser.new_page(reduced_motion="reduce", viewport={"width": 390, "height": 844})
    path = explorer.as_uri()
    page.goto(f"{path}#name=Zorvina")
    expect(page.locator("#text")).to_have_value(re.compile("\nZORVINA:\n[\\s\\S]*\n\nZORVINA:\n$"))
    expect(page.locator("#status")).to_contain_text("Now it does")
    expect(page.locator(ARCS)).not_to_have_count(0)
    page.goto(f"{path}#name=GONZALO")  # who is in the example
    expect(page.locator("#text")).to_have_value(INITIAL["text"])
    expect(page.locator("#status")).to_contain_text("Now it does")
    page.goto(f"{path}#birth")
    expect(page.get_by_role("heading", name="How copying was born")).to_be_in_viewport()
    page.goto(f"{path}#learn")
    expect(page.get_by_role("heading", name="Watch a network learn")).to_be_in_viewport()
    page.wait_for_timeout(500)  # longer than it takes to save an address
    assert page.url == f"{path}#learn"
    ask(page, "Emma")
    expect(page).to_have_url(f"{path}#name=Emma")
    page.close()
