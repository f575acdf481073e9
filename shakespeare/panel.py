"""Notebook 04's panel, which writes while one watches; in a report, an example of what it shows."""

from __future__ import annotations

import asyncio
import html
import time
from typing import Any

import ipywidgets as w
from IPython import get_ipython
from IPython.display import display
from torch import Tensor

from .course import COLOURS
from .files import InputError
from .model import CharLSTM
from .sampling import steps

START: dict[str, Any] = {"temperature": 0.8, "top_p": 1.0}
REFRESH = 1 / 15  # seconds from look to look: a browser that is sent every character falls behind


def likeliest(p: Tensor, chars: list[str], count: int = 8) -> list[tuple[str, float]]:
    """The `count` likeliest characters by p (vocab_size,), each as something visible, with its probability."""
    values, ids = p.topk(min(count, len(chars)))
    visible = {" ": "␣", "\n": "↵"} | {c: repr(c)[1:-1] for c in chars if not c.isprintable() and c != "\n"}
    return [(visible.get(chars[k], chars[k]), value) for k, value in zip(ids.tolist(), values.tolist(), strict=True)]


def page(prompt: str, written: str) -> str:
    """The text as HTML, scrolled to its end."""
    frame = (
        "border:1px solid var(--jp-border-color2);padding:.5em;font-family:var(--jp-code-font-family);line-height:1.4"
    )
    scroll = "display:flex;flex-direction:column-reverse;height:calc(14 * 1.4em);overflow-y:auto"  # 14 whole lines
    lines = "margin-bottom:auto;white-space:pre-wrap;overflow-wrap:anywhere"
    text = f'<div style="{lines}"><b>{html.escape(prompt)}</b>{html.escape(written)}</div>'
    return (
        f'<div style="{frame}"><div role="region" aria-label="text" tabindex="0" style="{scroll}">{text}</div></div>'
    )


def bars(next_characters: list[tuple[str, float]]) -> str:
    """What `likeliest` gives as HTML, under a heading."""
    grid = "display:grid;grid-template-columns:1.5em 1fr 3em;gap:.3em .6em;align-items:center;line-height:1.3"
    bar = f"background:{COLOURS['output']};height:.9em;border-radius:2px"
    cells = [
        f'<code style="text-align:right;background:none">{html.escape(character)}</code>'
        f'<span style="{bar};width:{100 * value:.1f}%"></span><span>{value:.3f}</span>'
        for character, value in next_characters
    ]
    rows = f'<div role="group" aria-label="next" style="{grid}">{"".join(cells)}</div>'
    return f'<div style="padding:.35em 0">The next character</div>{rows}'


class Panel(w.VBox):
    """Settings, two buttons, the text, and beside it the distribution of the character after it."""

    latest: Panel | None = None  # the one that is shown

    def __init__(self, model: CharLSTM, prompt: str, length: int, seed: int) -> None:
        def field(kind: type, value: Any, description: str, **options: Any) -> Any:
            look = {"style": {"description_width": "7em"}, "layout": {"flex": "1 1 15em", "width": "auto"}}
            return kind(value, description=description, **look, **options)

        def row(*widgets: w.Widget) -> w.HBox:
            return w.HBox(widgets, layout={"flex_flow": "row wrap"})  # for a narrow window

        self.model = model
        self.task: asyncio.Task[None] | None = None
        self.prompt = field(w.Textarea, prompt, "prompt", rows=3)
        self.temperature = field(w.FloatSlider, START["temperature"], "temperature", min=0, max=2, step=0.05)
        self.top_p = field(w.FloatSlider, START["top_p"], "top-p (1: off)", min=0.05, max=1, step=0.05)
        self.top_k = field(w.BoundedIntText, 0, "top-k (0: off)", min=0, max=len(model.chars))
        self.length = field(w.BoundedIntText, length, "length", min=1, max=50_000)
        self.seed = field(w.BoundedIntText, seed, "seed", min=0, max=2**31 - 1)
        self.generate = w.Button(description="Generate", button_style="primary")
        self.stop = w.Button(description="Stop", disabled=True)
        self.status = w.HTML(layout={"flex": "1 1 15em"})
        self.text, self.next = (
            w.HTML(layout={"flex": "2 1 24em"}),
            w.HTML(layout={"flex": "1 1 12em", "padding": "0 0 0 1em"}),
        )
        self.generate.on_click(lambda _: self.start())
        self.stop.on_click(lambda _: self.task and self.task.cancel())
        rows = [[self.prompt], [self.temperature, self.top_p], [self.top_k, self.length, self.seed]]
        rows += [[self.generate, self.stop, self.status], [self.text, self.next]]
        super().__init__([row(*widgets) for widgets in rows])

    def start(self) -> None:
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self.write())

    def say(self, sentence: str, colour: str = "transparent") -> None:
        look = f"border-left:3px solid {colour};line-height:1.4;padding:.3em .5em"
        self.status.value = f'<div role="status" style="{look}">{html.escape(sentence)}</div>'

    async def write(self) -> None:
        """Write; after each character the kernel may read its messages, of which Stop is one."""
        prompt, written, drawn, p, shown = self.prompt.value, "", "", None, 0.0
        settings = {
            "temperature": self.temperature.value,
            "top_k": self.top_k.value or None,
            "top_p": self.top_p.value,
        }
        self.generate.disabled, self.stop.disabled = True, False
        self.say("")
        try:
            # One character more is drawn than shown: p is always of the character after the text.
            for p, ids in steps(self.model, prompt, self.length.value + 1, seed=self.seed.value, **settings):
                written, drawn = written + drawn, self.model.chars[int(ids)]
                if time.monotonic() > shown + REFRESH:
                    self.show(prompt, written, p)
                    shown = time.monotonic()
                await asyncio.sleep(0)
            self.say(f"{len(written):,} characters.")
        except asyncio.CancelledError:
            self.say(f"Stopped after {len(written):,} characters.")
        except Exception as error:  # from a task no other would be seen
            self.say(str(error) if isinstance(error, InputError) else repr(error), COLOURS["forget"])
        finally:
            if p is not None:
                self.show(prompt, written, p)
            self.generate.disabled, self.stop.disabled = False, True

    def show(self, prompt: str, written: str, p: Tensor) -> None:
        self.text.value = page(prompt, written)
        self.next.value = bars(likeliest(p[0], self.model.chars))


def watched() -> bool:
    """Whether somebody can press buttons: a front end names the cell it runs, papermill and nbconvert do not."""
    shell = get_ipython()
    return hasattr(shell, "get_parent") and "cellId" in shell.get_parent().get("metadata", {})


def show_panel(model: CharLSTM, prompt: str, length: int = 300, seed: int = 0) -> None:
    """Display the panel, or where nobody can press its buttons a text that it would write and what would follow."""
    if watched():
        if Panel.latest and Panel.latest.task:
            Panel.latest.task.cancel()  # its cell was run again: nobody sees what it writes
        Panel.latest = Panel(model, prompt, length, seed)
        display(Panel.latest)
        return
    *written, (p, _) = steps(model, prompt, length + 1, seed=seed, **START)
    print(prompt + "".join(model.chars[int(ids)] for _, ids in written))
    print("\nThe next character:")
    for character, value in likeliest(p[0], model.chars):
        print(f"{character:>4}  {value:.3f}  {'█' * round(40 * value)}".rstrip())
