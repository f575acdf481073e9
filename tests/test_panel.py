"""The panel of notebook 04, its button pressed by hand: it writes text and reports errors."""

import asyncio
import re
from typing import Any

import pytest
import torch
from conftest import shown

from course.panel import Panel, likeliest
from shakespeare.sampling import generate, probabilities

PROMPT = "First Citizen:\n"


@pytest.fixture
def panel(make_network) -> Panel:
    network = make_network()
    network.facts["sampling"] = {"temperature": 0.95, "min_p": 0.005}
    return small_panel(network, PROMPT, length=40, seed=3)


def small_panel(network: Any, prompt: str, length: int, seed: int) -> Panel:
    panel = Panel({"a network": network}, prompt, seed, probabilities)
    panel.length.value = length
    return panel


def press(panel: Panel) -> None:
    """Press Generate in a running loop, as ipykernel does."""

    async def run():
        panel.start_button.click()
        await panel.task

    asyncio.run(run())


def test_text_is_that_of_generate_and_the_distribution_is_of_what_follows(panel):
    press(panel)  # with what was chosen for the network
    assert shown(panel.text) == generate(panel.network.value, PROMPT, 40, seed=3)[0]

    settings = {"temperature": 0.7, "min_p": 0.03}
    for name, value in settings.items():
        getattr(panel, name).value = value
    press(panel)
    [expected] = generate(panel.network.value, PROMPT, 40, seed=3, **settings)
    assert shown(panel.text) == expected and shown(panel.status) == "40 characters."
    ids = torch.tensor([[panel.network.value.chars.index(c) for c in expected]])
    logits, _ = panel.network.value(ids)
    p = probabilities(logits[0, -1].float(), **settings)
    assert shown(panel.next) == likeliest(p, panel.network.value.chars)


def test_a_readers_sampler_writes_and_the_sliders_follow_the_network(panel, make_network):
    other = make_network()
    other.facts["sampling"] = {"temperature": 0.5, "min_p": 0.1}
    panel.network.options = [("one", panel.network.value), ("other", other)]
    panel.network.value = other
    assert (panel.temperature.value, panel.min_p.value) == (0.5, 0.1)

    asked = []

    def always_the_second(logits, temperature, min_p):
        asked.append((temperature, min_p))
        return torch.eye(logits.shape[-1])[1][None]

    panel.sampler = always_the_second
    press(panel)
    assert shown(panel.text) == PROMPT + 40 * other.chars[1]
    assert set(asked) == {(0.5, 0.1)}

    panel.sampler = lambda logits, **_: logits * torch.nan
    press(panel)
    assert "aren't finite" in shown(panel.status)


def test_an_error_of_the_readers_network_is_shown(panel):
    def fails(*_):
        raise ValueError("something else")

    panel.network.value.forward = fails
    press(panel)
    assert shown(panel.status) == "ValueError('something else')"


def test_text_is_never_html(make_network):
    prompt = '<b>&"'
    panel = small_panel(make_network(chars=sorted('<>&"b\t \n')), prompt, length=200, seed=1)
    press(panel)
    tags = set(re.findall(r"<(/?\w+)", panel.text.value + panel.next.value))
    assert tags == {"div", "/div", "b", "/b", "pre", "/pre"}
    assert shown(panel.text) == generate(panel.network.value, prompt, 200, seed=1)[0]
