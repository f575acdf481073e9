"""What `pip` installs from the wheel works in an empty environment, outside a clone."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ENVIRONMENT, ROOT, clone


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-v", "--no-deps", "--wheel-dir", folder]
    said = subprocess.run(
        [*command, clone(folder / "source")], check=True, capture_output=True, text=True
    )
    assert "Deprecat" not in said.stdout + said.stderr  # what next year's setuptools may refuse
    [wheel] = folder.glob("*.whl")
    return wheel


def test_the_wheel_has_all_of_the_module_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        installed = {name for name in archive.namelist() if ".dist-info/" not in name}
    listed = ["git", "ls-files", "shakespeare", "input.txt"]
    tracked = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    expected = set()
    for name in tracked.split():
        expected.add(name.replace("input.txt", "shakespeare/text/input.txt"))  # see package-dir
    assert installed == expected


def test_the_installed_command_writes_scores_trains_and_measures(wheel, tmp_path):
    """In a new environment; PyTorch comes from the one that runs the tests, or it'd be fetched."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    bin_folder = environment / ("Scripts" if sys.platform == "win32" else "bin")
    command = [bin_folder / "pip", "install", "-q", "--no-deps", wheel]
    subprocess.run(command, env=ENVIRONMENT, check=True)  # without a PYTHONPATH that has a clone
    [packages] = environment.glob("lib/*/site-packages")
    dependencies = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    (packages / "dependencies.pth").write_text(f"{dependencies}\n")

    def shakespeare(*arguments: str) -> str:
        command = [bin_folder / "shakespeare", *arguments]
        options = {"cwd": tmp_path, "env": ENVIRONMENT, "capture_output": True, "text": True}
        done = subprocess.run(command, check=True, **options)
        return done.stdout + done.stderr

    (tmp_path / "my.txt").write_text("To be, or not to be, that is the question.\n" * 300)
    assert shakespeare("--version").startswith("shakespeare ")
    assert shakespeare().startswith("usage: shakespeare")
    assert shakespeare("sample", "--model", "small", "--length", "20").startswith("ROMEO:")
    measured = shakespeare("evaluate", "small")
    assert "carried  1.2730" in measured and "/111540" in measured  # how much has been read
    assert "nanoGPT" in measured
    assert "epoch 2/2" in shakespeare("train", "my.txt", "mine", "--profile", "smoke")
    assert "the last 10 % of my.txt" in shakespeare("evaluate", "mine", "my.txt")
    assert "To be" in shakespeare("sample", "To be", "--model", "mine", "--length", "20")

    plays = "tiny-shakespeare"
    assert "epoch 2/2" in shakespeare("train", plays, "of-plays", "--profile", "smoke")
    assert shakespeare("sample", "--length", "20").startswith("ROMEO:")
