"""Runs a script in a page in Chromium, Firefox and WebKit; a browser that isn't there is skipped.

On Debian, as root: apt-get install chromium firefox-esr webkit2gtk-driver xvfb nodejs npm
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
from playwright.sync_api import sync_playwright

LIMIT = 300  # seconds, after which a browser that doesn't answer has failed
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
    pytest.skip(f"There is no {names[0]}: see tests/engines.py.")


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
        pytest.skip("There is no MiniBrowser: see tests/engines.py.")
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
