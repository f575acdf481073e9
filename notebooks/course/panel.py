"""The panel of notebook 04 writes while you watch; a report shows an example of its text."""

import asyncio
import html
import time
from typing import Any

import ipywidgets as w
from IPython.display import display
from torch import Tensor

from shakespeare.files import InputError
from shakespeare.sampling import generate, generate_steps

from .display import boxed, is_interactive, status, visible

REFRESH = 1 / 15  # seconds between updates: sending every character would swamp the browser
# In a column that begins at the bottom, the end of a long text stays in view.
SCROLLING = "display:flex;flex-direction:column-reverse;height:calc(14 * 1.4em);overflow-y:auto"
BARS = "font-family:var(--jp-code-font-family);line-height:1.4;margin:0 1em"
LOOK: dict[str, Any] = {
    "style": {"description_width": "7em"},
    "layout": {"flex": "1 1 15em", "width": "auto"},
}


class Panel(w.VBox):
    """Settings, two buttons, the text and the likeliest next characters.

    `network` is what `generate` takes; temperature and min-p begin at what was chosen for it.
    """

    def __init__(self, network: Any, prompt: str, length: int, seed: int) -> None:
        super().__init__()
        self.network = network
        self.is_stopped = False
        chosen = {"temperature": 1.0, "min_p": 0.0} | network.facts.get("sampling", {})
        self.prompt = w.Textarea(prompt, rows=3, description="prompt", **LOOK)
        self.temperature = slider("temperature", chosen["temperature"], 0, 2, 0.05)
        self.min_p = slider("min-p (0: off)", chosen["min_p"], 0, 0.5, 0.005)
        self.top_p = slider("top-p (1: off)", 1, 0.05, 1, 0.05)
        self.length = w.BoundedIntText(length, min=1, max=50_000, description="length", **LOOK)
        self.seed = w.BoundedIntText(seed, max=2**31 - 1, description="seed", **LOOK)
        self.start_button = w.Button(description="Generate", button_style="primary")
        self.stop_button = w.Button(description="Stop", disabled=True)
        self.start_button.on_click(self.start)
        self.stop_button.on_click(self.stop)
        self.status = w.HTML(layout={"flex": "1 1 15em"})
        self.text = w.HTML(layout={"flex": "2 1 24em"})
        self.next = w.HTML(layout={"flex": "1 1 12em"})
        rows = [
            [self.prompt],
            [self.temperature, self.min_p, self.top_p],
            [self.length, self.seed],
            [self.start_button, self.stop_button, self.status],
            [self.text, self.next],
        ]
        self.children = [w.HBox(row, layout={"flex_flow": "row wrap"}) for row in rows]

    def start(self, _: Any = None) -> None:
        if not self.start_button.disabled:  # a double click starts once
            self.start_button.disabled = True
            self.stop_button.disabled = False
            self.is_stopped = False
            self.status.value = status("")
            self.task = asyncio.get_running_loop().create_task(self.write())

    def stop(self, _: Any = None) -> None:
        self.is_stopped = True

    async def write(self) -> None:
        try:
            sentence = await self.stream()
        except InputError as error:
            sentence = str(error)
        except Exception as error:  # of a reader's own network: a task would hide it
            sentence = repr(error)
        self.status.value = status(sentence)
        self.start_button.disabled = False
        self.stop_button.disabled = True

    async def stream(self) -> str:
        """Show the text as it grows, until it is complete or Stop was pressed; then its length."""
        prompt = self.prompt.value
        length = self.length.value
        options = {
            "temperature": self.temperature.value,
            "min_p": self.min_p.value,
            "top_p": self.top_p.value,
            "seed": self.seed.value,
        }
        written = ""
        shown_at = 0.0
        # Each step has the p of what follows the text, and the character drawn from it, which at
        # the last step we leave out.
        for p, ids in generate_steps(self.network, prompt, length + 1, **options):
            is_last = self.is_stopped or len(written) == length
            if is_last or time.monotonic() > shown_at + REFRESH:
                text = f"<b>{html.escape(prompt)}</b>{html.escape(written)}"
                text = f'<div style="margin:0 .5em auto">{text}</div>'  # a short one is at the top
                self.text.value = boxed(text, "text", SCROLLING)
                bars = html.escape(likeliest(p[0], self.network.chars))
                self.next.value = f'<pre role="group" aria-label="next" style="{BARS}">{bars}</pre>'
                shown_at = time.monotonic()
            if is_last:
                break
            written += self.network.chars[int(ids)]
            await asyncio.sleep(0)  # the kernel reads its messages, such as a click on Stop
        characters = f"{len(written):,} characters."
        return f"Stopped after {characters}" if self.is_stopped else characters


def slider(label: str, value: float, low: float, high: float, step: float) -> w.FloatSlider:
    limits = {"min": low, "max": high, "step": step}
    return w.FloatSlider(value, **limits, readout_format=".3f", description=label, **LOOK)


def likeliest(p: Tensor, chars: list[str]) -> str:
    """The eight likeliest characters by p (vocab_size,), each with its probability and a bar."""
    values, ids = p.topk(min(8, len(chars)))
    lines = ["The next character:"]
    for value, k in zip(values.tolist(), ids.tolist(), strict=True):
        bar = "█" * round(20 * value)
        lines.append(f"{visible(chars[k]):>4}  {value:.3f}  {bar}".rstrip())
    return "\n".join(lines)


def show_panel(network: Any, prompt: str, length: int = 300, seed: int = 0) -> None:
    """Display the panel; where nobody can press its buttons, print an example of its text."""
    if is_interactive():
        display(Panel(network, prompt, length, seed))
    else:
        [text] = generate(network, prompt, length, seed=seed)
        p, _ = next(generate_steps(network, text, 1, seed=seed))  # (1, vocab_size), of what follows
        print(f"{text}\n\n{likeliest(p[0], network.chars)}")
