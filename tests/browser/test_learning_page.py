"""The explorer with other networks: one that learns in the page, and those of files."""

import re
from pathlib import Path

import pytest
from conftest import violations
from playwright.sync_api import Page, expect

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.model import CharLSTM

PHRASE = "to be, or not to be:\n"
DROP = """([selector, files]) => {
  const dataTransfer = new DataTransfer();
  for (const [name, content] of Object.entries(files)) {
    dataTransfer.items.add(new File([content], name));
  }
  const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
  document.querySelector(selector).dispatchEvent(drop);
}"""
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


@pytest.fixture
def files(tmp_path) -> list[Path]:
    """A network's two files; the page can't sample as its config.json says."""
    sizes = {"embedding_size": 4, "hidden_size": 6, "num_layers": 2}
    network = CopyLSTM(list("\n abehinort"), copy_size=3, memory=50, layer_norm=True, **sizes)
    network.facts = {"sampling": {"temperature": 5.0, "min_p": 0.333, "top_k": 40}}
    network.save_pretrained(tmp_path / "copying")
    return [tmp_path / "copying" / name for name in ("config.json", "model.safetensors")]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def give_text(page: Page, text: str) -> None:
    page.locator("#learn summary").first.click()
    page.get_by_label("The text that it learns").fill(text)


def says(page: Page, words: str) -> None:
    expect(page.locator("#learning-status")).to_have_text(re.compile(words))


def test_a_network_learns_is_used_and_is_saved(page_of_each_size: Page, tmp_path, pictures: Path):
    page = page_of_each_size
    give_text(page, PHRASE * 100)
    page.get_by_label("memory cells").fill("24")
    press(page, "Start")
    says(page, "Learning")
    samples = page.locator("#samples samp")
    expect(samples.filter(has_text=PHRASE).first).to_be_visible()
    press(page, "Pause")
    assert PHRASE not in samples.first.text_content()  # the noise is kept
    for curve in ("training", "heldOut"):
        points = page.locator(f"#curves polyline.{curve}").get_attribute("points")
        assert len(points.split()) >= 2
    expect(page.locator("#curves")).to_have_accessible_name(re.compile("held-out text from 2"))
    assert not violations(page)
    width = page.viewport_size["width"]
    page.locator("#learn").screenshot(path=pictures / f"learning-{width}.png")

    press(page, "Use this network")
    expect(page.locator("#which")).to_have_text(re.compile("learned in this.* 24 memory cells"))
    page.locator("#text").fill("to be, or not")
    expect(page.locator("#focus")).to_contain_text("t had a probability of")
    press(page, "Generate")
    expect(page.locator("#text")).to_have_value(re.compile("^to be, or not to be"))
    page.keyboard.press("Escape")

    downloads = []
    page.on("download", lambda download: downloads.append(download))
    press(page, "Save this network")
    expect(page.locator("#network-status")).to_contain_text("config.json and model.safetensors")
    while len(downloads) < 2:
        page.wait_for_event("download")
    for download in downloads:
        download.save_as(tmp_path / download.suggested_filename)
    network = CharLSTM.from_pretrained(tmp_path)
    assert network.chars == sorted(set(PHRASE))
    assert network.config()["hidden_size"] == 24


def test_what_was_paused_is_resumed_and_other_cells_start_a_new_network(page: Page):
    give_text(page, "short")
    press(page, "Start")
    says(page, "^The text has 5 characters: choose one with at least 1,000.$")
    page.get_by_label("The text that it learns").fill(PHRASE * 60)
    page.get_by_label("memory cells").fill("8")
    press(page, "Start")
    samples = page.locator("#samples li")
    expect(samples).to_have_count(2)
    assert not page.get_by_label("window").is_editable()
    press(page, "Pause")
    page.get_by_label("window").fill("10")
    press(page, "Resume")
    expect(samples).to_have_count(3)  # after those from before
    press(page, "Pause")
    page.get_by_label("memory cells").fill("9")
    says(page, "needs a new network")
    press(page, "Start a new network")
    expect(samples.first).to_contain_text("After 0 s, 0 characters")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_files_are_opened_and_damaged_ones_are_refused_in_a_sentence(page: Page, files):
    which = page.locator("#which")
    status = page.locator("#network-status")
    own = which.text_content()

    page.set_input_files("#open", files)
    expect(which).to_have_text(re.compile("2 layers of 6 .* knows 11 characters. It can copy"))
    expect(status).to_have_text(re.compile("^Opened. .* Temperature .* its top_k of 40.$"))
    expect(page.get_by_label("temperature")).to_have_value("2")  # the highest
    expect(page.get_by_label("min-p", exact=True)).to_have_value("0.335")  # in steps of 0.005
    page.locator("#text").fill("to be or not to be!")
    expect(page.locator("#paper .unknown")).to_have_text("!")
    for _ in range(2):  # to before the e
        page.locator("#text").press("ArrowLeft")
    expect(page.locator("#focus")).to_contain_text("came from copying")
    press(page, "Back to the page's network")
    expect(which).to_have_text(own)
    expect(page.locator("#found option")).not_to_have_count(1)

    weights = files[1].read_bytes()
    files[1].write_bytes(weights[:-10])
    page.set_input_files("#open", files)
    expect(status).to_have_text(re.compile("^model.safetensors is truncated[^.]*[.]$"))
    expect(which).to_have_text(own)
    page.locator("#text").fill("To be")
    expect(page.locator("#focus")).to_contain_text("e had a probability")


def test_files_can_be_dropped_on_the_page(page: Page):
    to_learn = page.get_by_label("The text that it learns")
    text = to_learn.input_value()
    page.evaluate(DROP, ["#learn", {"<b>.json": "{}", "diary.txt": PHRASE * 100}])
    expect(page.locator("#network-status")).to_have_text(re.compile("^Choose two files together"))
    assert to_learn.input_value() == text
    page.evaluate(DROP, ["#text", {"<b>Märchen.txt": PHRASE * 100}])
    says(page, '^"<b>Märchen.txt" is loaded. Press “Start”.$')
    expect(to_learn).to_have_value(PHRASE * 100)


def test_100000_pasted_characters_do_not_freeze_it_while_it_learns(page: Page):
    press(page, "Start")
    says(page, "Learning")
    long = "".join(f"Line {k} of a long text.\n" for k in range(4000))[:100_000]
    page.evaluate(PASTE, long)
    assert page.evaluate(WORST) < 1000
    page.locator("#text").press("Control+End")
    page.keyboard.type("quick")
    assert page.locator("#text").input_value().endswith("quick")
    press(page, "Pause")
    says(page, "Paused")
