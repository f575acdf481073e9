"""Explorer and book in Chromium, Firefox and WebKit: the same script tries all parts in each.

    python -m pytest -n 0 tests/page/slow

A browser that isn't there is skipped. On Debian, as root:

    apt-get install chromium firefox-esr webkit2gtk-driver xvfb nodejs npm
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from playwright.sync_api import sync_playwright

from report.book import write_book
from report.page.__main__ import build
from report.page.example import find_example
from shakespeare.data import Corpus
from shakespeare.pretrained import from_pretrained

LIMIT = 300  # seconds, after which a browser that doesn't answer has failed
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

# The same of a chapter of the book.
TRY_BOOK = """async () => {
  const until = async (condition) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await document.fonts.ready;
  const [asked] = document.querySelectorAll("search input");
  asked.value = "forget gate";
  asked.dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => document.querySelector("search ol a"));
  const found = document.querySelector("search ol a").textContent;
  document.querySelector(".solution summary").click();
  const { scrollWidth } = document.documentElement;
  return {
    found,
    isUnfolded: document.querySelector(".solution").open,
    hasFont: document.fonts.check('16px "STIX Two Math subset"'),
    formulas: document.querySelectorAll("math").length,
    fits: scrollWidth <= innerWidth,
  };
}"""

# Drives Firefox by WebDriver BiDi. No viewport, because Firefox can't set one this way.
FIREFOX = """
import puppeteer from "puppeteer-core";

const [executablePath, address, script] = process.argv.slice(2);
const options = { browser: "firefox", headless: true, defaultViewport: null };
const browser = await puppeteer.launch({ ...options, executablePath });
const page = await browser.newPage();
const errors = [];
page.on("console", (message) => {
  if (message.type() === "error") errors.push(message.text());
});
page.on("pageerror", (error) => errors.push(String(error)));
await page.goto(address);
const found = await page.evaluate(`(${script})()`);
console.log(JSON.stringify({ ...found, errors }));
await browser.close();
"""


def find(*names: str) -> str:
    """The path of the first program that is there; the test is skipped if none is."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    pytest.skip(f"There is no {names[0]}: see the top of this file.")


# What a script returns in a browser, and where the driver can tell, the errors on the console.


def try_chromium(page: Path, script: str, folder: Path) -> dict[str, Any]:
    program = find("chromium", "chromium-browser", "google-chrome")
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.on("console", lambda message: message.type == "error" and errors.append(message.text))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(page.as_uri())
        found = tab.evaluate(script)
        browser.close()
    return {**found, "errors": errors}


def try_firefox(page: Path, script: str, folder: Path) -> dict[str, Any]:
    program = find("firefox-esr", "firefox")
    node = find("node")
    command = [find("npm"), "install", "--no-fund", "--no-audit", "puppeteer-core"]
    installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT)
    if installed.returncode:
        pytest.skip(f"npm can't install puppeteer-core: {installed.stderr[:300]}")
    driver = folder / "firefox.mjs"
    driver.write_text(FIREFOX, encoding="utf-8")
    command = [node, str(driver), program, page.as_uri(), script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextlib.contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen]:
    """A program that is ended after the block."""
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def post(address: str, body: dict[str, Any]) -> Any:
    """What a WebDriver answers to a command."""
    content = json.dumps(body).encode()
    request = urllib.request.Request(address, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:
        return json.load(answer)["value"]


def wait_for(address: str) -> None:
    """Returns when a WebDriver answers."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/status", timeout=10).close()
            return
        time.sleep(0.1)
    raise TimeoutError(f"Nothing answers at {address}.")


def try_webkit(page: Path, script: str, folder: Path) -> dict[str, Any]:
    driver = find("WebKitWebDriver")
    screen = find("Xvfb")
    found = sorted(Path("/usr").glob("lib*/**/webkit2gtk-4*/MiniBrowser"))
    if not found:
        pytest.skip("There is no MiniBrowser: see the top of this file.")
    port = free_port()
    with (
        (folder / "log").open("w") as log,
        running([screen, "-displayfd", "1"], stdout=subprocess.PIPE, stderr=log, text=True) as x,
    ):
        display = x.stdout.readline().strip()  # the number that Xvfb chose
        environment = os.environ | {"DISPLAY": f":{display}"}
        with running([driver, f"--port={port}"], env=environment, stdout=log, stderr=log):
            return drive_webkit(f"http://127.0.0.1:{port}", str(found[-1]), page, script)


def drive_webkit(driver: str, program: str, page: Path, script: str) -> dict[str, Any]:
    """Tries the page in MiniBrowser, by the WebDriver at an address."""
    wait_for(driver)
    browser = {"binary": program, "args": ["--automation"]}
    wanted = {"alwaysMatch": {"webkitgtk:browserOptions": browser}}
    started = post(f"{driver}/session", {"capabilities": wanted})
    session = f"{driver}/session/{started['sessionId']}"
    try:
        post(f"{session}/timeouts", {"script": 1000 * LIMIT})
        post(f"{session}/url", {"url": page.as_uri()})
        answered = f"({script})().then(arguments[0])"
        return post(f"{session}/execute/async", {"script": answered, "args": []})
    finally:
        end = urllib.request.Request(session, method="DELETE")
        urllib.request.urlopen(end, timeout=60).close()


BROWSERS = {"chromium": try_chromium, "firefox": try_firefox, "webkit": try_webkit}


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
        pytest.skip("Fewer than two browsers are there: see the top of this file.")
    assert len(set(texts.values())) == 1


@pytest.fixture(scope="module")
def chapter(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("book") / "book"
    write_book(ROOT / "report" / "notebooks", folder, [])
    return folder / "02-lstm-equations.html"


@pytest.mark.parametrize("name", BROWSERS)
def test_a_chapter_is_searched_and_unfolded(name, chapter, tmp_path):
    found = BROWSERS[name](chapter, TRY_BOOK, tmp_path)
    assert found["found"].startswith("forget gate")
    assert found["isUnfolded"] and found["hasFont"] and found["fits"]
    assert found["formulas"] > 20
    assert not found.get("errors")
