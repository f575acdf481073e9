"""The notebooks as a reader has them: opened and run in JupyterLab, the panel used by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

# 05 to 07 take longest and have nothing to press: papermill runs them for the other tests.
NOTEBOOKS = ["01-preprocessing", "02-lstm-equations", "03-training", "04-generation"]
SHOW = """text => {
  const notebook = jupyterapp.shell.currentWidget.content;
  const k = notebook.widgets.findIndex(cell => cell.model.sharedModel.source.includes(text));
  return notebook.scrollToItem(k, "start").then(() => k);
}"""


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_all_cells_run_without_error(
    executed: Callable[[str], tuple[Page, dict]], pictures: Path, name: str
):
    page, notebook = executed(name)
    code = [
        cell
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and "".join(cell["source"]).strip()
    ]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert all(cell["execution_count"] for cell in code)
    assert sum("image/svg+xml" in output.get("data", {}) for output in outputs)
    page.evaluate(SHOW, "show_figure(")
    page.wait_for_timeout(500)
    page.screenshot(path=pictures / f"{name}.png")


@pytest.fixture
def panel(executed: Callable[[str], tuple[Page, dict]]) -> Locator:
    for name in NOTEBOOKS:  # each needs those before it
        page, _ = executed(name)
    assert page.evaluate(SHOW, "show_panel(") > 0
    panels = page.locator(".jp-Cell", has=page.get_by_role("button", name="Generate"))
    return panels.first  # the second one has the reader's own sampler


def choose(panel: Locator, setting: str, value: str) -> None:
    box = panel.get_by_label(setting)
    box.fill(value)
    box.blur()


def characters(panel: Locator) -> int:
    return len(panel.get_by_role("region", name="text").text_content() or "")


def test_panel_writes_stops_and_says_what_is_wrong(panel: Locator, pictures: Path):
    prompt = "JULIET:\n"
    generate, stop = (panel.get_by_role("button", name=name) for name in ("Generate", "Stop"))
    status, text = panel.get_by_role("status"), panel.get_by_role("region", name="text")
    expect(stop).to_be_disabled()
    choose(panel, "prompt", prompt)
    choose(panel, "length", "250")
    generate.click()
    expect(status).to_have_text("250 characters.")
    written = text.text_content() or ""
    assert written.startswith(prompt) and len(written) == len(prompt) + 250
    panel.screenshot(path=pictures / "panel.png")

    choose(panel, "length", "50000")
    generate.click()
    expect(generate).to_be_disabled()
    for _ in range(3):  # it grows while one watches
        seen = text.text_content() or ""
        expect(text).not_to_have_text(seen)
    stop.click()
    expect(status).to_contain_text("Stopped after", timeout=3_000)
    stopped = characters(panel)
    assert len(prompt) < stopped < len(prompt) + 50_000
    panel.page.wait_for_timeout(700)
    assert characters(panel) == stopped
    panel.screenshot(path=pictures / "panel-stopped.png")

    choose(panel, "prompt", "<b>€</b>")
    generate.click()
    expect(status).to_contain_text("is not in the vocabulary")
    assert "Traceback" not in (panel.text_content() or "")
    expect(generate).to_be_enabled()


def test_quiz_tells_how_many_answers_were_right(panel: Locator, pictures: Path):
    page = panel.page
    assert page.evaluate(SHOW, "show_quiz(") > 0
    quiz = page.locator(".jp-Cell", has=page.get_by_role("button", name="The network"))
    status = quiz.get_by_role("status")
    for number in range(1, 11):
        expect(status).to_contain_text(f"Passage {number} of 10")
        quiz.get_by_role("button", name="The network").click()
    expect(status).to_contain_text("right about 5 of 10")
    expect(quiz.get_by_role("region", name="passage")).to_have_count(10)
    quiz.screenshot(path=pictures / "quiz.png")
