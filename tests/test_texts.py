"""Other texts: what is made of a package's files, and what happens if they aren't the pinned ones.

Nothing is downloaded: the packages are small ones that the tests make.
"""

import subprocess
import zipfile

import pytest

from study import texts


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """An empty folder for texts and wheels; pip must not run."""
    monkeypatch.setattr(texts, "FOLDER", tmp_path)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("pip has run"))
    return tmp_path


def test_python_source_is_made_of_the_modules_of_a_package(monkeypatch, folder):
    file = folder / f"celery-{texts.CELERY.version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {"b.py": "b = 2\n", "a.py": "a = 1\n", "a.txt": "no code\n"}.items():
            archive.writestr(name, content)
    sha256 = texts.sha256(file.read_bytes())
    monkeypatch.setattr(texts, "CELERY", texts.CELERY._replace(sha256=sha256))
    monkeypatch.setattr(texts, "INPUT_LENGTH", 8)
    assert texts.make_python().read_text() == "a = 1\nb "


def test_pip_downloads_the_pinned_version(monkeypatch, folder, refuses):
    def run(command, **_):
        assert command[-1] == f"celery=={texts.CELERY.version}"
        file = folder / f"celery-{texts.CELERY.version}-py3-none-any.whl"
        file.write_bytes(b"wheel")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    package = texts.CELERY._replace(sha256=texts.sha256(b"wheel"))
    assert texts.wheel(package).read_bytes() == b"wheel"
    with refuses("celery-", texts.CELERY.sha256, "delete it"):  # it is another wheel
        texts.wheel(texts.CELERY)


def test_a_text_that_cannot_be_had_says_so(monkeypatch, folder, refuses):
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: retrying\nno such package\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with refuses("pip could not download celery", "no such package"):
        texts.make_python()
    assert not list(folder.iterdir())
