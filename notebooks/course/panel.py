"""The panel of notebook 04, which writes while you watch; in a report, an example of its text."""

from __future__ import annotations

import asyncio
import html
import time
from functools import partial
from typing import Any

import ipywidgets as w
from IPython import get_ipython
from IPython.display import display
from torch import Tensor

from shakespeare.files import InputError
from shakespeare.model import CharLSTM
from shakespeare.sampling import steps

from .display import COLOURS

START: dict[str, Any] = {"temperature": 0.8, "top_p": 1.0}
REFRESH = 1 / 15  # seconds between updates: a browser that gets every character falls behind


def likeliest(p: Tensor, chars: list[str], count: int = 8) -> list[tuple[str, float]]:
    """The likeliest characters by p (vocab_size,), made visible, with their probabilities."""
    values, ids = p.topk(min(count, len(chars)))
    visible = {c: c if c.isprintable() else repr(c)[1:-1] for c in chars} | {" ": "␣", "\n": "↵"}
    return [(visible[chars[k]], v) for k, v in zip(ids.tolist(), values.tolist(), strict=True)]


class Panel(w.VBox):
    """Settings, two buttons, the text, and beside it the distribution of the next character."""

    latest: Panel | None = None  # the one on display

    def __init__(self, model: CharLSTM, prompt: str, length: int, seed: int) -> None:
        style, layout = {"description_width": "7em"}, {"flex": "1 1 15em", "width": "auto"}
        slider = partial(w.FloatSlider, step=0.05, style=style, layout=layout)
        number = partial(w.BoundedIntText, style=style, layout=layout)
        self.model = model
        self.task: asyncio.Task[None] | None = None
        self.prompt = w.Textarea(prompt, description="prompt", rows=3, style=style, layout=layout)
        self.temperature = slider(START["temperature"], min=0, max=2, description="temperature")
        self.top_p = slider(START["top_p"], min=0.05, max=1, description="top-p (1: off)")
        self.top_k = number(0, max=len(model.chars), description="top-k (0: off)")
        self.length = number(length, min=1, max=50_000, description="length")
        self.seed = number(seed, max=2**31 - 1, description="seed")
        self.generate = w.Button(description="Generate", button_style="primary")
        self.stop = w.Button(description="Stop", disabled=True)
        self.status = w.HTML(layout={"flex": "1 1 15em"})
        self.text = w.HTML(layout={"flex": "2 1 24em"})
        self.next = w.HTML(layout={"flex": "1 1 12em", "padding": "0 0 0 1em"})
        self.generate.on_click(lambda _: self.start())
        self.stop.on_click(lambda _: self.task and self.task.cancel())
        rows = [[self.prompt], [self.temperature, self.top_p], [self.top_k, self.length, self.seed]]
        rows += [[self.generate, self.stop, self.status], [self.text, self.next]]
        super().__init__([w.HBox(row, layout={"flex_flow": "row wrap"}) for row in rows])

    def start(self) -> None:
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self.write())

    def show_status(self, sentence: str, colour: str = "transparent") -> None:
        look = f"border-left:3px solid {colour};line-height:1.4;padding:.3em .5em"
        self.status.value = f'<div role="status" style="{look}">{html.escape(sentence)}</div>'

    def show_text(self, prompt: str, written: str, p: Tensor) -> None:
        """Show the text, scrolled to its end, and the likeliest characters by p (1, vocab_size)."""
        frame = "border:1px solid var(--jp-border-color2);font-family:var(--jp-code-font-family)"
        page = "display:flex;flex-direction:column-reverse;height:calc(14 * 1.4em);overflow-y:auto"
        lines = "margin:0 .5em auto;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.4"
        self.text.value = (
            f'<div role="region" aria-label="text" tabindex="0" style="{frame};{page}">'
            f'<div style="{lines}"><b>{html.escape(prompt)}</b>{html.escape(written)}</div></div>'
        )
        grid = "display:grid;grid-template-columns:1.5em 1fr 3em;gap:.3em .6em;line-height:1.3"
        bar = f"background:{COLOURS['output']};border-radius:2px;width"
        rows = "".join(
            f'<samp>{html.escape(name)}</samp><span style="{bar}:{value:.1%}"></span>{value:.3f}'
            for name, value in likeliest(p[0], self.model.chars)
        )
        rows = f'<div role="group" aria-label="next" style="{grid}">{rows}</div>'
        self.next.value = f'<div style="padding:.35em 0">The next character</div>{rows}'

    async def write(self) -> None:
        """Write; after each character the kernel may read its messages, such as Stop."""
        prompt, written, drawn, p, shown = self.prompt.value, "", "", None, 0.0
        settings = {name: getattr(self, name).value for name in ("temperature", "top_p", "seed")}
        settings |= {"top_k": self.top_k.value or None, "length": self.length.value + 1}
        self.generate.disabled, self.stop.disabled = True, False
        self.show_status("")
        try:
            # Draw one character more than is shown, so p is always of the character after the text.
            for p, ids in steps(self.model, prompt, **settings):
                written, drawn = written + drawn, self.model.chars[int(ids)]
                if time.monotonic() > shown + REFRESH:
                    self.show_text(prompt, written, p)
                    shown = time.monotonic()
                await asyncio.sleep(0)
            self.show_status(f"{len(written):,} characters.")
        except asyncio.CancelledError:
            self.show_status(f"Stopped after {len(written):,} characters.")
        except Exception as error:  # an error in a task would stay invisible
            sentence = str(error) if isinstance(error, InputError) else repr(error)
            self.show_status(sentence, COLOURS["forget"])
        finally:
            if p is not None:
                self.show_text(prompt, written, p)
            self.generate.disabled, self.stop.disabled = False, True


def is_interactive() -> bool:
    """Whether you can press buttons: front ends name the cell they run, papermill does not."""
    shell = get_ipython()
    return hasattr(shell, "get_parent") and "cellId" in shell.get_parent().get("metadata", {})


def show_panel(model: CharLSTM, prompt: str, length: int = 300, seed: int = 0) -> None:
    """Display the panel; where nobody can press its buttons, print an example of what it shows."""
    if is_interactive():
        if Panel.latest and Panel.latest.task:
            Panel.latest.task.cancel()  # you ran its cell again, so nobody sees what it writes
        Panel.latest = Panel(model, prompt, length, seed)
        display(Panel.latest)
        return
    *written, (p, _) = steps(model, prompt, length + 1, seed=seed, **START)
    print(prompt + "".join(model.chars[int(ids)] for _, ids in written))
    print("\nThe next character:")
    for character, value in likeliest(p[0], model.chars):
        print(f"{character:>4}  {value:.3f}  {'█' * round(40 * value)}".rstrip())
