"""What `make publish` writes: networks, model cards, results; all numbers come from the metrics."""

import json
import shutil

import pytest
from conftest import ROOT
from test_make import NOTEBOOKS

from report import publish
from shakespeare import pretrained
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.digests import TINY_SHAKESPEARE
from shakespeare.files import InputError

METRICS = publish.read_metrics()


def table_rows(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("|")]


def test_the_readme_has_the_losses_of_the_metrics():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = table_rows(publish.readme(METRICS))
    assert len(rows) > 8
    assert set(rows) <= set(table_rows(readme))


def losses(held_out):
    return {
        "validation": held_out - 0.1,
        "test": held_out + 0.1,
        "held_out": held_out,
        "interval": [held_out - 0.04, held_out + 0.04],
    }


def program(name, options, held_out, seconds, source="measured here"):
    about = {"program": name, "options": options, "group": "learning while reading"}
    test = None if source == "quoted" else held_out + 0.1
    return about | {"held_out": held_out, "test": test, "seconds": seconds, "source": source}


def rung(name, gain):
    verdict = "gain" if gain > 0.01 else "not shown"
    by_part = {"validation": gain, "test": gain, "held_out": gain}
    gains = by_part | {"interval": [gain - 0.01, gain + 0.01], "verdict": verdict}
    return {"name": name, "carried": losses(1.4), "gain": gains}


def invent_metrics(best_program=1.18, claim_passed=True):
    """All of the metrics, with invented results in place of those that the prose judges."""
    names = ("cold", "cold_mixed", "carried", "carried_mixed", "dynamic", "dynamic_mixed")
    lengths = [{"epochs": 3, "gain": 0.17}, {"epochs": 6, "gain": 0.11}]
    writer = {"texts": 9, "words": 0.916, "headings": 50, "malformed": 1, "returning": 20}
    beyond = METRICS["beyond_the_report"] | {
        **{name: losses(1.25) for name in names},
        "baseline": {
            **{name: losses(1.43) for name in names},
            "gain": rung("", 0.03)["gain"],
            "writer": writer,
        },
        "committee": {name: losses(1.19) for name in names},
        "writers": [writer] * 5,
        "rungs": [
            *[rung(name, 0.5) for name in ("uniform guess", "unigram", "n-grams", "baseline")],
            rung("schedule", 0.05),
            rung("dropout", 0.002),
            rung("learning while reading", 0.1),
        ],
        "ladder": {"seeds": [1, 2, 3], "epochs": 6, "hidden_size": 192, "lengths": lengths},
        "carry_over": {},
        "more_text": {"amounts": {}, "time": {}},
        "rivals": [
            program("PPMd", "order 6", 1.406, 0.9),
            program("paq8px", "-7", best_program, 100, "quoted"),
        ],
    }
    leak = {"claim": 1.22, "epochs": 14, "leaky": 1.215, "passes": 14}
    if not claim_passed:
        leak |= {"leaky": 1.6, "passes": None}
    training = METRICS["training"] | {"cold": losses(1.5), "carried": losses(1.48), "leak": leak}
    preprocessing = METRICS["preprocessing"] | {"bar": losses(1.51)}
    plain = [{"series": "equal parameters", "layers": 1, "carried_validation": 1.4}]
    residual = [{"series": "residual", "layers": 1, "carried_validation": 1.3}]
    name = {"letters": "ANNA", "first": 10, "again": 90, "total": {"first": 12.0, "again": 3.0}}
    name["swap"] = {"name": [3.0, 12.0], "backwards": [70.0, 11.0]}
    rise = {"speaker heading": 0.2, "end of a line": 0.1}
    rises = {"best quarter": rise, "random quarter": rise}
    headings = METRICS["inside_the_network"]["broken"]["headings"]
    broken = {"rises": rises, "headings": headings}
    inside = METRICS["inside_the_network"] | {"name": name, "broken": broken}
    returning = {"author": 0.7, "chosen": 0.1, "chance": 0.1}
    return METRICS | {
        "inside_the_network": inside,
        "generation": METRICS["generation"] | {"returning": returning},
        "beyond_the_report": beyond,
        "training": training,
        "preprocessing": preprocessing,
        "further_experiments": {"depth": plain + residual, "texts": []},
    }


def test_the_readme_has_a_table_for_each_protocol_and_programs_only_where_models_learn():
    page = publish.readme(invent_metrics())
    findings, cold, carried, learning = page.split("|  | test half |")
    assert "nanoGPT" in cold and "n-gram model" not in cold
    assert "n-gram model" in carried and "nanoGPT" not in carried
    for name in ("PPMd", "paq8px"):
        assert name in learning and name not in cold + carried
    rows = table_rows(learning)
    on_last_tenth = [row.split("|")[3] for row in rows[1:]]  # after the line below the header
    assert on_last_tenth == sorted(on_last_tenth, reverse=True)
    assert "| paq8px -7 (quoted) |  | 1.180 |  |" in rows
    assert "| the final network, with n-grams | 1.350 | 1.250 | 1.210 to 1.290 |" in rows
    assert "below\n  the 1.510" in findings


