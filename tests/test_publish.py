"""What `make publish` writes, and what prose says of the numbers; all come from the metrics."""

import copy
import json
import shutil

import pytest
from conftest import NOTEBOOKS, ROOT

from course.results import weights_digest
from report import publish, render
from shakespeare import pretrained
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.digests import TINY_SHAKESPEARE
from shakespeare.files import InputError

METRICS = publish.read_metrics()


def table_rows(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("|")]


def test_the_readme_has_the_results_of_the_metrics():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert publish.readme(METRICS) in readme


def report_prose(name, metrics, published=None):
    """A text of the report, filled with numbers, on one line and without its escapes."""
    numbers = metrics | {"published": published or metrics}
    filled = render.prose(render.HERE / f"{name}.md", numbers)["source"]
    return " ".join(filled.replace("\\", "").split())


def changed_metrics(**changes):
    """The published metrics with some values changed, by section."""
    metrics = copy.deepcopy(METRICS)
    for section, values in changes.items():
        metrics[section] |= values
    return metrics


def test_contributing_has_the_speeds_of_the_metrics():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for row in METRICS["bench"]["rows"]:
        assert f"| {row['what']} | {row['value']:.2f} |" in page


def test_findings_quote_the_published_run_and_the_conclusion_the_run_at_hand():
    carried = METRICS["training"]["carried"]
    at_hand = changed_metrics(training={"carried": carried | {"held_out": 1.856}})
    paper = report_prose("paper", at_hand, published=METRICS)
    _, _, rest = paper.partition("# What the recipe scores")
    findings, _, rest = rest.partition("# How to lower the loss")
    _, _, conclusion = rest.partition("# Conclusion")
    assert f"is {carried['held_out']:.3f} carried" in findings
    assert "1.856" not in findings and "its loss is 1.856" in conclusion


def test_the_prose_about_another_text_says_nothing_of_shakespeare():
    metrics = changed_metrics(
        preprocessing={"title": "kalevala.txt"},
        further_experiments={
            "rivals": [],
            "carry_over": {},
            "more_text": {"amounts": {}, "time": {}},
            "texts": [],
        },
    )
    for name in ("abstract", "paper"):
        prose = report_prose(name, metrics).replace("Shakespeare's plays. It claims", "")
        for words in ("Shakespeare", "plays", "not blind", "ompression program has"):
            assert words not in prose, (name, words)


@pytest.mark.parametrize("name", publish.RECIPE_OF)
def test_a_model_card_has_the_losses_of_the_metrics(name):
    card = (publish.SHIPPED / name / "README.md").read_text(encoding="utf-8")
    rows = table_rows(publish.card(name, METRICS))
    assert len(rows) == 2 + len(METRICS["weights"][name]["losses"])
    assert set(rows) <= set(table_rows(card))


def write_numbers(build, **made_with) -> None:
    """The numbers of those notebooks that have some in the metrics, as they are there."""
    for name in NOTEBOOKS:
        key = name[3:].replace("-", "_")
        if key in METRICS:
            numbers = METRICS[key] | {"made_with": METRICS[key]["made_with"] | made_with}
            (build / f"{name}.json").write_text(json.dumps(numbers), encoding="utf-8")


@pytest.mark.parametrize(
    ("profile", "fingerprint", "words"),
    [
        ("quick", TINY_SHAKESPEARE, "Only the profile full"),
        ("full", "of other/input.txt", "about Tiny Shakespeare"),
    ],
)
def test_only_full_results_about_this_text_are_published(profile, fingerprint, words, tmp_path):
    write_numbers(tmp_path, profile=profile, fingerprint=fingerprint)
    with pytest.raises(InputError, match=words):
        publish.publish(tmp_path, profile)


@pytest.fixture
def repository(tmp_path, monkeypatch, excerpt):
    """A copy of the files that publishing changes, about the first characters of the text."""
    root = tmp_path / "course"
    report = root / "report"
    shutil.copytree(ROOT / "report", report, ignore=shutil.ignore_patterns("explorer*", "*.pdf"))
    for name in ("README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, root)
    (root / "input.txt").write_text(excerpt.text(), encoding="utf-8")
    monkeypatch.setattr(publish, "ROOT", root)
    monkeypatch.setattr(publish, "REPORT", report)
    monkeypatch.setattr(publish, "BENCH", root / "build" / "bench.json")
    monkeypatch.setattr(publish, "SHIPPED", root / "weights")
    monkeypatch.setattr(pretrained, "SHIPPED", root / "weights")
    return root


@pytest.fixture
def written(monkeypatch, repository):
    """What is made of executed notebooks, which aren't there: only its names, in order."""
    made: list[str] = []

    def note(owner, function, name):
        monkeypatch.setattr(owner, function, lambda *arguments: made.append(name))

    note(publish.published, "store", "notebooks")
    note(publish, "write_paper", "paper")
    note(publish, "write_pictures", "pictures")
    note(publish, "build_explorer", "explorer")
    monkeypatch.setattr(publish.published, "course", dict)
    return made


def test_publishing_ships_both_networks_and_writes_all_results(repository, make_network, written):
    build = repository / "build" / "full"
    build.mkdir(parents=True)
    mixture = {"network": 0.7, "ngram": 0.3, "sampling": {"temperature": 0.9, "min_p": 0.02}}
    facts = {"sampling": {"temperature": 0.8, "min_p": 0.01}, "mixture": mixture}
    for recipe, memory in (("final", 30), ("page", 60)):
        network = make_network(CopyLSTM, memory=memory).float()
        network.facts = facts
        network.save_pretrained(build / "models" / recipe)
    write_numbers(build, weights=weights_digest(build / "models" / "final"))
    beyond = json.loads((build / "05-beyond-the-report.json").read_text(encoding="utf-8"))
    beyond["page"]["weights"] = weights_digest(build / "models" / "page")
    (build / "05-beyond-the-report.json").write_text(json.dumps(beyond), encoding="utf-8")

    publish.publish(build, "full")

    metrics = json.loads((repository / "report" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["training"]["carried"] == METRICS["training"]["carried"]
    assert metrics["bench"] == METRICS["bench"]  # there are no new ones
    readme = (repository / "README.md").read_text(encoding="utf-8")
    for name, memory in (("full", 30), ("small", 60)):
        network = pretrained.load(name)
        assert network.memory == memory and network.facts == facts
        about = metrics["weights"][name]
        loss = about["losses"]["carried"]["held_out"]
        card = (repository / "weights" / name / "README.md").read_text(encoding="utf-8")
        assert f"{loss:.4f}" in card
        assert about["parameters"] == sum(weight.numel() for weight in network.parameters())
        assert about["sample"].startswith("ROMEO:")
    assert metrics["weights"]["full"]["sample"].splitlines()[1] in readme
    assert written == ["notebooks", "paper", "pictures", "explorer"]
