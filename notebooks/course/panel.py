"""The panel of notebook 04 writes while you watch; a report shows an example of its text."""

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
from shakespeare.sampling import DEFAULTS, steps

from .display import COLOURS, visible

REFRESH = 1 / 15  # seconds between updates: sending every character would swamp the browser


def likeliest(p: Tensor, chars: list[str], count: int = 8) -> list[tuple[str, float]]:
    """The likeliest characters by p (vocab_size,), made visible, with their probabilities."""
    values, ids = p.topk(min(count, len(chars)))
    return [(visible(chars[k]), v) for k, v in zip(ids.tolist(), values.tolist(), strict=True)]


class Panel(w.VBox):
    """Settings, two buttons, the text and the distribution of the next character."""

    latest: "Panel | None" = None  # the one on display

    def __init__(self, model: CharLSTM, prompt: str, length: int, seed: int) -> None:
        style, layout = {"description_width": "7em"}, {"flex": "1 1 15em", "width": "auto"}
        slider = partial(w.FloatSlider, step=0.05, style=style, layout=layout)
        number = partial(w.BoundedIntText, style=style, layout=layout)
        self.model = model
        self.task: asyncio.Task[None] | None = None
        self.prompt = w.Textarea(prompt, description="prompt", rows=3, style=style, layout=layout)
        self.temperature = slider(DEFAULTS["temperature"], max=2, description="temperature")
        self.min_p = slider(DEFAULTS["min_p"], max=0.5, step=0.01, description="min-p (0: off)")
        self.top_p = slider(1, min=0.05, max=1, description="top-p (1: off)")
        self.top_k = number(0, max=len(model.chars), description="top-k (0: off)")
        self.length = number(length, min=1, max=50_000, description="length")
        self.seed = number(seed, max=2**31 - 1, description="seed")
        self.generate = w.Button(description="Generate", button_style="primary")
        self.stop = w.Button(description="Stop", disabled=True)
        flex = ("1 1 15em", "2 1 24em", "1 1 12em")
        self.status, self.text, self.next = (w.HTML(layout={"flex": each}) for each in flex)
        self.generate.on_click(lambda _: self.start())
        self.stop.on_click(lambda _: self.task and self.task.cancel())
        rows = [[self.prompt], [self.temperature, self.min_p, self.top_p]]
        rows += [[self.top_k, self.length, self.seed], [self.generate, self.stop, self.status]]
        rows += [[self.text, self.next]]
        super().__init__([w.HBox(row, layout={"flex_flow": "row wrap"}) for row in rows])

    def start(self) -> None:
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self.write())

    def show_status(self, sentence: str, colour: str = "transparent") -> None:
        look = f"border-left:3px solid {colour};line-height:1.4;padding:.3em .5em"
        self.status.value = f'<div role="status" style="{look}">{html.escape(sentence)}</div>'

    def show_text(self, prompt: str, written: str, p: Tensor) -> None:
        """Show the end of the text, and the likeliest characters by p (1, vocab_size)."""
        frame = "border:1px solid var(--jp-border-color2);font-family:var(--jp-code-font-family)"
        page = "display:flex;flex-direction:column-reverse;height:calc(14 * 1.4em);overflow-y:auto"
        lines = "margin:0 .5em auto;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.4"
        region = f'role="region" aria-label="text" tabindex="0" style="{frame};{page}"'
        text = f"<b>{html.escape(prompt)}</b>{html.escape(written)}"
        self.text.value = f'<div {region}><div style="{lines}">{text}</div></div>'
        grid = "display:grid;grid-template-columns:1.5em 1fr 3em;gap:.3em .6em;margin:.4em 0"
        bar = f"background:{COLOURS['output']};border-radius:2px;width"
        rows = "".join(
            f'<samp>{html.escape(name)}</samp><span style="{bar}:{value:.1%}"></span>{value:.3f}'
            for name, value in likeliest(p[0], self.model.chars)
        )
        rows = f'<div role="group" aria-label="next" style="{grid}">{rows}</div>'
        self.next.value = f'<div style="margin-left:1em">The next character{rows}</div>'

    async def write(self) -> None:
        """Write, and let the kernel read its messages, such as Stop, after each character."""
        prompt, written, drawn, p, shown = self.prompt.value, "", "", None, 0.0
        settings = {n: getattr(self, n).value for n in ("temperature", "min_p", "top_p", "seed")}
        settings |= {"top_k": self.top_k.value or None, "length": self.length.value + 1}
        self.generate.disabled, self.stop.disabled = True, False
        self.show_status("")
        try:
            for p, ids in steps(self.model, prompt, **settings):
                written, drawn = written + drawn, self.model.chars[int(ids)]  # p gave drawn
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
    """Whether you can press buttons: front ends name the cell they run, but papermill does not."""
    parent: Any = getattr(get_ipython(), "get_parent", dict)()
    return "cellId" in parent.get("metadata", {})


def show_panel(model: CharLSTM, prompt: str, length: int = 300, seed: int = 0) -> None:
    """Display the panel; where nobody can press its buttons, print an example of its text."""
    if is_interactive():
        if Panel.latest and Panel.latest.task:
            Panel.latest.task.cancel()  # you reran the cell, so nobody sees what it writes
        Panel.latest = Panel(model, prompt, length, seed)
        display(Panel.latest)
        return
    *written, (p, _) = steps(model, prompt, length + 1, seed=seed)
    text = prompt + "".join(model.chars[int(ids)] for _, ids in written)
    print(f"{text}\n\nThe next character:")
    for character, value in likeliest(p[0], model.chars):
        print(f"{character:>4}  {value:.3f}  {'█' * round(40 * value)}".rstrip())
