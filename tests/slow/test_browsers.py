"""The explorer in Chromium, Firefox and WebKit: it starts, writes, and repeats a seed everywhere.

    python -m pytest -n 0 -s tests/slow/test_browsers.py

A browser that isn't there is skipped. On Debian, as root:

    apt-get install chromium firefox-esr webkit2gtk-driver xvfb nodejs npm

`-s` shows how fast each browser writes.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from report.explorer.build import build

LIMIT = 300  # seconds, after which a browser that doesn't answer has failed
PROMPT = "\n\nROMEO:\n"

# Runs in the page: waits for the example, then for a text of the network.
TRY = """async () => {
  const byId = (id) => document.getElementById(id);
  const until = async (condition) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until(() => byId("focus").textContent.includes("probability"));
  const explained = byId("focus").textContent;

  byId("text").value = PROMPT;
  byId("text").dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => byId("progress").textContent === "");
  const start = performance.now();
  byId("generate").click();
  const hasStopped = () => /characters written|stopped/.test(byId("status").textContent);
  await until(hasStopped);
  const seconds = (performance.now() - start) / 1000;
  return { explained, text: byId("text").value, status: byId("status").textContent, seconds };
}""".replace("PROMPT", json.dumps(PROMPT))

# Drives Firefox by WebDriver BiDi. No viewport, because Firefox can't set one this way.
FIREFOX = """
import puppeteer from "puppeteer-core";

const [executablePath, address] = process.argv.slice(2);
const options = { browser: "firefox", headless: true, defaultViewport: null };
const browser = await puppeteer.launch({ ...options, executablePath });
const page = await browser.newPage();
const errors = [];
page.on("console", (message) => {
  if (message.type() === "error") errors.push(message.text());
});
page.on("pageerror", (error) => errors.push(String(error)));
await page.goto(address);
const found = await page.evaluate(TRY);
const version = await browser.version();
console.log(JSON.stringify({ ...found, version, errors }));
await browser.close();
""".replace("TRY", TRY)


@dataclass
class Result:
    """What happened in one browser."""

    explained: str  # what the page says about a character of the example
    text: str  # the prompt and what the network wrote
    status: str
    seconds: float  # from the click on Generate to the last character
    version: str
    errors: list[str] | None  # on the console; None where the driver can't tell

    @property
    def characters_a_second(self) -> float:
        return (len(self.text) - len(PROMPT)) / self.seconds


def find(*names: str) -> str:
    """The path of the first program that is there; the test is skipped if none is."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    pytest.skip(f"There is no {names[0]}: see the top of this file.")


def try_chromium(page: Path, folder: Path) -> Result:
    program = find("chromium", "chromium-browser", "google-chrome")
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.on("console", lambda message: message.type == "error" and errors.append(message.text))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(page.as_uri())
        result = Result(**tab.evaluate(TRY), version=f"Chromium {browser.version}", errors=errors)
        browser.close()
    return result


def try_firefox(page: Path, folder: Path) -> Result:
    program = find("firefox-esr", "firefox")
    node = find("node")
    command = [find("npm"), "install", "--no-fund", "--no-audit", "puppeteer-core"]
    installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT)
    if installed.returncode:
        pytest.skip(f"npm can't install puppeteer-core: {installed.stderr[:300]}")
    script = folder / "firefox.mjs"
    script.write_text(FIREFOX, encoding="utf-8")
    done = subprocess.run(
        [node, str(script), program, page.as_uri()], capture_output=True, text=True, timeout=LIMIT
    )
    assert done.returncode == 0, done.stderr
    return Result(**json.loads(done.stdout))


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


def try_webkit(page: Path, folder: Path) -> Result:
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
            return drive_webkit(f"http://127.0.0.1:{port}", str(found[-1]), page)


def drive_webkit(driver: str, program: str, page: Path) -> Result:
    """Tries the page in MiniBrowser, by the WebDriver at an address."""
    wait_for(driver)
    browser = {"binary": program, "args": ["--automation"]}
    wanted = {"alwaysMatch": {"webkitgtk:browserOptions": browser}}
    started = post(f"{driver}/session", {"capabilities": wanted})
    session = f"{driver}/session/{started['sessionId']}"
    try:
        post(f"{session}/timeouts", {"script": 1000 * LIMIT})
        post(f"{session}/url", {"url": page.as_uri()})
        script = f"({TRY})().then(arguments[0])"
        found = post(f"{session}/execute/async", {"script": script, "args": []})
    finally:
        end = urllib.request.Request(session, method="DELETE")
        urllib.request.urlopen(end, timeout=60).close()
    version = f"WebKit {started['capabilities']['browserVersion']}"
    return Result(**found, version=version, errors=None)


BROWSERS = {"chromium": try_chromium, "firefox": try_firefox, "webkit": try_webkit}


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "explorer.html"
    build(path)
    return path


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """Those of the browsers that were tried."""
    return {}


@pytest.mark.parametrize("name", BROWSERS)
def test_the_page_explains_its_example_and_writes(name, page, results, tmp_path):
    result = BROWSERS[name](page, tmp_path)
    results[name] = result
    print(f"\n{result.version}: {result.characters_a_second:.0f} characters a second")
    assert result.explained.startswith("P had a probability of")
    assert result.status == "5000 characters written."
    assert result.text.startswith(PROMPT)
    assert len(result.text) == len(PROMPT) + 5000
    assert not result.errors


def test_a_seed_writes_the_same_text_in_every_browser(results):
    if len(results) < 2:
        pytest.skip("Fewer than two browsers are there: see the top of this file.")
    texts = {name: result.text for name, result in results.items()}
    first = next(iter(texts.values()))
    assert texts == dict.fromkeys(texts, first)
