"""The quiz of notebook 04: passages by an author and by a network, and a reader who says which."""

import html
import math
from typing import Any, NamedTuple

import ipywidgets as w
import torch
from IPython.display import display

from course.display import Table, boxed, escape_markdown, is_interactive, show, status
from course.figures import COLOURS
from shakespeare.data import decode, encode
from shakespeare.sampling import chosen_options, continue_text, draw, probabilities
from study.novelty import find_words

PASSAGES = 10
LENGTH = 240  # characters of a passage
CONTEXT = 500  # characters that the network reads before it continues


class Passage(NamedTuple):
    """A passage of the quiz.

    `start` is where it begins in the author's text. `unknown` are its words that don't occur in the
    training text.
    """

    text: str
    start: int
    by_network: bool
    unknown: list[str]

    def writer(self) -> str:
        return "the network" if self.by_network else "the author"


# The passages.


def make_passages(
    network: Any, text: str, words: set[str], seed: int, **options: Any
) -> list[Passage]:
    """Ten passages, one in each tenth of a text; the network writes five of them.

    Each begins at the first line that starts after the first `CONTEXT` characters of its tenth. For
    five, drawn with the seed, the network reads these characters and continues; the other five are
    the author's. All are equally long. `words` are those of the training text, and `options` those
    of `generate`.
    """
    tenth = len(text) // PASSAGES
    starts = []
    for begin in range(0, PASSAGES * tenth, tenth):
        start = text.index("\n", begin + CONTEXT)
        while text[start] == "\n":
            start += 1
        starts.append(start)
    passages = [text[start : start + LENGTH] for start in starts]
    by_network = sorted(draw_half(seed))
    contexts = [text[starts[number] - CONTEXT : starts[number]] for number in by_network]
    continued = continue_each(network, contexts, LENGTH, seed, options)
    for number, written in zip(by_network, continued, strict=True):
        passages[number] = written
    found = []
    for number, (start, passage) in enumerate(zip(starts, passages, strict=True)):
        complete_words = find_words(passage)[:-1]  # the last one may be cut off
        unknown = sorted(set(complete_words) - words)
        found.append(Passage(passage, start, number in by_network, unknown))
    return found


def continue_each(
    network: Any, contexts: list[str], length: int, seed: int, options: dict[str, Any]
) -> list[str]:
    """What the network writes after each of the contexts, which are equally long, in one batch."""
    ids = torch.stack([encode(each, network.chars) for each in contexts]).long()  # (rows, time)
    generator = torch.Generator(network.device).manual_seed(seed)
    options = chosen_options(network) | options

    def pick(logits: torch.Tensor) -> tuple[None, torch.Tensor]:
        return None, draw(probabilities(logits, **options), generator)  # (rows,)

    drawn = [next_ids for _, next_ids in continue_text(network, ids, length, pick)]
    rows = torch.stack(drawn, dim=1)  # (rows, length)
    return [decode(row, network.chars) for row in rows]


