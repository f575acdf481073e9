"""A strange text goes the whole way: 2,000 characters, emoji, CRLF lines, and what looks like code.

What looks like code is shown as text.
"""

import random
import subprocess
import sys

from conftest import ENVIRONMENT, NOTEBOOKS, SMOKE, Page, addresses, clone, make
from pypdf import PdfReader

HOSTILE = [
    "<script>fetch('https://evil.example')</script>",
    "<img src=x onerror=alert('evil')>",
    "[evil](javascript:alert(1)) ![evil](https://evil.example/x.png) `evil`{=html}",
    '#eval("evil") $\\undefined \\input{evil}$ {{training.date}}',
]


# As JupyterLab does, which leaves out no cell.
RUN_ALL = """
import sys
from pathlib import Path
from report import execute

execute.is_shakespeare_only = lambda cell: False
name, build = sys.argv[1:]
given = {"PROFILE": "smoke", "TEXT": "三國.txt"}
execute.main(Path(f"notebooks/{name}.ipynb"), Path(build, f"{name}.ipynb"), given)
"""


def corpus() -> str:
    rng = random.Random(1)
    first = 0x4E00  # of the Chinese characters
    words = []
    for k in range(2_000):
        words.append(chr(first + k) + chr(first + rng.randrange(2_000)))
    words += ["e\u0301", "🙂", "👩‍🚀", "नि", "٣"]
    lines = ["".join(rng.choices(words, k=8)) + "。" for _ in range(1_800)]
    return "\r\n".join([lines[0], *HOSTILE, *lines[1:], *HOSTILE])


def test_the_whole_course_and_a_sample(tmp_path):
    folder = clone(tmp_path / "course")
    given = (SMOKE, "TEXT=三國.txt")
    (folder / "三國.txt").write_text(corpus(), encoding="utf-8", newline="")
    done = make(folder, "report", *given)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]

    [build] = folder.glob("build/smoke-三國-*")
    pdf = build / "report.pdf"
    assert len(PdfReader(pdf).pages) > 3
    assert not [address for address in addresses(pdf) if "evil" in address]
    page = Page(build / "explorer.html")
    assert not [each for _, each in page.tags if "evil" in str(each)]

    environment = ENVIRONMENT | {"PYTHONPATH": f"{folder}:{folder / 'notebooks'}"}
    for name in NOTEBOOKS:
        command = [sys.executable, "-c", RUN_ALL, name, str(build)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]

    said = make(folder, "sample", *given, "PROMPT=一")
    assert said.returncode == 0 and said.stdout.startswith("一") and len(said.stdout) > 400
    refused = make(folder, "sample", *given, "PROMPT=ROMEO")
    assert refused.returncode != 0 and "'R'" in refused.stderr
