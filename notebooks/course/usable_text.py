"""Which texts the course can use. Notebook 01 checks it before anything is computed."""

from shakespeare.beyond.names import find_name
from shakespeare.data import WINDOW, Corpus
from shakespeare.files import InputError
from study.cells import targets, varies
from study.novelty import find_words, pieces

SHORTEST = 20 * (WINDOW + 1)  # characters: then each half of the last 10 % holds a window
PASSAGES = (200, 500)  # characters of a passage whose words notebook 04 counts: smoke, quick
SCORED = 2_000  # characters of each half in which notebook 06 scores cells: smoke; quick has more


def check_text(corpus: Corpus) -> None:
    """Raise InputError for a text in which a notebook wouldn't find what it is about."""
    if len(corpus.ids) < SHORTEST:
        needed = f"but the course needs at least {SHORTEST:,}: use a longer text."
        raise InputError(f"{corpus.name} has {len(corpus.ids):,} characters, {needed}")
    instead = "the command `shakespeare train` takes any text."
    split = corpus.split()
    for part in (split.train, split.validation, split.test):
        if not has_words(part.text()):
            reason = f"There are hardly any words in {part.name}, and the course counts words"
            raise InputError(f"{reason}: {instead}")
    if not has_layout(split.validation, split.test):
        reason = f"{corpus.name} has too few words, lines and sentences for a cell to follow"
        raise InputError(f"{reason}: {instead}")
    find_name(split.test.text())  # raises InputError where nothing returns


def has_words(text: str) -> bool:
    """Whether some passage of each length has three words: its first and last may be cut off."""
    for length in PASSAGES:
        most_words = max(len(find_words(passage)) for passage in pieces(text, length))
        if most_words < 3:
            return False
    return True


def has_layout(validation: Corpus, test: Corpus) -> bool:
    """Whether something that a cell could follow varies in both halves."""
    length = min(SCORED, len(validation.ids))
    in_validation = targets(validation.text()[:length])
    in_test = targets(test.text()[:length])
    return any(varies(in_validation[name]) and varies(in_test[name]) for name in in_validation)
