"""Film the explorer for the README, in Chromium: `make film` writes report/explorer.gif.

    python -m report.explorer.film [PAGE [GIF]]

The network continues a text letter by letter: surprise colours the letters, its cells light up, and
an arc finds the name that it copies.
"""

import io
import sys
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from .build import REPORT, find_chromium

SCALE = 0.8  # pixels of the film for one of the page
# After three letters, the network continues the name of the first heading.
TEXT = (
    "BIONDELLO:\nI pray the gods she may with all my heart!\n\n"
    "TRANIO:\nDally not with the gods, but get thee gone.\n\nBIO"
)
NAME = "BIONDELLO"
SEED = 1
LETTERS = 90  # that it writes
DURATION = 85  # milliseconds of a letter
LAST = 2000  # milliseconds, on the copied name
COLOURS = 63
GREEN = (0, 158, 115)  # of the arcs, which are so thin that no palette would have it
# The text beside bars and cells, without what one presses.
STYLE = """
  header, footer, .key, .tools, .message, .order, .inside, .title button, .words, #about-cell,
  #chosen-square, #learn, #network, #text-title { display: none !important; }
  body { padding: 18px 20px; }
  main section { border: 0 !important; padding: 0 !important; min-height: 0 !important; }
  .reader { display: grid !important; column-gap: 22px !important;
    grid-template: "text predicted" 196px "text memory" 1fr / 458px 380px !important; }
  .text { display: block !important; grid-area: text; }
  .desk { display: block !important; position: static !important; padding: 0 !important;
    border: 0 !important; }
  .predicted { grid-area: predicted; overflow: hidden; }
  .memory { grid-area: memory; }
  #sheet { height: 504px !important; max-height: none !important; overflow: hidden;
    margin: 0 !important; --left: 2.8rem !important; }
  #paper, #text { font-size: 18px !important; }
  #focus { min-height: 0 !important; }
  #focus > p { font-size: 15px; min-height: 2.9em !important; } /* two lines, always */
  .bars .bar:nth-child(n + 6) { display: none; }
"""


def shoot(page: Page, position: int) -> Image.Image:
    """A picture of the page when it shows the character at this position."""
    page.wait_for_function(f"view.explained.at === {position}")
    page.evaluate("() => new Promise(requestAnimationFrame)")  # the squares are drawn
    picture = page.screenshot(animations="disabled", caret="hide")
    return Image.open(io.BytesIO(picture)).convert("RGB")


def take_pictures(page: Page) -> list[Image.Image]:
    """One after each letter that the network writes, and one of the name that it has copied."""
    page.evaluate("page.speed.value = 'letter'")
    pictures = []
    for position in range(len(TEXT), len(TEXT) + LETTERS):
        page.evaluate("pressWrite()")
        pictures.append(shoot(page, position))
    text = page.locator("#text").input_value()
    middle = text.index(NAME, len(NAME)) + len(NAME) // 2
    page.evaluate(f"lookAt({middle})")
    pictures.append(shoot(page, middle))
    return pictures


def save(pictures: list[Image.Image], gif: Path) -> None:
    """With one palette, so that the film says only what changes from picture to picture."""
    some = pictures[:: len(pictures) // 8]
    strip = Image.new("RGB", (some[0].width, some[0].height * len(some)))
    for number, picture in enumerate(some):
        strip.paste(picture, (0, number * picture.height))
    colours = strip.quantize(COLOURS).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*colours[: 3 * COLOURS], *GREEN])
    images = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    durations = [DURATION] * (len(images) - 1) + [LAST]
    first, *others = images
    first.save(gif, save_all=True, append_images=others, duration=durations, loop=0)


def film(html: Path, gif: Path) -> None:
    """Write the moving picture of a page."""
    address = urlencode({"text": TEXT, "seed": SEED, "at": len(TEXT)})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": 900, "height": 540},
            device_scale_factor=SCALE,
            reduced_motion="reduce",  # each picture shows a letter, and nothing between two
            bypass_csp=True,  # the page forbids the code by which Playwright waits
        )
        page.goto(f"{html.as_uri()}#{address}")
        page.add_style_tag(content=STYLE)
        page.wait_for_function("view.explained.isEnd")
        pictures = take_pictures(page)
        browser.close()
    save(pictures, gif)


if __name__ == "__main__":
    arguments = [Path(argument).resolve() for argument in sys.argv[1:]]
    html = arguments[0] if arguments else REPORT / "explorer.html"
    film(html, arguments[1] if len(arguments) > 1 else REPORT / "explorer.gif")
