"""Bring a finished report to where it is published: python report/publish.py BUILD PROFILE TEXT.

The course's own text goes to report/shakespeare-lstm.pdf and .html from the profiles quick and full; the published
numbers, report/metrics.json, two pictures and the results in README.md, come from full alone.
"""

from __future__ import annotations

import csv
import html
import json
import math
import sys
from pathlib import Path
from typing import Any

from shakespeare.files import InputError, write

ROOT = Path(__file__).resolve().parent.parent
PROTOCOLS, HALVES = ("cold", "carried", "dynamic"), ("validation", "test", "held_out")
PRECISION = {"32-true": "float32", "bf16-mixed": "bfloat16"}
BEGIN, END = "<!-- results: written by report/publish.py -->", "<!-- end of results -->"


def results(metrics: dict[str, Any]) -> str:
    """The README's results, Markdown, every number of them from the metrics and report/published.csv."""
    t, gen = metrics["training"], metrics["generation"]
    order, leak = t["best_ngram_order"], t["leak"]
    models = {f"LSTM, {t['parameters'] / 1e6:.2f} M": t}
    for name, about in sorted(metrics.get("weights", {}).items()):
        if name != t["profile"]:
            models[f"the {name} one, {about['parameters'] / 1e6:.2f} M"] = about["losses"]
    losses = {
        f"n-gram model, order {order}": {
            "carried": {k: v[order] for k, v in metrics["preprocessing"]["ngram"].items()}
        }
    }
    for model, of in models.items():
        losses[model] = {protocol: of[protocol] for protocol in PROTOCOLS if protocol in of}
        losses[f"{model}, with n-grams"] = {name: of[f"{name}_mixed"] for name in PROTOCOLS if f"{name}_mixed" in of}
    short = [
        [model, *(f"{of[name]['held_out']:.4f}" if name in of else "" for name in PROTOCOLS)]
        for model, of in losses.items()
    ]
    with (ROOT / "report" / "published.csv").open(newline="", encoding="utf-8") as file:
        short += [
            [f"[{row['model']}]({row['url']})", row["loss"], "", ""]
            for row in csv.DictReader(file)
            if row["protocol"].startswith("random crops of 256")
        ]
    long = [
        [f"{model}, {name}", *(f"{loss[k]:.4f}" for k in HALVES), f"{loss['held_out'] / math.log(2):.4f}"]
        for model, of in losses.items()
        for name, loss in of.items()
    ]
    leaky = (
        f"The student's report to which this course goes back claims {leak['claim']}. With windows split at random a "
        f"plain LSTM is below that after {leak['passes']:.0f} passes over {leak['characters']:,} characters, at "
        f"{leak['leaky']:.2f}, where its loss on the validation half is {leak['held_out']:.2f}; and goes on to "
        f"{leak['last_leaky']:.2f}."
        if leak["passes"]
        else ""
    )
    prompt = html.escape(gen["prompt"].strip())
    return f"""
Loss in nats per character on the last 10 % of the text, which was never trained on:

- *cold*: windows of 256 characters that do not overlap, each from a zero state;
- *carried*: one pass, the state carried all the way;
- *dynamic*: as carried, but the weights go on learning from what they have already predicted, a metric of its own,
  not to be held against the others;
- *with n-grams*: a product with an n-gram model of the training text and, where dynamic, of what was read, too.

{table(["", *PROTOCOLS], short)}

Profile `{t["profile"]}`, seed {t["seed"]}, {t["epochs"]} epochs in {t["minutes"]:.0f} minutes
({t["versions"].split(", ")[-1]}, {PRECISION[t["precision"]]}). The figures of others are quoted, from random crops of
256 characters, the lowest at second hand; the report says more. {seeds(t)}{leaky}

<details><summary>The two halves of the held-out text, and bits</summary>

The first half, for validation, chose the checkpoint, how far back to copy, the step size of *dynamic*, and the
weights of the n-grams.

{table(["model, protocol", "validation half", "test half", "whole last 10 %", "the same in bits"], long)}

</details>

<details><summary>The first text that seed {gen["seed"]} gives after <code>{prompt}</code>, at temperature 1</summary>

```text
{gen["sample"].rstrip()}
```

</details>
{speed(metrics.get("bench"), gen["speedup"])}"""


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def seeds(training: dict[str, Any]) -> str:
    """What other seeds give, in a sentence."""
    names = {"cold": "cold", "cold_mixed": "cold with n-grams", "carried": "carried"}
    if not training["spread"]:
        return ""
    each = ", ".join(
        f"{spread['mean']:.4f} ± {spread['deviation']:.4f} {names[name]}"
        for name, spread in training["spread"].items()
        if name in names
    )
    ways = {seed: PRECISION[way] for seed, way in sorted(training["precisions"].items())}
    how = ", ".join(f"{way} for {seed}" for seed, way in ways.items())
    if len(set(ways.values())) == 1:
        how = ways[min(ways)]
    return f"Over {len(training['seeds'])} seeds ({how}), mean and standard deviation: {each}. "


