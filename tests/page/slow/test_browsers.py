"""The page in Chromium, Firefox and WebKit: the same script tries all parts in each.

python -m pytest -n 0 tests/page/slow
"""

import json
from pathlib import Path

import pytest
from conftest import ROOT
from engines import BROWSERS

from report.page.__main__ import build
from report.page.example import find_example
from shakespeare.data import Corpus
from shakespeare.pretrained import from_pretrained

PROMPT = "\n\nROMEO:\n"
PHRASE = "to be, or not to be:\n"

# Runs in the page, and does what the names of its functions say.
TRY = """async () => {
  const byId = (id) => document.getElementById(id);
  const until = async (condition) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const type = (id, text) => {
    byId(id).value = text;
    byId(id).dispatchEvent(new Event("input", { bubbles: true }));
  };

  const watchBirth = async () => {
    type("moment", 0);
    await until(() => byId("birth-words").textContent.startsWith("It doesn't copy"));
    type("moment", byId("moment").max);
    await until(() => byId("birth-words").textContent.startsWith("It copies"));
    return document.querySelectorAll("#birth-arcs path").length;
  };

  const explain = async () => {
    await until(() => byId("predicted").textContent.startsWith("LETTER had a probability"));
    return byId("copied").textContent;
  };

  const choose = async () => {
    byId("wall").focus();
    byId("wall").dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true }));
    type("sort", "inside a speaker heading");
    await until(() => byId("about-cell").textContent.includes("inside a speaker heading"));
    return byId("wall").getAttribute("data-cell");
  };

  const write = async () => {
    type("text", PROMPT);
    await until(() => byId("predicted-title").textContent.includes("next"));
    type("speed", "fast");
    explorer.writeOn({ seed: 1 });
    await until(() => /characters written|stopped/.test(byId("status").textContent));
    return { text: byId("text").value, status: byId("status").textContent };
  };

  const learn = async () => {
    const hasLearned = (sample) => sample.textContent.includes(PHRASE);
    type("learning-text", PHRASE.repeat(100));
    byId("go").click();
    await until(() => [...document.querySelectorAll("#samples samp")].some(hasLearned));
    byId("go").click();
    byId("use").click();
    await until(() => byId("which").textContent.includes("learned in this page"));
  };

  const saveAndOpen = async () => {
    const chosen = new DataTransfer();
    const { config, tensors } = explorer.state.network;
    for (const [name, bytes] of Object.entries(explorer.networkFiles(config, tensors))) {
      chosen.items.add(new File([bytes], name));
    }
    byId("files-field").files = chosen.files;
    byId("files-field").dispatchEvent(new Event("change"));
    await until(() => byId("network-status").textContent !== "");
    return byId("network-status").textContent;
  };

  await until(() => document.querySelectorAll("#paper .unread").length > 0);
  const unread = document.querySelectorAll("#paper .unread").length;
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  const { at } = explorer.state.network.config.initial;
  explorer.update({ look: at });
  const explained = await explain();
  byId("look-inside").open = true;
  const arcsOfBirth = await watchBirth();
  const chosen = await choose();
  const written = await write();
  await learn();
  const opened = await saveAndOpen();
  return { unread, arcsOfBirth, explained, chosen, ...written, opened };
}"""
INITIAL = find_example(from_pretrained("small"), Corpus.read(ROOT / "input.txt").split().test)
LETTER = INITIAL["text"][INITIAL["at"]]
for name, value in {"PROMPT": PROMPT, "PHRASE": PHRASE}.items():
    TRY = TRY.replace(name, json.dumps(value))
TRY = TRY.replace("LETTER", LETTER)


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "explorer.html"
    build("small", "tiny-shakespeare", path)
    return path


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """What was written in the browsers that were tried."""
    return {}


@pytest.mark.parametrize("name", BROWSERS)
def test_the_page_explains_writes_learns_and_opens(name, page, texts, tmp_path):
    found = BROWSERS[name](page, TRY, tmp_path)
    texts[name] = found["text"]
    assert found["unread"] > 50  # the example is read letter by letter
    assert "was copied from" in found["explained"]
    assert 0 < int(found["chosen"]) < 496
    assert found["status"] == "5,000 characters written."
    assert found["text"].startswith(PROMPT)
    assert len(found["text"]) == len(PROMPT) + 5000
    assert found["opened"].startswith("Opened")
    assert not found.get("errors")


def test_a_seed_writes_the_same_text_in_every_browser(texts):
    if len(texts) < 2:
        pytest.skip("Fewer than two browsers are there: see tests/engines.py.")
    assert len(set(texts.values())) == 1
