"""The panel of notebook 04, its buttons pressed by hand: it streams, stops and reports errors."""

import asyncio
import re

import pytest
import torch
from conftest import shown

from course import panel as module
from course.panel import Panel, likeliest, show_panel
from shakespeare.sampling import generate, probabilities

PROMPT = "First Citizen:\n"


@pytest.fixture
def panel(make_network) -> Panel:
    network = make_network()
    network.facts["sampling"] = {"temperature": 0.95, "min_p": 0.005}
    return Panel(network, PROMPT, length=40, seed=3)


def press(panel: Panel, *, stop_after: int | None = None) -> None:
    """Press Generate in a running loop, as ipykernel does, and Stop some characters later."""

    async def run():
        panel.start_button.click()
        if stop_after is not None:
            for _ in range(stop_after):
                await asyncio.sleep(0)
            panel.stop_button.click()
        await panel.task

    asyncio.run(run())
    assert not panel.start_button.disabled and panel.stop_button.disabled


def test_text_is_that_of_generate_and_the_distribution_is_of_what_follows(panel):
    press(panel)  # with what was chosen for the network
    assert shown(panel.text) == generate(panel.network, PROMPT, 40, seed=3)[0]

    settings = {"temperature": 0.7, "min_p": 0.03, "top_p": 0.9}
    for name, value in settings.items():
        getattr(panel, name).value = value
    press(panel)
    [expected] = generate(panel.network, PROMPT, 40, seed=3, **settings)
    assert shown(panel.text) == expected and shown(panel.status) == "40 characters."
    ids = torch.tensor([[panel.network.chars.index(c) for c in expected]])
    logits, _ = panel.network(ids)
    p = probabilities(logits[0, -1].float(), **settings)
    assert shown(panel.next) == likeliest(p, panel.network.chars)


def test_text_grows_until_stop_and_nothing_is_lost(panel, monkeypatch):
    monkeypatch.setattr(module, "REFRESH", 0)
    lengths = []
    panel.text.observe(lambda change: lengths.append(len(shown(change["owner"]))), "value")
    panel.length.value = 50_000
    press(panel, stop_after=7)
    written = len(shown(panel.text)) - len(PROMPT)
    assert 0 < written < 15 and lengths == [len(PROMPT) + k for k in range(written + 1)]
    assert shown(panel.status) == f"Stopped after {written} characters."


def test_a_bad_prompt_and_an_error_of_the_readers_network_are_shown(panel):
    panel.prompt.value = "Rom<"
    press(panel)
    assert "'<'" in shown(panel.status) and "'<'" not in panel.status.value

    def fails(*_):
        raise ValueError("something else")

    panel.prompt.value = PROMPT
    panel.network.forward = fails
    press(panel)
    assert shown(panel.status) == "ValueError('something else')"


def test_text_is_never_html(make_network):
    prompt = '<b>&"'
    panel = Panel(make_network(chars=sorted('<>&"b\t \n')), prompt, length=200, seed=1)
    press(panel)
    tags = set(re.findall(r"<(/?\w+)", panel.text.value + panel.next.value))
    assert tags == {"div", "/div", "b", "/b", "pre", "/pre"}
    assert shown(panel.text) == generate(panel.network, prompt, 200, seed=1)[0]


def test_where_nobody_can_press_a_button_there_is_an_example(make_network, capsys):
    network = make_network()
    show_panel(network, PROMPT, length=30, seed=2)
    printed = capsys.readouterr().out
    assert printed.startswith(generate(network, PROMPT, 30, seed=2)[0])
    assert len(re.findall(r"^ +\S+ +\d\.\d{3} *█*$", printed, re.MULTILINE)) == 8