def speed(bench: dict[str, Any] | None, speedup: float) -> str:
    """The ratios that `make bench` measured, as a Markdown table."""
    if not bench:
        return ""
    rows, peak = [], bench["peak"] / 1e9
    for name, ratio, goal in bench["rows"]:
        met = goal is not None and (ratio <= goal if "at most" in name else ratio >= goal)
        rows.append([name, f"{ratio:.2f}", "" if goal is None else f"{goal}, {'met' if met else 'missed'}"])
    return f"""
<details><summary>Speed, as ratios measured side by side in one run of <code>make bench</code></summary>

{bench["threads"]} threads, {PRECISION[bench["precision"]]}; matrix products at {peak:.0f} GFLOP/s. The trained
network, which also copies, writes {speedup:.0f} times as fast with its state carried as it does reading again.

{table(["", "ratio", "goal"], rows)}

</details>
"""


def with_results(readme: str, metrics: dict[str, Any]) -> str:
    """The README with the results of these metrics between its two marks."""
    before, after = readme.split(BEGIN)[0], readme.split(END)[1]
    return f"{before}{BEGIN}\n{results(metrics)}\n{END}{after}"


def replace_if_different(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        write(path, content)
        print(f"{path.relative_to(ROOT)} is new.")


def main(build: Path, profile: str, text: str) -> None:
    pdf = build / "shakespeare-lstm.pdf"
    if profile in ("smoke", "small") or Path(text).resolve() != ROOT / "input.txt":
        print(f"The report is {pdf}.")
        return
    if profile == "full":
        path = ROOT / "report" / "metrics.json"
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        metrics = json.loads((build / "metrics.json").read_text(encoding="utf-8"))
        # What no notebook measures: the speed, and the losses of the weights that are shipped.
        bench = ROOT / "build" / "bench.json"
        metrics["bench"] = json.loads(bench.read_text(encoding="utf-8")) if bench.exists() else kept.get("bench")
        shipped = sorted((ROOT / "shakespeare" / "weights").glob("*.json"))
        metrics["weights"] = {about.stem: json.loads(about.read_text(encoding="utf-8")) for about in shipped}
        for about in metrics["weights"].values():
            del about["options"], about["settings"]
        numbers = json.dumps(metrics, indent=1, sort_keys=True, allow_nan=False) + "\n"
        replace_if_different(path, numbers.encode())
        readme = ROOT / "README.md"
        replace_if_different(readme, with_results(readme.read_text(encoding="utf-8"), metrics).encode())
        for name, figure in {"memory-cells": "cells", "real-and-written": "surprisal"}.items():
            picture = build / "report" / "figures" / f"fig-{figure}.svg"
            replace_if_different(ROOT / "report" / f"{name}.svg", picture.read_bytes())
    for made in (pdf.with_suffix(".html"), pdf):
        replace_if_different(ROOT / "report" / made.name, made.read_bytes())
    print(f"The report is report/shakespeare-lstm.pdf (profile {profile}).")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
    except InputError as error:
        sys.exit(f"{error}")
