"""The panel of notebook 04 writes while you watch; a report shows an example of its text."""

import asyncio
import html
import time
from collections.abc import Iterator
from typing import Any

import ipywidgets as w
from IPython import get_ipython
from IPython.display import display
from torch import Tensor

from shakespeare.files import InputError
from shakespeare.sampling import steps

from .display import COLOURS, visible

REFRESH = 1 / 15  # seconds between updates: sending every character would swamp the browser
LIKELIEST = 8  # characters in the distribution of the next one
LABEL = {"description_width": "7em"}
FLEXIBLE = {"flex": "1 1 15em", "width": "auto"}


class Panel(w.VBox):
    """Settings, two buttons, the text and the distribution of the next character.

    `network` is what `generate` takes; temperature and min-p begin at what was chosen for it.
    """

    latest: "Panel | None" = None  # the one on display

    def __init__(self, network: Any, prompt: str, length: int, seed: int) -> None:
        self.network = network
        self.task: asyncio.Task[None] | None = None  # the writing
        chosen = network.facts.get("sampling", {})
        temperature = chosen.get("temperature", 1.0)
        min_p = chosen.get("min_p", 0.0)

        self.prompt = w.Textarea(prompt, description="prompt", rows=3, style=LABEL, layout=FLEXIBLE)
        self.temperature = slider("temperature", temperature, 0, 2, step=0.05)
        self.min_p = slider("min-p (0: off)", min_p, 0, 0.5, step=0.005)
        self.top_p = slider("top-p (1: off)", 1, 0.05, 1, step=0.05)
        self.top_k = number("top-k (0: off)", 0, 0, len(network.chars))
        self.length = number("length", length, 1, 50_000)
        self.seed = number("seed", seed, 0, 2**31 - 1)
        self.generate = w.Button(description="Generate", button_style="primary")
        self.stop = w.Button(description="Stop", disabled=True)
        self.status = w.HTML(layout={"flex": "1 1 15em"})
        self.text = w.HTML(layout={"flex": "2 1 24em"})
        self.next = w.HTML(layout={"flex": "1 1 12em"})

        self.generate.on_click(self.start)
        self.stop.on_click(self.cancel)
        rows = [
            [self.prompt],
            [self.temperature, self.min_p, self.top_p],
            [self.top_k, self.length, self.seed],
            [self.generate, self.stop, self.status],
            [self.text, self.next],
        ]
        super().__init__([w.HBox(row, layout={"flex_flow": "row wrap"}) for row in rows])

    def start(self, _: Any = None) -> None:
        """Start writing, unless it is already under way."""
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self.write())

    def cancel(self, _: Any = None) -> None:
        if self.task is not None:
            self.task.cancel()

    def options(self) -> dict[str, Any]:
        """The widgets' values, as `steps` takes them."""
        return {
            "temperature": self.temperature.value,
            "min_p": self.min_p.value,
            "top_p": self.top_p.value,
            "top_k": None if self.top_k.value == 0 else self.top_k.value,
            "seed": self.seed.value,
        }

    async def write(self) -> None:
        """Write, and let the kernel read its messages, such as Stop, after each character."""
        prompt = self.prompt.value
        written = ""
        p = None
        shown_at = 0.0
        self.set_busy(True)
        self.show_status("")
        sentence = ""
        colour = "transparent"
        try:
            length = self.length.value
            for written, p in growing(self.network, prompt, length, **self.options()):
                if time.monotonic() > shown_at + REFRESH:
                    self.show_text(prompt, written, p)
                    shown_at = time.monotonic()
                await asyncio.sleep(0)
            sentence = f"{len(written):,} characters."
        except asyncio.CancelledError:
            sentence = f"Stopped after {len(written):,} characters."
        except InputError as error:
            sentence = str(error)
            colour = COLOURS["forget"]
        except Exception as error:  # in a task it would stay invisible
            sentence = repr(error)
            colour = COLOURS["forget"]
        finally:  # the whole text first: the sentence counts its characters
            if p is not None:
                self.show_text(prompt, written, p)
            self.show_status(sentence, colour)
            self.set_busy(False)

    def set_busy(self, is_busy: bool) -> None:
        self.generate.disabled = is_busy
        self.stop.disabled = not is_busy

    def show_status(self, sentence: str, colour: str = "transparent") -> None:
        style = f"border-left:3px solid {colour};line-height:1.4;padding:.3em .5em"
        self.status.value = f'<div role="status" style="{style}">{html.escape(sentence)}</div>'

    def show_text(self, prompt: str, written: str, p: Tensor) -> None:
        """Show the end of the text, and the likeliest characters by p (1, vocab_size)."""
        self.text.value = text_as_html(prompt, written)
        self.next.value = bars_as_html(likeliest(p[0], self.network.chars))


