"""What `make publish` writes: README results and model cards, all numbers from the metrics."""

import json

import pytest
from conftest import ROOT

from report import publish
from shakespeare.files import InputError

METRICS = json.loads((ROOT / "report" / "metrics.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", publish.RESULTS)
def test_a_page_has_the_results_of_the_metrics(name):
    page = (ROOT / name).read_text(encoding="utf-8")
    assert publish.with_results(page, publish.RESULTS[name], METRICS) == page


def test_new_metrics_change_the_results_and_nothing_else_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    losses = METRICS["weights"]["full"]["losses"] | {"carried": {"held_out": 9.125}}
    full = METRICS["weights"]["full"] | {"losses": losses}
    metrics = METRICS | {"weights": METRICS["weights"] | {"full": full}}
    changed = publish.with_results(readme, "readme.md.j2", metrics)
    assert "| 9.125 |" in changed
    assert changed.split(publish.BEGIN)[0] == readme.split(publish.BEGIN)[0]
    assert changed.split(publish.END)[1] == readme.split(publish.END)[1]


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
