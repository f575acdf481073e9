"""Film the page for the README, in Chromium: `make film` writes report/explorer.gif.

    python -m report.page.film [PAGE [GIF]]

Does it know your name? It reads a scene and copies a name; somebody types one, and it copies that,
too, and continues the scene.
"""

import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

REPORT = Path(__file__).resolve().parents[1]
SCALE = 0.8  # pixels of the film for one of the page
BEFORE = 24  # letters that are read before the one that is copied
NAME = "Emma"
LETTERS = 54  # that it writes then
SHORT = 85  # milliseconds of a letter
LONG = 2_800  # milliseconds, to look at something
COLOURS = 63
GREEN = (0, 158, 115)  # of the arcs, which are so thin that no palette would have it
# The question, and the text beside what the name costs and how a letter was predicted, without
# what one presses.
STYLE = """
  header p, footer, .key, .tools, .look-inside, .title button, .words, .name .row,
  #birth, #learn, #network, #text-title, #progress, #at-rest { display: none !important; }
  body { padding: 14px 20px; }
  header { padding: 0 0 10px; grid-template-columns: auto auto minmax(0, 1fr) !important; }
  h1 { font-size: 30px !important; grid-column: auto !important; }
  #ask { order: 0 !important; grid-column: auto !important; margin: 0 0 0 14px !important;
    font-size: 19px; }
  #name { width: 8em; flex: none !important; }
  main section { border: 0 !important; padding: 0 !important; }
  .reader { display: grid !important; column-gap: 22px !important;
    grid-template: "text name" auto "text predicted" 1fr / 458px 390px !important; }
  .text { display: block !important; grid-area: text; }
  .desk { display: block !important; position: static !important; margin: 0 !important;
    padding: 0 !important; border: 0 !important; }
  .predicted { grid-area: predicted; overflow: hidden; }
  .name { grid-area: name; min-height: 250px; }
  #sheet { height: 454px !important; max-height: none !important; overflow: hidden;
    margin: 0.3rem 0 0 !important; --left: 2.8rem !important; }
  .message { font-size: 16px !important; }
  #paper, #text { font-size: 15px !important; }
  #predicted { font-size: 15px; }
  .prediction { grid-template-columns: minmax(0, 1fr) !important; }
  .bars .bar:nth-child(n + 6) { display: none; }
"""
DRAWN = """async (position) => {
  const { state } = explorer;
  for (let wait = 0; state.explained.at !== position; wait++) {
    if (wait > 2000) throw new Error(`It looks at ${state.explained.at}, not at ${position}.`);
    await new Promise((done) => setTimeout(done, 5));
  }
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}"""


def find_chromium() -> str | None:
    """The path of this machine's Chromium; without one, Playwright takes its own."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        program = shutil.which(name)
        if program:
            return program
    return None


def shoot(page: Page, position: int) -> Image.Image:
    """A picture of the page when it shows the character at this position."""
    page.evaluate(DRAWN, position)
    picture = page.screenshot(animations="disabled", caret="hide")
    return Image.open(io.BytesIO(picture)).convert("RGB")


def update(page: Page, **patch: Any) -> None:
    page.evaluate("patch => explorer.update(patch)", patch)


def reading(to: int) -> dict[str, Any]:
    """What the network does: it reads up to a letter."""
    return {"does": "reading", "to": to, "pace": 1e9}


def position(page: Page) -> int:
    return page.evaluate("explorer.state.explained.at")


def scenes(page: Page) -> Iterator[tuple[Image.Image, int]]:
    """Pictures, each with the milliseconds for which it is there."""
    initial = page.evaluate("explorer.state.network.config.initial")
    at = initial["at"]
    update(page, text="")
    update(page, text=initial["text"], task=reading(at - BEFORE))
    page.evaluate("at => explorer.show(0, at)", at)
    page.wait_for_function("count => explorer.state.read === count", arg=at - BEFORE)
    said = "It reads a passage that it has never seen."
    for letter in range(at - BEFORE, at + 1):
        if letter == at:
            said = f"It knows “{initial['name']}” by now: it copied this letter."
        update(page, task=reading(letter + 1), look="last", said=said)
        yield shoot(page, letter), LONG if letter == at else SHORT

    update(page, task=None, said="And your name?")
    field = page.get_by_label("your name", exact=True)
    yield shoot(page, position(page)), 8 * SHORT
    for count in range(1, len(NAME) + 1):
        field.fill(NAME[:count])
        yield shoot(page, position(page)), 4 * SHORT
    page.get_by_role("button", name="Find out").click()
    expect(page.locator("#status")).to_contain_text("when it spoke again")
    answer = page.evaluate("explorer.state.said")
    yield shoot(page, position(page)), LONG + 4 * SHORT

    before = page.evaluate("explorer.state.text")
    update(page, speed="fast")  # soon it writes by itself
    enough = "length => explorer.state.text.length >= length"
    page.wait_for_function(enough, arg=len(before) + LETTERS)
    page.keyboard.press("Escape")
    text = page.evaluate("explorer.state.text")
    for letter in range(len(before), len(before) + LETTERS):  # what it wrote, letter by letter
        by_network = [False] * len(before) + [True] * (letter + 1 - len(before))
        update(page, text=text[: letter + 1], byNetwork=by_network, said=answer)
        update(page, look=letter)
        page.evaluate("letter => explorer.show(0, letter)", letter)
        is_last = letter == len(before) + LETTERS - 1
        yield shoot(page, letter), LONG if is_last else SHORT


def save(pictures: list[Image.Image], durations: list[int], gif: Path) -> None:
    """With one palette, so that the film says only what changes from picture to picture."""
    some = pictures[:: max(1, len(pictures) // 8)]
    strip = Image.new("RGB", (some[0].width, some[0].height * len(some)))
    for number, picture in enumerate(some):
        strip.paste(picture, (0, number * picture.height))
    colours = strip.quantize(COLOURS).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*colours[: 3 * COLOURS], *GREEN])
    images = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    first, *others = images
    first.save(gif, save_all=True, append_images=others, duration=durations, loop=0)


def film(html: Path, gif: Path) -> None:
    """Write the moving picture of a page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": 910, "height": 616},
            device_scale_factor=SCALE,
            reduced_motion="reduce",  # each picture shows a letter, and nothing between two
        )
        page.goto(html.as_uri())
        page.add_style_tag(content=STYLE)
        taken = list(scenes(page))
        browser.close()
    save([picture for picture, _ in taken], [duration for _, duration in taken], gif)


if __name__ == "__main__":
    arguments = [Path(argument).resolve() for argument in sys.argv[1:]]
    html = arguments[0] if arguments else REPORT / "explorer.html"
    film(html, arguments[1] if len(arguments) > 1 else REPORT / "explorer.gif")
