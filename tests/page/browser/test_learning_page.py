"""The explorer with other networks: one that learns in the page, and those of files."""

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from chromium import ROOT, press, violations
from playwright.sync_api import Page, expect

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.pretrained import from_pretrained, save_pretrained

PHRASE = "to be, or not to be:\n"
# Whether the browser would ask.
ASKS_BEFORE_LEAVING = "!dispatchEvent(new Event('beforeunload', { cancelable: true }))"
CURVES_END_AT_THE_LAST_STEP = """() => {
    const [read] = document.querySelector("#learning-progress").textContent.split(" ");
    const end = Number(read.replace(",", "")) > 20_000 ? read : "20,000";
    return document.querySelector("#curves").textContent.includes(`${end} characters read`);
}"""


@pytest.fixture
def files(tmp_path) -> list[Path]:
    """A network's two files; the page can't sample as its config.json says."""
    sizes = {"embedding_size": 4, "hidden_size": 6, "num_layers": 2}
    network = CopyLSTM(list("\n abehinort"), copy_size=3, memory=50, layer_norm=True, **sizes)
    network.facts = {"sampling": {"temperature": 5.0, "min_p": 0.333, "top_k": 40}}
    save_pretrained(network, tmp_path / "copying")
    return [tmp_path / "copying" / name for name in ("config.json", "model.safetensors")]


@pytest.fixture
def my_network(tmp_path) -> Path:
    """The folder that the solution of notebook 04's my_lstm.py writes."""
    text = tmp_path / "text.txt"
    text.write_text(PHRASE * 300, encoding="utf-8")
    program = ROOT / "notebooks" / "solutions" / "my_lstm.py"
    command = [sys.executable, program, text, tmp_path / "my-network", "20"]
    subprocess.run(command, check=True, capture_output=True)
    return tmp_path / "my-network"


def drop(page: Page, *paths: Path) -> None:
    """Drop files on the page, as a hand does."""
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": list(map(str, paths)), "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": 50, "y": 50, "data": data}
        devtools.send("Input.dispatchDragEvent", event)


def give_text(page: Page, text: str) -> None:
    page.locator("#learn summary").first.click()
    page.get_by_label("The text that it learns").fill(text)


def says(page: Page, words: str) -> None:
    expect(page.locator("#learning-status")).to_have_text(re.compile(words))


def test_a_network_learns_is_used_and_is_saved(page_of_each_size: Page, tmp_path, pictures: Path):
    page = page_of_each_size
    give_text(page, PHRASE * 100)
    page.get_by_role("slider", name="memory cells").fill("24")
    press(page, "Start")
    says(page, "Learning")
    samples = page.locator("#samples samp")
    expect(samples.filter(has_text=PHRASE).first).to_be_visible()
    first = page.locator("#first-sample")
    expect(first).to_contain_text("After 0 s")  # the noise stays beside it
    expect(first).to_be_visible()
    press(page, "Pause")
    page.wait_for_function(CURVES_END_AT_THE_LAST_STEP)
    expect(page.locator("#curves .heldOut")).not_to_have_count(0)
    assert not violations(page)
    width = page.viewport_size["width"]
    page.locator("#learn").screenshot(path=pictures / f"learning-{width}.png")

    press(page, "Use this network")
    expect(page.locator("#which")).to_have_text(re.compile("learned in this.* 24 memory cells"))
    page.locator("#text").fill("to be, or no")
    expect(page.locator("#candidates button").first).to_contain_text("t")
    press(page, "Write")
    expect(page.locator("#text")).to_have_value(re.compile("^to be, or not to be"))
    page.keyboard.press("Escape")

    downloads = []
    page.on("download", lambda download: downloads.append(download))
    assert page.evaluate(ASKS_BEFORE_LEAVING)
    press(page, "Save this network")
    expect(page.locator("#network-status")).to_contain_text("config.json and model.safetensors")
    while len(downloads) < 2:
        page.wait_for_event("download")
    for download in downloads:
        download.save_as(tmp_path / download.suggested_filename)
    assert not page.evaluate(ASKS_BEFORE_LEAVING)
    network = from_pretrained(tmp_path)
    assert network.chars == sorted(set(PHRASE))
    assert network.config()["hidden_size"] == 24


