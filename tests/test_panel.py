"""The panel of notebook 04, its buttons pressed by hand: it streams, stops and reports errors."""

import asyncio
import html
import itertools
import re

import pytest
import torch

from course import panel as module
from course.panel import Panel, likeliest, show_panel
from shakespeare.sampling import generate, probabilities

PROMPT = "First Citizen:\n"


@pytest.fixture
def panel(make_network) -> Panel:
    return Panel(make_network(), PROMPT, length=40, seed=3)


def shown(widget) -> str:
    """What a browser shows of a widget's HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", widget.value))


def press(panel: Panel, *, stop_after: int | None = None) -> None:
    """Press Generate in a running loop, as ipykernel does, and Stop some rounds later."""

    async def run():
        panel.generate.click()
        task = panel.task
        panel.generate.click()  # a second time, which changes nothing
        assert panel.task is task
        if stop_after is not None:
            for _ in range(stop_after):
                await asyncio.sleep(0)
                assert panel.generate.disabled and not panel.stop.disabled
            panel.stop.click()
        await task

    asyncio.run(run())
    assert not panel.generate.disabled and panel.stop.disabled


def test_text_is_that_of_generate_and_the_distribution_is_of_what_follows(panel):
    settings = {"temperature": 0.7, "min_p": 0.03, "top_k": 5, "top_p": 0.9}
    for name, value in settings.items():
        getattr(panel, name).value = value
    press(panel)
    expected = generate(panel.network, PROMPT, 40, seed=3, **settings)[0]
    assert shown(panel.text) == expected
    assert shown(panel.status) == "40 characters."
    ids = torch.tensor([[panel.network.chars.index(c) for c in expected]])
    logits, _ = panel.network(ids)
    p = probabilities(logits[0, -1].float(), **settings)
    for character, value in likeliest(p, panel.network.chars):
        assert f"{character}{value:.3f}" in shown(panel.next)


def test_the_sliders_begin_at_what_was_chosen_for_the_network(make_network):
    network = make_network()
    panel = Panel(network, PROMPT, length=40, seed=3)
    assert (panel.temperature.value, panel.min_p.value) == (1, 0)
    network.facts["sampling"] = {"temperature": 0.95, "min_p": 0.005}
    panel = Panel(network, PROMPT, length=40, seed=3)
    press(panel)
    assert (panel.temperature.value, panel.min_p.value) == (0.95, 0.005)
    assert shown(panel.text) == generate(network, PROMPT, 40, seed=3)[0]


def test_text_grows_while_it_is_written(panel, monkeypatch):
    monkeypatch.setattr(module, "REFRESH", 0)
    texts = []
    panel.text.observe(lambda change: texts.append(shown(change["owner"])), "value")
    press(panel)
    assert [len(text) - len(PROMPT) for text in texts] == list(range(41))
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))


def test_stop_stops_at_once_and_the_panel_can_write_again(panel):
    panel.length.value = 50_000
    press(panel, stop_after=7)
    written = len(shown(panel.text)) - len(PROMPT)
    assert 0 < written < 15
    assert shown(panel.status) == f"Stopped after {written} characters."
    panel.length.value = 20
    press(panel)
    assert len(shown(panel.text)) == len(PROMPT) + 20


@pytest.mark.parametrize(
    ("prompt", "words"), [("", "The prompt is empty"), ("Rom<", "'<'"), ("€", "'€'")]
)
def test_a_bad_prompt_gets_one_sentence(panel, prompt, words):
    panel.prompt.value = prompt
    press(panel)
    sentence = shown(panel.status)
    assert words in sentence and sentence.endswith(".") and "Traceback" not in sentence
    assert "'<'" not in panel.status.value
    panel.prompt.value = PROMPT
    press(panel)
    assert shown(panel.status) == "40 characters."


def test_an_unexpected_error_is_shown(panel):
    def fails(*_):
        raise ValueError("something else")

    panel.network.forward = fails
    press(panel)
    assert "ValueError" in shown(panel.status) and "something else" in shown(panel.status)


def test_text_is_never_html(make_network):
    chars = sorted('<>&"b\t \n')
    prompt = '<b>&"'
    panel = Panel(make_network(chars=chars), prompt, length=200, seed=1)
    press(panel)
    tags = set(re.findall(r"<(/?\w+)", panel.text.value + panel.next.value))
    assert tags == {"div", "/div", "b", "/b", "samp", "/samp", "span", "/span"}
    assert panel.text.value.count("<b>") == 1
    assert shown(panel.text) == generate(panel.network, prompt, 200, seed=1)[0]
    assert {"␣", "↵", "⇥"} <= {
        character for character, _ in likeliest(panel.network.linear.bias, chars)
    }


def test_where_nobody_can_press_a_button_there_is_an_example(make_network, capsys):
    network = make_network()
    show_panel(network, PROMPT, length=30, seed=2)
    printed = capsys.readouterr().out
    assert printed.startswith(generate(network, PROMPT, 30, seed=2)[0])
    _, distribution = printed.split("The next character:")
    rows = re.findall(r"^ +\S+ +(\d\.\d{3}) *(█*)$", distribution, re.MULTILINE)
    assert len(rows) == 8
    assert all(len(bar) == round(40 * float(value)) for value, bar in rows)


def test_a_front_end_gets_the_panel_and_running_its_cell_again_stops_the_old_one(
    make_network, monkeypatch, capsys
):
    class Shell:
        def get_parent(self):
            return {"metadata": {"cellId": "04-try"}}

    displayed = []
    monkeypatch.setattr(module, "get_ipython", Shell)
    monkeypatch.setattr(module, "display", displayed.append)
    show_panel(make_network(), PROMPT, length=50_000)
    assert isinstance(displayed[0], Panel) and not capsys.readouterr().out

    async def run_again():
        displayed[0].generate.click()
        await asyncio.sleep(0)
        show_panel(make_network(), PROMPT)
        await displayed[0].task

    asyncio.run(run_again())
    assert "Stopped" in shown(displayed[0].status) and displayed[1] is not displayed[0]
