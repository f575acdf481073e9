"""What `pip install .` installs is the whole module, and the course's helpers."""

import subprocess
import sys
import zipfile

from conftest import ROOT, clone


def test_the_wheel_has_all_files_of_the_module_and_of_the_helpers(tmp_path):
    folder = clone(tmp_path / "course")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", tmp_path]
    subprocess.run([*command, folder], check=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        installed = {name for name in archive.namelist() if ".dist-info/" not in name}
    listed = ["git", "ls-files", "shakespeare", "notebooks/course"]
    tracked = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert installed == {name.removeprefix("notebooks/") for name in tracked.split()}
