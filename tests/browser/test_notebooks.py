"""The notebooks as a reader has them: opened and run in JupyterLab, the panels used by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

# 05 to 07 take longest and have nothing to press: papermill runs them for the other tests.
NOTEBOOKS = ["01-preprocessing", "02-lstm-equations", "03-training", "04-generation"]
SHOW = """text => {
  const notebook = jupyterapp.shell.currentWidget.content;
  const k = notebook.widgets.findIndex(cell => cell.model.sharedModel.source.includes(text));
  return notebook.scrollToItem(k, "start").then(() => k);
}"""
DEAD_LINKS = """() => {
  const page = jupyterapp.shell.currentWidget.node;
  const links = [...page.querySelectorAll('.jp-RenderedMarkdown a[href^="#"]')];
  const target = link => {
    const id = CSS.escape(link.hash.slice(1));
    return page.querySelector(`[data-jupyter-id="${id}"]`) || page.querySelector(`#${id}`);
  };
  const dead = links.filter(link => !target(link));
  return [links.length, dead.map(link => link.hash)];
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
    page.evaluate(SHOW, "show(pictures.")
    page.wait_for_timeout(500)
    images = page.locator(".jp-OutputArea-output img")
    assert images.count() and all(image.get_attribute("alt") for image in images.all())
    page.screenshot(path=pictures / f"{name}.png")
    links, dead = page.evaluate(DEAD_LINKS)
    assert links > 3 and not dead, dead


@pytest.fixture
def generation(executed: Callable[[str], tuple[Page, dict]]) -> Page:
    for name in NOTEBOOKS:  # each needs those before it
        page, _ = executed(name)
    return page


@pytest.mark.parametrize("function", ["write_with", "write_with_mine"])
def test_a_panel_writes_and_says_what_is_wrong(generation: Page, pictures: Path, function: str):
    page = generation
    assert page.evaluate(SHOW, f"show_panel({function})") > 0
    panel = page.locator(".jp-Cell", has=page.get_by_text(f"show_panel({function})"))
    button = panel.get_by_role("button", name="Run Interact")
    prompt, text = panel.get_by_label("prompt"), panel.locator(".widget-output")
    prompt.fill("JULIET:\n")
    button.click()
    expect(text).to_contain_text("JULIET:")
    assert len((text.text_content() or "").strip()) > 40
    panel.screenshot(path=pictures / f"panel-{function}.png")

    prompt.fill("<b>€</b>")
    button.click()
    expect(text).to_contain_text("is not in the vocabulary")
    assert "Traceback" not in (text.text_content() or "")


def test_quiz_tells_how_many_answers_were_right(generation: Page, pictures: Path):
    page = generation
    assert page.evaluate(SHOW, "show_quiz(") > 0
    quiz = page.locator(".jp-Cell", has=page.get_by_role("button", name="The network"))
    status = quiz.get_by_role("status")
    for number in range(1, 11):
        expect(status).to_contain_text(f"Passage {number} of 10")
        quiz.get_by_role("button", name="The network").click()
    expect(status).to_contain_text("right about 5 of 10")
    expect(quiz.get_by_role("region", name="passage")).to_have_count(10)
    quiz.screenshot(path=pictures / "quiz.png")