def growing(network: Any, prompt: str, length: int, **options: Any) -> Iterator[tuple[str, Tensor]]:
    """What is written after 0, 1, ... `length` characters, and p (1, vocab_size) of what follows.

    `steps` yields p with the character drawn from it, so one more is drawn, but not shown.
    """
    written = ""
    for p, ids in steps(network, prompt, length + 1, **options):
        yield written, p
        written += network.chars[int(ids)]


def slider(label: str, value: float, low: float, high: float, step: float) -> w.FloatSlider:
    return w.FloatSlider(
        value,
        min=low,
        max=high,
        step=step,
        readout_format=".3f" if step < 0.01 else ".2f",
        description=label,
        style=LABEL,
        layout=FLEXIBLE,
    )


def number(label: str, value: int, low: int, high: int) -> w.BoundedIntText:
    return w.BoundedIntText(
        value, min=low, max=high, description=label, style=LABEL, layout=FLEXIBLE
    )


def likeliest(p: Tensor, chars: list[str]) -> list[tuple[str, float]]:
    """The likeliest characters by p (vocab_size,), made visible, with their probabilities."""
    values, ids = p.topk(min(LIKELIEST, len(chars)))
    names = [visible(chars[k]) for k in ids.tolist()]
    return list(zip(names, values.tolist(), strict=True))


def text_as_html(prompt: str, written: str) -> str:
    """The prompt in bold and what follows it, in a box that keeps its end in view."""
    box = (
        "border:1px solid var(--jp-border-color2);font-family:var(--jp-code-font-family);"
        "display:flex;flex-direction:column-reverse;height:calc(14 * 1.4em);overflow-y:auto"
    )
    lines = "margin:0 .5em auto;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.4"
    text = f"<b>{html.escape(prompt)}</b>{html.escape(written)}"
    region = f'<div role="region" aria-label="text" tabindex="0" style="{box}">'
    return f'{region}<div style="{lines}">{text}</div></div>'


def bars_as_html(probabilities: list[tuple[str, float]]) -> str:
    """A line for each character: its name, a bar, its probability."""
    grid = "display:grid;grid-template-columns:1.5em 1fr 3em;gap:.3em .6em;margin:.4em 0"
    bar = f"background:{COLOURS['output']};border-radius:2px"
    rows = []
    for name, p in probabilities:
        rows.append(f"<samp>{html.escape(name)}</samp>")
        rows.append(f'<span style="{bar};width:{p:.1%}"></span>{p:.3f}')
    group = f'<div role="group" aria-label="next" style="{grid}">{"".join(rows)}</div>'
    return f'<div style="margin-left:1em">The next character{group}</div>'


def is_interactive() -> bool:
    """Whether somebody can press buttons: front ends name the cell they run; papermill doesn't."""
    shell: Any = get_ipython()
    if not hasattr(shell, "get_parent"):
        return False
    return "cellId" in shell.get_parent().get("metadata", {})


def show_panel(network: Any, prompt: str, length: int = 300, seed: int = 0) -> None:
    """Display the panel; where nobody can press its buttons, print an example of its text."""
    if is_interactive():
        if Panel.latest is not None:
            Panel.latest.cancel()  # the cell ran again, so nobody sees what that one writes
        Panel.latest = Panel(network, prompt, length, seed)
        display(Panel.latest)
    else:
        print_example(network, prompt, length, seed)


def print_example(network: Any, prompt: str, length: int, seed: int) -> None:
    written, p = list(growing(network, prompt, length, seed=seed))[-1]
    print(f"{prompt}{written}\n\nThe next character:")
    for name, value in likeliest(p[0], network.chars):
        bar = "█" * round(40 * value)
        print(f"{name:>4}  {value:.3f}  {bar}".rstrip())
