"""Shannon's game in notebook 01: a reader guesses the hidden characters of a line one by one."""

import html
from typing import Any

import ipywidgets as w
from IPython.display import display
from torch import Tensor

from course.display import boxed, is_interactive, status, visible
from course.figures import COLOURS
from shakespeare.data import Corpus

LONG_LINE = 40  # characters: a line with at least as many is good to guess
SHOWN = 15  # characters of the line that the reader sees at first
HIDDEN = 20  # characters to guess
BEFORE = 300  # characters before the line that the reader sees, at most


def part_to_guess(text: str) -> slice:
    """Where the hidden characters are: in the first long line after 1,000 characters."""
    start = 0
    for line in text.split("\n"):
        if start >= 1_000 and len(line) >= LONG_LINE:
            break
        start += len(line) + 1
    hidden_start = start + SHOWN
    return slice(hidden_start, hidden_start + HIDDEN)


class Game(w.VBox):
    """A text, a box to type guesses into, and a button for those who have run out of ideas.

    `part` is what the line is taken from, and `p` (characters, vocab_size) what a program predicts
    there. `hidden` are the characters to guess, `where` their positions, and `guesses` how many
    guesses the reader has needed for each so far.
    """

    def __init__(self, part: Corpus, p: Tensor) -> None:
        super().__init__()
        self.chars = part.chars
        self.p = p
        text = part.text()
        self.where = part_to_guess(text)
        self.hidden = text[self.where]
        self.before = text[max(0, self.where.start - BEFORE) : self.where.start]
        self.guesses: list[int] = []
        self.tried: list[str] = []  # wrong guesses for the next character

        self.shown = w.HTML()
        self.box = w.Text(
            placeholder="click here and type",
            description="guesses",
            continuous_update=True,
            layout={"width": "20em"},
        )
        self.button = w.Button(description="Let the program guess", layout={"width": "14em"})
        self.status = w.HTML()
        self.box.observe(self.take_typed, "value")
        self.button.on_click(self.give_up)
        self.children = [self.shown, w.HBox([self.box, self.button]), self.status]
        self.show("")

    @property
    def is_over(self) -> bool:
        return len(self.guesses) == len(self.hidden)

    def take_typed(self, change: dict[str, Any]) -> None:
        """Take what was typed into the box as guesses, in order; fast typists send several at once.

        What was there before stays: to empty the box after each guess would lose the next ones.
        """
        typed = change["new"]
        unchanged = change["old"]
        while not typed.startswith(unchanged):
            unchanged = unchanged[:-1]
        for character in typed.removeprefix(unchanged):
            if self.is_over:
                break
            if character in self.chars:
                self.guess(character)
            else:
                self.show(f"{quoted(character)} doesn't occur in this text, so it doesn't count.")

    def guess(self, character: str) -> None:
        true = self.hidden[len(self.guesses)]
        if character in self.tried:
            self.show(f"You have already tried {quoted(character)}, so it doesn't count again.")
        elif character == true:
            self.reveal("right")
        else:
            self.tried.append(character)
            wrong = ", ".join(quoted(each) for each in self.tried)
            self.show(f"Wrong so far: {wrong}. Guess again.")

    def give_up(self, _: Any = None) -> None:
        """Let the program guess what the reader hasn't tried, until it is right."""
        if self.is_over:
            return
        true = self.hidden[len(self.guesses)]
        position = self.where.start + len(self.guesses)
        for k in self.p[position].argsort(descending=True).tolist():
            character = self.chars[k]
            if character == true:
                break
            if character not in self.tried:
                self.tried.append(character)
        self.reveal("found by the program")

    def reveal(self, how: str) -> None:
        """The next character has been found, after all that were tried in vain."""
        true = self.hidden[len(self.guesses)]
        needed = len(self.tried) + 1
        self.guesses.append(needed)
        self.tried = []
        if self.is_over:
            first = self.guesses.count(1)
            self.show(
                f"Done: {first} of {len(self.hidden)} characters on the first guess, and "
                f"{sum(self.guesses)} guesses in all. The next cell shows those of the program."
            )
        else:
            self.show(f"{quoted(true)}: {how}, guess {needed}.")

    def show(self, sentence: str) -> None:
        self.shown.value = line_as_html(self.before, self.hidden, len(self.guesses))
        self.status.value = status(sentence)
        self.box.disabled = self.is_over
        self.button.disabled = self.is_over


def quoted(character: str) -> str:
    return f"‘{visible(character)}’"


def line_as_html(before: str, hidden: str, known: int) -> str:
    """What was before, the characters known so far in bold, and a blank for each other one."""
    letters = html.escape(hidden[:known])
    colour = COLOURS["blue"]
    before_and_known = f'{html.escape(before)}<b style="color:{colour}">{letters}</b>'
    blanks = "_" * (len(hidden) - known)
    return boxed(before_and_known + blanks, "line")


def show_game(game: Game) -> None:
    """Display the game; where nobody can play it, print the line as a player first sees it."""
    if is_interactive():
        display(game)
    else:
        print(f"{game.before}{'_' * len(game.hidden)}\n")
        print("To play, open this notebook in JupyterLab or VS Code and run this cell.")