def test_the_readme_leaves_out_what_was_measured_in_another_way(copy):
    path = copy / "report" / "published.csv"
    lines = [
        "model,loss,protocol,source,url",
        "ours alike,1.4567,random crops of 256,A,https://a.example",
        "pretrained,1.2,pretrained on other text,B,https://b.example",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    page = publish.readme(METRICS)
    assert "| [ours alike](https://a.example) |  | 1.4567 |  |" in page
    assert "b.example" not in page


def test_the_readme_says_who_is_ahead_and_what_a_random_split_shows():
    page = publish.readme(invent_metrics(best_program=1.18))
    assert "the program is ahead" in page
    assert "paq8px -7 gets below 1.22 in about 100 seconds" in page
    assert "so a careless split can produce the claimed 1.22" in page

    page = publish.readme(invent_metrics(best_program=1.25, claim_passed=False))
    assert "the committee is ahead" in page
    assert "passes 1.22" not in page
    assert "1.60\n  at best, in 14 epochs" in page and "careless split" not in page


def test_contributing_has_the_speeds_of_the_metrics():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for row in METRICS["bench"]["rows"]:
        assert f"| {row['what']} | {row['value']:.2f} |" in page


@pytest.mark.parametrize("name", publish.RECIPE_OF)
def test_a_model_card_has_the_losses_of_the_metrics(name):
    card = (publish.SHIPPED / name / "README.md").read_text(encoding="utf-8")
    rows = table_rows(publish.card(name, METRICS))
    assert len(rows) == 2 + len(METRICS["weights"][name]["losses"])
    assert set(rows) <= set(table_rows(card))


def test_a_row_of_the_bench_says_what_it_decides():
    rows = [
        {"what": "writing", "value": 3.0, "goal": 7, "decides": "whether to write"},
        {"what": "learning", "value": 7.0, "goal": 7, "decides": "how to learn"},
        {"what": "racing", "value": 9.0, "goal": None, "decides": "who is faster"},
    ]
    table = publish.fill("bench.md.j2", {"bench": METRICS["bench"] | {"rows": rows}})
    assert "| writing | 3.00 | 7, missed | whether to write |" in table
    assert "| learning | 7.00 | 7, met | how to learn |" in table
    assert "| racing | 9.00 |  | who is faster |" in table


def test_new_results_replace_what_is_between_the_marks_and_nothing_else():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    changed = publish.between_marks(readme, "New results.")
    before, _, after = changed.partition("\nNew results.\n")
    assert readme.startswith(before) and readme.endswith(after)
    assert before.endswith(publish.BEGIN) and after.startswith(f"\n{publish.END}")


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
def copy(tmp_path, monkeypatch, excerpt):
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
    monkeypatch.setattr(publish, "build_explorer", lambda path: path.touch())
    return root


def test_publishing_ships_both_networks_and_writes_all_results(copy, make_network):
    build = copy / "build" / "full"
    build.mkdir(parents=True)
    write_numbers(build)
    for suffix in ("pdf", "html"):
        (build / f"shakespeare-lstm.{suffix}").write_text("new")
    mixture = {"network": 0.7, "ngram": 0.3, "sampling": {"temperature": 0.9, "min_p": 0.02}}
    facts = {"sampling": {"temperature": 0.8, "min_p": 0.01}, "mixture": mixture}
    for recipe, memory in (("final", 30), ("page", 60)):
        network = make_network(CopyLSTM, memory=memory).float()
        network.facts = facts
        network.save_pretrained(build / "models" / recipe)

    publish.publish(build, "full")

    metrics = json.loads((copy / "report" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["training"] == METRICS["training"]
    assert metrics["bench"] == METRICS["bench"]  # there are no new ones
    readme = (copy / "README.md").read_text(encoding="utf-8")
    for name, memory in (("full", 30), ("small", 60)):
        network = pretrained.load(name)
        assert network.memory == memory and network.facts == facts
        about = metrics["weights"][name]
        loss = about["losses"]["carried"]["held_out"]
        assert f"{loss:.3f}" in readme
        assert f"{loss:.4f}" in (copy / "weights" / name / "README.md").read_text(encoding="utf-8")
        assert about["parameters"] == sum(weight.numel() for weight in network.parameters())
        assert about["sample"].startswith("ROMEO:")
    assert (copy / "report" / "shakespeare-lstm.pdf").read_text() == "new"
    assert (copy / "report" / "shakespeare-lstm.html").read_text() == "new"
    assert (copy / "report" / "explorer.html").exists()
