"""Bring a finished report to where it is published: python report/publish.py BUILD PROFILE TEXT.

The course's own text goes to report/shakespeare-lstm.pdf and .html from the profiles quick and full; the published
numbers, report/metrics.json, a picture and the results in README.md, come from full alone.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from shakespeare.data import InputError
from shakespeare.files import write

ROOT = Path(__file__).resolve().parent.parent
PRECISION = {"32-true": "float32", "bf16-mixed": "bfloat16"}
BEGIN, END = "<!-- results: written by report/publish.py -->", "<!-- end of results -->"


def results(metrics: dict[str, Any]) -> str:
    """The README's results, Markdown, every number of them from the metrics."""
    t, gen = metrics["training"], metrics["generation"]
    order, leak = t["best_ngram_order"], t["leak"]
    losses = {}
    published = metrics.get("weights", {})
    models = {"LSTM": t}
    for name, about in sorted(published.items()):
        if name != t["profile"]:
            models[f"the {name} one, {about['parameters'] / 1e6:.2f} M"] = about["losses"]
    for model, of in models.items():
        for protocol in ("cold", "carried", "dynamic"):
            if protocol in of:
                losses[f"{model}, {protocol}"] = of[protocol]
                losses[f"{model} with n-grams, {protocol}"] = of[f"{protocol}_mixed"]
    losses[f"n-gram, order {order}"] = {k: v[order] for k, v in metrics["preprocessing"]["ngram"].items()}
    rows = [
        [
            name,
            *(f"{loss[k]:.4f}" for k in ("validation", "test", "held_out")),
            f"{loss['held_out'] / math.log(2):.4f}",
        ]
        for name, loss in losses.items()
    ]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    leaky = (
        f"With windows split at random a plain LSTM seems to reach {leak['leaky']:.2f} after "
        f"{leak['passes']:.0f} passes over {leak['characters']:,} characters, "
        f"while its loss on held-out text is {leak['held_out']:.2f}."
        if leak["passes"]
        else ""
    )
    return f"""
Profile `{t["profile"]}`, seed {t["seed"]}, {t["parameters"]:,} parameters, {t["epochs"]} epochs in {t["minutes"]:.0f}
minutes ({t["versions"].split(", ")[-1]}, {PRECISION[t["precision"]]}). Loss in nats per character on the last
10 % of the text, which was never trained on; the first half of it chose the checkpoint, how far back to copy,
and what is mixed in:

| model, protocol | validation half | test half | whole last 10 % | the same in bits |
|---|---|---|---|---|
{table}

*Carried*: one pass, the state carried all the way. *Cold*: windows of 256 characters that do not overlap, each from a
zero state. *Dynamic*: as carried, but the weights go on learning from what they have already predicted, a metric of
its own that is not to be held against the others. *With n-grams*: a product with an n-gram model of the training text
and, where dynamic, of what was read, too; its two weights are chosen on the validation half. {seeds(t)}{leaky}

The first text that seed {gen["seed"]} gives after `{gen["prompt"].strip()}`, not chosen among several:

```text
{gen["sample"].rstrip()}
```
{speed(metrics.get("bench"))}"""


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
    return f"Over {len(training['seeds'])} seeds, mean and standard deviation: {each}. "


def speed(bench: dict[str, Any] | None) -> str:
    """The ratios that `make bench` measured, as a Markdown table."""
    if not bench:
        return ""
    rows = [f"| {name} | {ratio:.2f} | {'' if goal is None else goal} |" for name, ratio, goal in bench["rows"]]
    return f"""
Speed, as ratios measured side by side in one run of `make bench`
({bench["threads"]} threads, {PRECISION[bench["precision"]]}; matrix products at {bench["peak"] / 1e9:.0f} GFLOP/s):

| | ratio | goal |
|---|---|---|
{chr(10).join(rows)}
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
        picture = build / "report" / "figures" / "fig-cells.svg"
        replace_if_different(ROOT / "report" / "memory-cells.svg", picture.read_bytes())
    for made in (pdf.with_suffix(".html"), pdf):
        replace_if_different(ROOT / "report" / made.name, made.read_bytes())
    print(f"The report is report/shakespeare-lstm.pdf (profile {profile}).")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
    except InputError as error:
        sys.exit(f"{error}")