def draw_half(seed: int) -> set[int]:
    """Half of the passages' numbers, from 0."""
    generator = torch.Generator().manual_seed(seed)
    return set(torch.randperm(PASSAGES, generator=generator)[: PASSAGES // 2].tolist())


def as_good_by_chance(right: int) -> float:
    """The probability that tossing a coin is right at least as often."""
    ways = sum(math.comb(PASSAGES, count) for count in range(right, PASSAGES + 1))
    return ways / 2**PASSAGES


# The widget.


class Quiz(w.VBox):
    """Passages one after another, with two buttons, and at the end who wrote which."""

    def __init__(self, passages: list[Passage]) -> None:
        super().__init__()
        self.passages = passages
        self.answers: list[bool] = []  # for each passage so far: whether the reader says "network"
        self.status = w.HTML()
        self.text = w.HTML()
        self.author_button = w.Button(description="The author")
        self.network_button = w.Button(description="The network")
        self.again_button = w.Button(description="Start again")
        self.author_button.on_click(lambda _: self.answer(by_network=False))
        self.network_button.on_click(lambda _: self.answer(by_network=True))
        self.again_button.on_click(lambda _: self.start())
        buttons = w.HBox([self.author_button, self.network_button, self.again_button])
        self.children = [self.status, self.text, buttons]
        self.start()

    def start(self) -> None:
        self.answers = []
        self.show()

    def answer(self, by_network: bool) -> None:
        self.answers.append(by_network)
        self.show()

    def show(self) -> None:
        """Show the next passage, or the result after the last one."""
        is_over = len(self.answers) == len(self.passages)
        self.author_button.disabled = is_over
        self.network_button.disabled = is_over
        self.again_button.disabled = not self.answers
        if is_over:
            sentence = result(self.passages, self.answers)
            self.text.value = answers_as_html(self.passages, self.answers)
        else:
            number = len(self.answers)
            sentence = f"Passage {number + 1} of {len(self.passages)}: who wrote this?"
            self.text.value = passage_as_html(self.passages[number])
        self.status.value = status(sentence)


def result(passages: list[Passage], answers: list[bool]) -> str:
    """How many answers are right, and how many would be by chance."""
    pairs = zip(passages, answers, strict=True)
    right = sum(passage.by_network == answer for passage, answer in pairs)
    chance = f"{as_good_by_chance(right):.0%}".replace("%", "\u00a0%")
    return (
        f"You were right about {right} of {len(passages)}. "
        f"Tossing a coin does at least as well in {chance} of all cases."
    )


def passage_as_html(passage: Passage) -> str:
    """A passage in a box, ending in an ellipsis: it is cut off after a number of characters."""
    return boxed(html.escape(f"{passage.text}…"), "passage")


def answers_as_html(passages: list[Passage], answers: list[bool]) -> str:
    """All passages, each under a line that says who wrote it and whether the reader was right."""
    parts = []
    for number, (passage, answer) in enumerate(zip(passages, answers, strict=True), 1):
        is_right = passage.by_network == answer
        verdict = "right" if is_right else "wrong"
        colour = COLOURS["green"] if is_right else COLOURS["vermilion"]
        line = f"<b>{number}. You are {verdict}: {passage.writer()} wrote this.</b>"
        if passage.unknown:
            line += f" Not in the training text: {html.escape(', '.join(passage.unknown))}."
        style = f"border-left:4px solid {colour};padding:.2em .6em;margin:.8em 0 .2em"
        parts.append(f'<div style="{style}">{line}</div>{passage_as_html(passage)}')
    return "".join(parts)


# Where nobody can press a button.


def show_quiz(passages: list[Passage]) -> None:
    """Display the quiz; where nobody can press its buttons, the passages and then the answers."""
    if is_interactive():
        display(Quiz(passages))
        return
    for number, passage in enumerate(passages, 1):
        print(f"--- passage {number}\n{passage.text}…\n")
    rows = []
    for number, passage in enumerate(passages, 1):
        unknown = escape_markdown(", ".join(passage.unknown)) or "–"
        rows.append([number, passage.writer(), f"{passage.start:,}", unknown])
    show(
        Table(
            "quiz",
            ["passage", "written by", "begins at", "words that the training text lacks"],
            rows,
            "The answers: who wrote each passage, where in the held-out text it begins, and which "
            f"of its words the training text lacks. {unknown_words(passages)}",
        )
    )


def unknown_words(passages: list[Passage]) -> str:
    """A sentence: how many passages of each writer have a word that the training text lacks."""
    of_author = [passage for passage in passages if not passage.by_network]
    of_network = [passage for passage in passages if passage.by_network]
    author = sum(bool(passage.unknown) for passage in of_author)
    network = sum(bool(passage.unknown) for passage in of_network)
    return (
        f"Such a word occurs in {author} of the author's {len(of_author)} passages and in "
        f"{network} of the network's {len(of_network)}."
    )
