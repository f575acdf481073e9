"""Film the explorer for the README, in Chromium: `make film` writes report/explorer.gif.

    python -m report.film [PAGE [GIF]]

The network reads a scene and copies a name; somebody types a name, which it copies, too; a quarter
of its memory is switched off, and it writes without.
"""

import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

HERE = Path(__file__).resolve().parent
SCALE = 0.8  # pixels of the film for one of the page
BEFORE = 24  # letters that are read before the one that is copied
NAME = "Mia"
LETTERS = 36  # that it writes without a quarter of its memory
SHORT = 85  # milliseconds of a letter
LONG = 2_800  # milliseconds, to look at something
COLOURS = 63
GREEN = (0, 158, 115)  # of the arcs, which are so thin that no palette would have it
# The text beside bars and cells, without what one presses.
STYLE = """
  header, footer, .key > :not(.chips), .chips .quiet, .chips [data-prompt], .tools, .order, #gates,
  .inside details, .title button, .words, #about-cell, #chosen-square, #learn, #network,
  #text-title, #progress, #at-rest { display: none !important; }
  body { padding: 18px 20px; }
  main section { border: 0 !important; padding: 0 !important; }
  .reader { display: grid !important; column-gap: 22px !important;
    grid-template: "text predicted" 200px "text memory" 322px "text inside" 1fr / 458px 390px
      !important; }
  .text { display: block !important; grid-area: text; }
  .desk { display: block !important; position: static !important; padding: 0 !important;
    border: 0 !important; }
  .predicted { grid-area: predicted; overflow: hidden; }
  .memory { grid-area: memory; }
  .inside { grid-area: inside; }
  #sheet { height: 544px !important; max-height: none !important; overflow: hidden;
    margin: 0.3rem 0 0 !important; --left: 2.8rem !important; }
  .message { font-size: 15px !important; }
  #broken { font-size: 14px; }
  #paper, #text { font-size: 16px !important; }
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


def position(page: Page) -> int:
    return page.evaluate("explorer.state.position")


def scenes(page: Page) -> Iterator[tuple[Image.Image, int]]:
    """Pictures, each with the milliseconds for which it is there."""
    initial = page.evaluate("explorer.state.network.config.initial")
    at = initial["at"]
    update(page, text="", readTo=0)
    update(page, text=initial["text"], readTo=at - BEFORE, inSight=[0, at])
    page.wait_for_function("count => explorer.state.read === count", arg=at - BEFORE)
    said = "It reads a passage that it has never seen."
    for letter in range(at - BEFORE, at + 1):
        if letter == at:
            said = "This letter it has copied."
        update(page, activity="reading", readTo=letter + 1, follows=True, said=said)
        yield shoot(page, letter), LONG if letter == at else SHORT

    update(page, activity="", readTo=10**9, follows=False)
    field = page.get_by_label("your name", exact=True)
    for count in range(1, len(NAME) + 1):
        field.fill(NAME[:count])
        yield shoot(page, position(page)), 4 * SHORT
    page.get_by_role("button", name="your name, twice").click()
    expect(page.locator("#status")).to_contain_text("the second")
    yield shoot(page, position(page)), LONG + SHORT
    update(page, said="")  # or it would soon write what the name says

    update(page, off="quarter", colour="broken")
    expect(page.locator("#broken")).to_contain_text("Without")
    update(page, said="A quarter of its memory is switched off.")
    yield shoot(page, position(page)), LONG
    update(page, colour="surprise")
    end = page.evaluate("explorer.state.characters.length")
    update(page, position=end, follows=False)
    for letter in range(end, end + LETTERS):
        page.locator("#draw").evaluate("button => button.click()")
        page.evaluate(DRAWN, letter + 1)
        update(page, said="Now it writes without it.", position=letter)
        yield shoot(page, letter), LONG if letter == end + LETTERS - 1 else SHORT
        update(page, position=letter + 1)


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
            viewport={"width": 910, "height": 664},
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
    html = arguments[0] if arguments else HERE / "explorer.html"
    film(html, arguments[1] if len(arguments) > 1 else HERE / "explorer.gif")