def test_a_network_that_learned_here_is_asked_for_a_name(page: Page):
    give_text(page, "BENTON:\nto be, or not to be.\n\n" * 50)
    press(page, "Start")
    says(page, "Learning")
    press(page, "Use this network")
    expect(page.locator("#status")).to_contain_text("Now ask it your name, above.")
    page.get_by_label("your name", exact=True).fill("Bon")
    press(page, "Find out")
    expect(page.locator("#status")).to_contain_text("It has no copy head")


def test_what_was_paused_is_resumed(page: Page):
    give_text(page, "short")
    press(page, "Start")
    says(page, "^The text has 5 characters: choose one with at least 1,000.$")
    page.get_by_label("The text that it learns").fill(PHRASE * 60)
    page.get_by_role("slider", name="memory cells").fill("8")
    press(page, "Start")
    samples = page.locator("#samples li")
    expect(samples).to_have_count(1)  # and the first
    press(page, "Pause")
    press(page, "Resume")
    expect(samples).to_have_count(2)  # after that from before
    press(page, "Pause")


def test_files_are_opened_and_damaged_ones_are_refused_in_a_sentence(page: Page, files):
    which = page.locator("#which")
    status = page.locator("#network-status")
    own = which.text_content()

    page.set_input_files("#files-field", files)
    expect(which).to_have_text(re.compile("2 layers of 6 .* knows 11 characters. It can copy"))
    expect(status).to_have_text(re.compile("^Opened. .* Temperature is now 2, and min-p 0.335.$"))
    page.locator("#text").fill("to be or not to be!")
    expect(page.locator("#paper")).to_have_text("to be or not to be!")
    expect(page.locator("#paper .unknown")).to_have_text("!")
    press(page, "Back to the page's network")
    expect(which).to_have_text(own)

    weights = files[1].read_bytes()
    files[1].write_bytes(weights[:-10])
    page.set_input_files("#files-field", files)
    expect(status).to_have_text(re.compile("^model.safetensors is damaged"))
    expect(which).to_have_text(own)
    page.locator("#text").fill("To be")
    expect(page.locator("#candidates button").first).to_contain_text("%")


def test_the_network_of_my_lstm_opens_and_writes(page: Page, my_network: Path):
    which = page.locator("#which")
    words = "one layer of 256 memory cells and knows 10 characters."
    from_folder = re.compile(f"your folder “my-network”. It has {words}")
    page.set_input_files("#folder-field", my_network)
    expect(which).to_have_text(from_folder)
    page.locator("#text").fill("to be")
    press(page, "Write")
    expect(page.locator("#text")).to_have_value(re.compile("^to be.{5}", re.DOTALL))
    page.keyboard.press("Escape")

    press(page, "Back to the page's network")
    drop(page, *my_network.iterdir())  # with the program
    expect(which).to_have_text(re.compile(f"the files you opened. It has {words}"))

    config = json.loads((my_network / "config.json").read_text(encoding="utf-8"))
    changed = config | {"architecture": "GRU"}
    (my_network / "config.json").write_text(json.dumps(changed), encoding="utf-8")
    drop(page, *my_network.iterdir())
    says_what_it_opens = "another class: this page opens a CharLSTM, NormDropoutLSTM or CopyLSTM."
    expect(page.locator("#network-status")).to_contain_text(says_what_it_opens)


def test_it_says_when_learning_is_worth_its_trouble(page: Page):
    """Three characters don't tell which word comes next, so counting knows it less well.

    Fifty letters in a row, which would count as recited, hardly occur twice among these words.
    """
    words = ["thousand", "thorough", "thoughts", "thinking"]
    words += ["thirteen", "thirsty", "thunders", "together"]
    rng = random.Random(1)
    give_text(page, " ".join(rng.choice(words) for _ in range(2_400)))
    page.get_by_role("slider", name="memory cells").fill("32")
    press(page, "Start")
    says(page, "^Learning. Below counting: the network is now worth its trouble.$")
    press(page, "Pause")
    says(page, "^Paused. Below counting")


def test_it_says_when_it_recites_a_short_text(page: Page):
    give_text(page, PHRASE * 60)
    page.get_by_role("slider", name="memory cells").fill("32")
    press(page, "Start")
    says(page, "^Learning. It recites: half of what it writes, or more, is in its text")
    press(page, "Pause")
