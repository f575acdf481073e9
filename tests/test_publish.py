"""What is copied into the repository, and what README, cards and paper say of the numbers."""

import copy
import json
import re
import shutil
from collections import Counter

import jinja2
import nbformat
import pytest
from conftest import ROOT
from jinja2 import nodes
from nbformat import v4

from course.results import Results
from report import publish, render
from report.evidence import answers, quoted
from report.evidence.questions import NAMES
from shakespeare.files import InputError

METRICS = publish.read_metrics()
STORED = ROOT / "report" / "notebooks"


def table_rows(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("|")]


def test_readme_using_and_contributing_have_the_published_results():
    bench = json.loads((ROOT / "report" / "bench.json").read_text(encoding="utf-8"))
    results = {
        "README.md": publish.readme(METRICS),
        "USING.md": publish.fill("using.md.j2", METRICS),
        "CONTRIBUTING.md": publish.fill("bench.md.j2", {"bench": bench}),
    }
    for name, expected in results.items():
        assert expected in (ROOT / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("name", METRICS["weights"])
def test_a_model_card_is_that_of_the_metrics(name):
    card = (publish.SHIPPED / name / "README.md").read_text(encoding="utf-8")
    assert card == publish.card(name, METRICS)
    protocols = set(METRICS["weights"][name]["losses"])
    if name == "baseline":  # nothing was chosen for its mixture with n-grams
        protocols -= {"cold_mixed", "carried_mixed"}
    assert len(table_rows(card)) == 2 + len(protocols)


SHARED = {  # numbers of README and abstract, and how they are written
    "the recipe, on average": ("tenths.ranges.baseline.mean", ".2f"),
    "the final network, on average": ("tenths.ranges.final.mean", ".2f"),
    "counting, on average": ("tenths.ranges.counting.mean", ".2f"),
    "a name that is copied": ("copying.unknown.medians.same", ".0f"),
    "with its copies backwards": ("copying.unknown.medians.backwards", ".0f"),
}


@pytest.mark.parametrize("what", SHARED)
def test_readme_and_abstract_have_one_set_of_numbers(what):
    path, form = SHARED[what]
    number = METRICS
    for key in path.split("."):
        number = number[key]
    assert format(number, form) in prose("abstract")
    assert format(number, form) in publish.readme(METRICS)


URLS = """
[project.urls]
Homepage = "https://course.test"
Repository = "https://code.test/course"
"""


def test_readme_links_to_the_addresses_in_pyproject(repository):
    assert "download [explorer.html]" in publish.readme(METRICS)
    with (repository / "pyproject.toml").open("a") as project:
        project.write(URLS)
    readme = publish.readme(METRICS)
    assert "**[Play](https://course.test/explorer.html)**" in readme
    assert "download [explorer" not in readme
    assert "](https://course.test/shakespeare-lstm.pdf)" in readme
    assert "(https://code.test/course/actions/workflows/ci.yml/badge.svg)" in readme


# The paper's prose


def filled(name: str) -> str:
    """A text of the paper, filled with numbers."""
    return render.prose(render.HERE / f"{name}.md", render.read_metrics())


def prose(name: str) -> str:
    """The same, on one line and without its escapes."""
    return " ".join(filled(name).replace("\\", "").split())


@pytest.mark.parametrize("name", ["paper", "abstract"])
def test_the_paper_is_filled_with_the_evidence_alone_and_has_no_branch(name):
    assert filled(name)
    template = (render.HERE / f"{name}.md").read_text(encoding="utf-8")
    environment = jinja2.Environment(comment_start_string="{--", comment_end_string="--}")
    tree = environment.parse(template)
    assert not list(tree.find_all((nodes.If, nodes.CondExpr)))


def test_the_paper_shows_figures_of_its_folder_each_once():
    shown = re.findall(r"(?m)^!\[.*\]\(#(.*)\)$", filled("paper"))
    captions = json.loads((render.FIGURES / "captions.json").read_text(encoding="utf-8"))
    assert len(shown) > 15 and set(shown) <= set(captions)
    assert len(set(shown)) == len(shown)


def what_words_say() -> dict[str, bool]:
    """Words of the paper, and whether the numbers agree with them."""
    counting = METRICS["counting"]
    tenths = METRICS["tenths"]
    claim = METRICS["leak"]["claim"]
    of_recipe = [tenth["baseline"] for tenth in tenths["tenths"]]
    of_final = sorted(tenth["final"] for tenth in tenths["tenths"])
    sizes = [size["carried"] for size in tenths["sizes"].values()]
    rungs = METRICS["ladder"]["rungs"]
    steps = list(rungs)[list(rungs).index("rate and schedule") : -1]
    above_zero = []
    for step in steps:
        for part in ("held_out", "test"):
            above_zero.append(rungs[step]["gain"][part]["interval"][0] > 0)
    gain_of = {step: rungs[step]["gain"]["held_out"]["gain"] for step in steps}
    trained_better = gain_of["rate and schedule"] + gain_of["layer normalisation"]
    gained = sum(gain_of.values()) - gain_of["mixture with n-grams"]
    best = min(quoted.programs(), key=lambda program: program["held_out"])
    over = METRICS["ahead"]["over_program"]
    of_pair = METRICS["ahead"]["teams"]["pair"]
    on_plays = of_pair["plays"]["gain_over_ngrams"]["mean"]
    on_others = of_pair["kept_back"]["gain_over_ngrams"]["mean"]
    without_copying = METRICS["controls"]["trained_without_copying"]["held_out"]
    large = [METRICS["losses"][name]["carried"]["held_out"] for name in ("baseline", "final")]
    committee = METRICS["losses"]["committee"]["learning_mixed"]["held_out"]
    survey = [row for row in quoted.survey() if row["independent"] == "yes"]
    held_out = Counter(row["held_out"] for row in survey)
    return {
        "the code of 73 independent public projects": len(survey) == 73,
        "In 25, stretches of the text are held out": held_out["a"] == 25,
        "six split overlapping windows at random": held_out["b"] == 6,
        "*test half*, is harder": counting["bar"]["test"] > counting["bar"]["validation"],
        "from the six before it": counting["ngram_best"]["kneser_ney"] == 6,
        "the claim on each of ten tenths": min(of_recipe) > claim,
        "though not on the last one": tenths["tenths"][-1]["final"] > claim,
        "somewhat more than half of what we gain": 0.5 < trained_better / gained < 0.65,
        "it is the other way round": 2 * without_copying > sum(large),
        "and falls below the claim after": METRICS["leak"]["passes"] is not None,
        "is below the claim on none**": min(of_recipe) > claim,
        "and is ahead on each tenth": tenths["gains"]["baseline"]["positive"] == 10,
        "On each tenth it gains over the recipe": tenths["gains"]["final"]["positive"] == 10,
        "is the hardest of ten for the student's recipe": of_recipe[-1] == max(of_recipe),
        "on two of them by 0.04": round(claim - of_final[1], 2) == 0.04 and of_final[3] < claim,
        "Nor does the recipe reach the claim in the other ways that we tried": min(sizes) > claim,
        "each of these gains has a t interval above zero, also on the test half": all(above_zero),
        "with an LSTM of its own": best["options"].endswith("L"),
        "is level with it": abs(committee - best["held_out"]) < 0.005,
        "these two with contexts are ahead of": over["pair"]["plays"]["interval"][0] > 0,
        "the contexts gain as much over n-grams": abs(on_plays - on_others) < 0.001,
    }


@pytest.mark.parametrize("words", what_words_say())
def test_what_the_paper_says_in_words_is_what_the_numbers_say(words):
    assert words in prose("paper")
    assert what_words_say()[words]


# Copies


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A copy of the files that publishing changes."""
    root = tmp_path / "course"
    report = root / "report"
    shutil.copytree(ROOT / "report", report, ignore=shutil.ignore_patterns("explorer*", "*.pdf"))
    for name in ("README.md", "USING.md", "CONTRIBUTING.md", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    monkeypatch.setattr(publish, "ROOT", root)
    monkeypatch.setattr(publish, "REPORT", report)
    monkeypatch.setattr(publish, "BENCH", root / "build" / "bench.json")
    monkeypatch.setattr(publish, "SHIPPED", root / "weights")
    monkeypatch.setattr(publish, "SCORE", root / "score")
    monkeypatch.setattr(render, "HERE", report)
    return root


@pytest.fixture
def evidence(tmp_path):
    """A folder as `make evidence` leaves it, with another loss of the final network."""
    build = tmp_path / "build"
    folder = build / "evidence"
    shutil.copytree(ROOT / "report" / "figures", folder / "figures")
    numbers = copy.deepcopy(METRICS)
    numbers["losses"]["final"]["carried"]["held_out"] = 1.111
    for name in NAMES:
        answers.save(folder, name, numbers[name])
    answers.save(folder, "about", numbers["about"])
    (folder / "figures" / "tbl-new.md").write_text("a table")
    (folder / "weights" / "final").mkdir(parents=True)
    (folder / "weights" / "final" / "config.json").write_text("{}")
    (folder / "score").mkdir()
    (folder / "score" / "losses.npz").write_bytes(b"losses")
    return build


def test_evidence_is_copied_and_read_by_readme_and_cards(repository, evidence, tmp_path):
    publish.publish(evidence, tmp_path / "no run")
    metrics = json.loads((repository / "report" / "metrics.json").read_text(encoding="utf-8"))
    expected = copy.deepcopy(METRICS)
    expected["losses"]["final"]["carried"]["held_out"] = 1.111
    assert metrics == expected
    assert (repository / "report" / "figures" / "tbl-new.md").read_text() == "a table"
    assert (repository / "weights" / "final" / "config.json").read_text() == "{}"
    assert (repository / "score" / "losses.npz").read_bytes() == b"losses"
    assert "1.11" in publish.readme(metrics)


def test_what_was_not_asked_stays_as_it_is_published(repository, evidence, tmp_path, capsys):
    for path in (evidence / "evidence").glob("*.json"):
        if path.stem != "losses":
            path.unlink()
    shutil.rmtree(evidence / "evidence" / "weights")
    publish.publish(evidence, tmp_path / "no run")
    assert "ladder: not asked here, so the published answer stays.\n" in capsys.readouterr().out
    metrics = json.loads((repository / "report" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["ladder"] == METRICS["ladder"] and metrics["about"] == METRICS["about"]
    assert metrics["losses"]["final"]["carried"]["held_out"] == 1.111


def test_a_new_question_is_published_with_its_answer(repository, evidence, tmp_path, monkeypatch):
    monkeypatch.setattr(publish, "NAMES", (*NAMES, "a new one"))
    with pytest.raises(InputError, match="Nobody has asked a new one"):
        publish.publish(evidence, tmp_path)
    before = (ROOT / "report" / "metrics.json").read_bytes()
    assert (repository / "report" / "metrics.json").read_bytes() == before
    with pytest.raises(InputError, match="neither"):
        publish.publish(tmp_path / "nothing", tmp_path / "nowhere")


WIDGET = "application/vnd.jupyter.widget-view+json"
LINKS = (
    "[it](glossary.md) [that](solutions/01-a.ipynb) [it](backward-pass.ipynb) "
    "[paper](../report/shakespeare-lstm.pdf)"
)
TAGS = {"tags": ["report"]}


def executed(build, name):
    """A small executed notebook, and the numbers that go with it."""
    panel = v4.new_output("display_data", data={WIDGET: {}, "text/plain": "a panel"})
    cells = [
        v4.new_markdown_cell(f"# Title\n{LINKS}."),
        v4.new_code_cell("panel", outputs=[panel], execution_count=2, metadata={"papermill": {}}),
        v4.new_code_cell("show(picture)", execution_count=3, metadata=TAGS | {"papermill": {}}),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "papermill": {}}
    nbformat.write(v4.new_notebook(cells=cells, metadata=kernel), build / f"{name}.ipynb")
    shutil.copy(STORED / publish.NUMBERS, build)


def test_notebooks_are_copied_as_they_ran_without_widgets(repository, tmp_path):
    build = tmp_path / "quick"
    build.mkdir()
    for name in publish.NOTEBOOKS:
        executed(build, name)
    (build / "03-training.failed.ipynb").write_text("{}")
    publish.publish(tmp_path / "no evidence", build)

    stored = repository / "report" / "notebooks"
    expected = {publish.NUMBERS, *(f"{name}.ipynb" for name in publish.NOTEBOOKS)}
    assert {path.name for path in stored.iterdir()} == expected
    book = nbformat.read(stored / "01-preprocessing.ipynb", as_version=4)
    solved, text, panel, figure = book.cells
    assert "](../../notebooks/01-preprocessing.ipynb)" in solved.source
    assert text.source.count("](../../notebooks/") == 3
    assert "[paper](../shakespeare-lstm.pdf)" in text.source
    assert panel.outputs[0].data == {"text/plain": "a panel"} and panel.execution_count == 2
    assert panel.metadata == {} and book.metadata.keys() == {"kernelspec"}
    assert figure.metadata == TAGS


def test_an_unfinished_run_is_not_copied_and_no_evidence_beside_it(repository, evidence, tmp_path):
    build = tmp_path / "quick"
    build.mkdir()
    for path in STORED.glob("0[1-3]*.ipynb"):
        executed(build, path.stem)
    with pytest.raises(InputError, match="04-generation isn't finished"):
        publish.publish(evidence, build)
    metrics = (repository / "report" / "metrics.json").read_bytes()
    assert metrics == (ROOT / "report" / "metrics.json").read_bytes()
    assert (repository / "report" / "notebooks" / "04-generation.ipynb").exists()


def test_notebooks_about_another_text_are_not_copied(repository, tmp_path, write):
    for name in publish.NOTEBOOKS:
        executed(tmp_path, name)
    made = Results("quick", str(write("another text\n" * 99)))
    path = tmp_path / publish.NUMBERS
    numbers = json.loads(path.read_text(encoding="utf-8"))
    numbers["made_with"] |= made.made_with
    path.write_text(json.dumps(numbers), encoding="utf-8")
    with pytest.raises(InputError, match="another text"):
        publish.publish(tmp_path / "no evidence", tmp_path)
    assert (repository / "report" / "notebooks" / "01-preprocessing.ipynb").exists()


def test_each_notebook_has_a_published_copy():
    assert sorted(path.stem for path in STORED.glob("*.ipynb")) == publish.NOTEBOOKS
