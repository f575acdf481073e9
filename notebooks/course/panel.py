"""The panel of notebook 04 writes while you watch; a report shows an example of its text."""

import asyncio
import html
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ipywidgets as w
import torch
from IPython.display import display
from torch import Tensor

from shakespeare.data import encode
from shakespeare.files import InputError
from shakespeare.sampling import chosen_options, continue_text, draw, probabilities

from .display import boxed, is_interactive, status, visible

Sampler = Callable[..., Tensor]  # turns logits into probabilities, with a temperature and a min_p
REFRESH = 1 / 15  # seconds between updates: sending every character would swamp the browser
# In a column that begins at the bottom, the end of a long text stays in view.
SCROLLING = "display:flex;flex-direction:column-reverse;height:calc(14 * 1.4em);overflow-y:auto"
BARS = "font-family:var(--jp-code-font-family);line-height:1.4;margin:0 1em"


def show_panel(
    networks: Mapping[str, Any], prompt: str, seed: int, sampler: Sampler = probabilities
) -> None:
    """Display a panel in which networks, given with their names, write with a sampler.

    Where nobody can press its buttons, print an example of what the first network writes.
    """
    panel = Panel(networks, prompt, seed, sampler)
    if is_interactive():
        display(panel)
    else:
        *_, (text, p) = panel.steps()
        print(f"{text}\n\n{likeliest(p, panel.network.value.chars)}")


class Panel(w.VBox):
    """Settings, two buttons, the text and the likeliest next characters."""

    def __init__(
        self, networks: Mapping[str, Any], prompt: str, seed: int, sampler: Sampler
    ) -> None:
        super().__init__()
        self.sampler = sampler
        self.is_stopped = False
        self.network = w.Dropdown(options=list(networks.items()), description="network")
        self.prompt = w.Textarea(prompt, rows=2, description="prompt")
        self.temperature = w.FloatSlider(min=0, max=2, step=0.05, description="temperature")
        self.min_p = w.FloatSlider(max=0.5, step=0.005, readout_format=".3f", description="min-p")
        self.length = w.BoundedIntText(300, min=1, max=50_000, description="length")
        self.seed = w.BoundedIntText(seed, max=2**31 - 1, description="seed")
        self.start_button = w.Button(description="Generate", button_style="primary")
        self.stop_button = w.Button(description="Stop", disabled=True)
        self.status = w.HTML()
        self.text = w.HTML(layout={"flex": "2 1 24em"})
        self.next = w.HTML(layout={"flex": "1 1 12em"})
        self.network.observe(self.take_chosen, "value")
        self.start_button.on_click(self.start)
        self.stop_button.on_click(self.stop)
        self.take_chosen()
        settings = [self.network, self.prompt, self.temperature, self.min_p, self.length, self.seed]
        buttons = [self.start_button, self.stop_button, self.status]
        for row in (settings, buttons, [self.text, self.next]):
            self.children += (w.HBox(row, layout={"flex_flow": "row wrap"}),)

    def take_chosen(self, _: Any = None) -> None:
        """Set the sliders to what was chosen for the network, or to what changes nothing."""
        chosen = chosen_options(self.network.value)
        self.temperature.value = chosen.get("temperature", 1)
        self.min_p.value = chosen.get("min_p", 0)

    def start(self, _: Any = None) -> None:
        if not self.start_button.disabled:  # a double click starts once
            self.is_stopped = False
            self.set_writing(True)
            self.task = asyncio.get_running_loop().create_task(self.write())

    def stop(self, _: Any = None) -> None:
        self.is_stopped = True

    def set_writing(self, is_writing: bool, sentence: str = "") -> None:
        self.start_button.disabled = is_writing
        self.stop_button.disabled = not is_writing
        self.status.value = status(sentence)

    async def write(self) -> None:
        """Write until the text is complete or Stop was pressed, and then say how long it is."""
        try:
            count = await self.stream()
            sentence = f"Stopped after {count}" if self.is_stopped else count
        except InputError as error:
            sentence = str(error)
        except Exception as error:  # of a reader's own network or sampler: a task would hide it
            sentence = repr(error)
        self.set_writing(False, sentence)

    async def stream(self) -> str:
        """Show the text as it grows, and return the number of its characters in words."""
        prompt = self.prompt.value
        shown_at = 0.0
        for text, p in self.steps():
            if time.monotonic() > shown_at + REFRESH:
                self.show(prompt, text, p)
                shown_at = time.monotonic()
            await asyncio.sleep(0)  # the kernel reads its messages, such as a click on Stop
            if self.is_stopped:
                break
        self.show(prompt, text, p)
        return f"{len(text) - len(prompt):,} characters."

    def show(self, prompt: str, text: str, p: Tensor) -> None:
        written = f"<b>{html.escape(prompt)}</b>{html.escape(text[len(prompt) :])}"
        at_top = f'<div style="margin:0 .5em auto">{written}</div>'  # unless it is long
        self.text.value = boxed(at_top, "text", SCROLLING)
        bars = html.escape(likeliest(p, self.network.value.chars))
        self.next.value = f'<pre role="group" aria-label="next" style="{BARS}">{bars}</pre>'

    def steps(self) -> Iterator[tuple[str, Tensor]]:
        """The text so far, and the p (vocab_size,) of what follows it; first the prompt alone."""
        text = self.prompt.value
        if not text:
            raise InputError("The prompt is empty: give at least one character to continue.")
        network = self.network.value
        settings = {"temperature": self.temperature.value, "min_p": self.min_p.value}
        generator = torch.Generator(network.device).manual_seed(self.seed.value)

        def pick(logits: Tensor) -> tuple[Tensor, Tensor]:
            p = self.sampler(logits, **settings)  # (1, vocab_size)
            if not p.isfinite().all():
                raise InputError("With these settings, the probabilities aren't finite.")
            return p, draw(p, generator)

        ids = encode(text, network.chars).long()  # (prompt length,)
        for p, drawn in continue_text(network, ids[None], self.length.value + 1, pick):
            yield text, p[0]
            text += network.chars[int(drawn)]


def likeliest(p: Tensor, chars: list[str]) -> str:
    """The eight likeliest characters by p (vocab_size,), each with its probability and a bar."""
    values, ids = p.topk(min(8, len(chars)))
    lines = ["The next character:"]
    for value, k in zip(values.tolist(), ids.tolist(), strict=True):
        bar = "█" * round(20 * value)
        lines.append(f"{visible(chars[k]):>4}  {value:.3f}  {bar}".rstrip())
    return "\n".join(lines)
