"""What `make publish` writes: README results and model cards, all numbers from the metrics."""

import json

import pytest
from conftest import ROOT

from report import publish
from shakespeare.files import InputError

METRICS = json.loads((ROOT / "report" / "metrics.json").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_has_the_results_of_the_metrics():
    assert publish.with_results(README, METRICS) == README


def test_new_metrics_change_the_results_and_nothing_else_in_the_readme():
    losses = {"validation": 1.0, "test": 3.0, "held_out": 2.0}
    large = METRICS["beyond_the_report"] | {"carried": losses}
    metrics = METRICS | {"beyond_the_report": large, "bench": None}
    changed = publish.with_results(README, metrics)
    assert "| 1.0000 | 3.0000 | 2.0000 | 2.8854 |" in changed and "make bench</code>" not in changed
    assert changed.split(publish.BEGIN)[0] == README.split(publish.BEGIN)[0]
    assert changed.split(publish.END)[1] == README.split(publish.END)[1]


@pytest.mark.parametrize("name", ["full", "small"])
def test_a_model_card_says_what_the_metrics_say(name, tmp_path, monkeypatch):
    card = (publish.SHIPPED / name / "README.md").read_text(encoding="utf-8")
    written = []
    monkeypatch.setattr(publish, "write", lambda path, content: written.append(content.decode()))
    publish.write_card(name, METRICS["weights"][name])
    assert written == [card]
    assert f"{METRICS['weights'][name]['losses']['carried']['held_out']:.4f}" in card


@pytest.mark.parametrize("profile, text", [("quick", "input.txt"), ("full", "other.txt")])
def test_only_the_shipped_profiles_of_the_courses_text_are_published(profile, text, tmp_path):
    numbers = {"made_with": {"text": text, "profile": profile}}
    (tmp_path / "05-beyond-the-report.json").write_text(json.dumps(numbers), encoding="utf-8")
    with pytest.raises(InputError, match="Only the profiles small and full"):
        publish.publish(tmp_path, profile)
