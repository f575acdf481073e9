"""JupyterLab in a copy of the repository, in a browser without a window."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {  # no news from the network, and a look that does not follow the machine's
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "apputils-extension/themes": {"theme": "JupyterLab Light", "adaptive-theme": False},
}
OPEN = "path => window.jupyterapp?.shell.currentWidget?.context?.path === path"
RUN_ALL = """async () => {
  const panel = jupyterapp.shell.currentWidget;
  await panel.revealed;
  await panel.sessionContext.ready;
  const late = new Promise(done => setTimeout(done, 600_000, "late"));
  const run = jupyterapp.commands.execute("notebook:run-all-cells");
  return await Promise.race([run.then(() => panel.content.model.toJSON()), late]);
}"""


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[str]:
    """The address of JupyterLab, with its own settings, on a copy in profile smoke."""
    course = tmp_path_factory.mktemp("lab") / "course"
    unwanted = shutil.ignore_patterns(".*", "build", "tests", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, course, ignore=unwanted)
    for notebook in (course / "notebooks").glob("0*.ipynb"):
        source = notebook.read_text(encoding="utf-8")
        assert source.count('"PROFILE = \\"quick\\"') == 1
        notebook.write_text(
            source.replace('"PROFILE = \\"quick\\"', '"PROFILE = \\"smoke\\"'), encoding="utf-8"
        )

    own = course.parent
    for name, values in SETTINGS.items():
        path = own / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")
    } | {
        "PYTHONPATH": f"{course}:{course / 'notebooks'}",
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        "IPYTHONDIR": str(own / "ipython"),
    }
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
    ]
    options += [f"--ServerApp.root_dir={course}", "--expose-app-in-browser"]
    with (own / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            cwd=course,
            env=environment,
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                assert server.poll() is None, (own / "lab.log").read_text()
                time.sleep(0.5)
        yield f"{address}/lab/workspaces/NAME/tree/notebooks/NAME.ipynb?token={token}"
    finally:
        server.terminate()  # and its kernels
        server.wait(timeout=60)


@pytest.fixture(scope="session")
def executed(lab: str, browser: Browser) -> Callable[[str], tuple[Page, dict]]:
    """Open a notebook, once, and run its cells: the page, and the notebook as it then is."""
    done: dict[str, tuple[Page, dict]] = {}

    def executed(name: str) -> tuple[Page, dict]:
        if name not in done:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(120_000)
            page.goto(lab.replace("NAME", name))
            page.wait_for_function(OPEN, arg=f"notebooks/{name}.ipynb")
            notebook = page.evaluate(RUN_ALL)
            assert notebook != "late", f"{name} did not finish"
            done[name] = page, notebook
        return done[name]

    return executed
