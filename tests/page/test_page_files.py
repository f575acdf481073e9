"""The page's networks as files, in Node: to Python and back; unusable files get a sentence."""

import json
import shutil

import pytest
import safetensors.torch
import torch
from conftest import FACTS, ROOT, assert_sentence, save_random
from safetensors.torch import load_file

from report.page.build import half_precision, page_config
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.model import CharLSTM
from shakespeare.pretrained import SHIPPED, from_pretrained

CHARS = list("\n aé😀")
TEXT = "aé\n😀 aaé 😀\na"
SIZES = {"embedding_size": 5, "hidden_size": 7, "num_layers": 2}
NETWORKS = {
    "plain": CharLSTM(CHARS, **SIZES),
    "strong": NormDropoutLSTM(CHARS, **SIZES, layer_norm=False, dropout=0.5),
    "copy head and layer norm": CopyLSTM(CHARS, copy_size=3, memory=4, **SIZES, layer_norm=True),
}
CODE = """
const fs = require("fs");
const { Blob } = require("buffer");
const [folder, other] = process.argv.slice(1); // there may be more
const read = (name, from = folder) => new Uint8Array(fs.readFileSync(`${from}/${name}`));
const file = (name, content) => Object.assign(new Blob([content]), { name });
const config = () => file("config (1).JSON", read("config.json"));
const weights = () => file("model.safetensors", read("model.safetensors"));

function write(files) {
  for (const [name, bytes] of Object.entries(files)) fs.writeFileSync(`${other}/${name}`, bytes);
}

function predict({ config, tensors }) {
  const network = new CharLSTM(config, tensors);
  const state = network.start();
  const step = (character) => network.step(network.idOf(character), state);
  return Array.from(TEXT, (character) => Array.from(step(character).p));
}

/** {result} of some work, or {error} with the sentence of an InputError. */
async function outcome(work) {
  try {
    return { result: await work() };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { error: error.message };
  }
}

return await outcome(async () => { MAIN });
""".replace("TEXT", json.dumps(TEXT))


@pytest.fixture
def run(node):
    """Run code in Node with the paths of folders, after CODE.

    What it returns is {"result": ...}, or {"error": ...} with the sentence of an InputError.
    """

    def run(main, *folders):
        code = CODE.replace("MAIN", main)
        return node.run_node((*node.FILES, *node.READER), code, *map(str, folders))

    return run


@pytest.fixture
def saved(tmp_path):
    """The folder of a small network, which is to be spoilt."""
    network = NETWORKS["copy head and layer norm"].float()
    network.facts = FACTS
    return save_random(network, tmp_path / "network")


def assert_refused(answer, *words):
    """The answer is an error: one short sentence that contains the words."""
    assert "error" in answer, (answer, words)
    assert_sentence(answer["error"], *words)
    assert len(answer["error"]) <= 200


# There and back


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("plain", torch.float16),
        ("strong", torch.float16),
        ("copy head and layer norm", torch.float32),
    ],
)
def test_what_python_saved_comes_back_from_the_page_as_it_was(run, tmp_path, name, dtype):
    network = NETWORKS[name].to(dtype)
    network.facts = FACTS
    folder = save_random(network, tmp_path / "python")
    network = network.float().eval()  # the same rounded weights
    (tmp_path / "page").mkdir()
    main = """
      const card = { name: "README.md", size: 9e9 };
      const network = await openNetwork([card, weights(), config()]);
      write(networkFiles(network.config, network.tensors));
      return { predictions: predict(network), sampling: samplingOf(network.config) };"""
    found = run(main, folder, tmp_path / "page")["result"]
    ids = torch.tensor([[CHARS.index(character) for character in TEXT]])  # (1, characters)
    with torch.no_grad():
        logits, _ = network(ids)  # (1, characters, vocab_size)
    p = torch.tensor(found["predictions"])
    torch.testing.assert_close(p, logits[0].softmax(-1), atol=1e-4, rtol=0)
    assert found["sampling"] == {"temperature": 0.5, "min_p": 0.1}

    loaded = from_pretrained(tmp_path / "page")
    assert type(loaded) is type(network)
    assert loaded.config() == network.config()
    assert loaded.facts == FACTS
    weights = loaded.state_dict()
    for tensor, weight in network.state_dict().items():
        assert torch.equal(weights[tensor], weight), tensor


def test_the_page_saves_what_it_shows_without_what_it_added(run, tmp_path):
    page = tmp_path / "page"
    saved = tmp_path / "saved"
    page.mkdir()
    saved.mkdir()
    network = from_pretrained(SHIPPED / "small")
    config = page_config(
        network,
        {"text": "ROMEO:"},
        json.loads((ROOT / "report" / "page" / "cells.json").read_text()),
    )
    assert config["cells"] and config["initial"]
    (page / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (page / "model.safetensors").write_bytes(half_precision(network))
    main = """
      const config = parseObject(read("config.json"), "config.json");
      const tensors = readTensors(read("model.safetensors"), shapesOf(config));
      write(networkFiles(config, tensors));"""
    run(main, page, saved)
    expected = json.loads((SHIPPED / "small" / "config.json").read_text(encoding="utf-8"))
    assert json.loads((saved / "config.json").read_text(encoding="utf-8")) == expected
    weights = load_file(saved / "model.safetensors")
    for name, weight in load_file(SHIPPED / "small" / "model.safetensors").items():
        assert torch.equal(weights[name], weight.float()), name


# Networks that cannot be used: what spoils the content of a file, and words of the sentence


def change(**values):
    """The config with other values; ... removes one."""

    def spoil(content):
        changed = json.loads(content) | values
        kept = {name: value for name, value in changed.items() if value is not ...}
        return json.dumps(kept).encode()

    return spoil


CONFIGS = [
    (lambda content: b"{", ["config.json isn't a JSON object"]),
    (lambda content: b"[" * 400_000 + b"]" * 400_000, ["JSON"]),
    (change(architecture="Transformer"), ["CharLSTM, NormDropoutLSTM or CopyLSTM"]),
    (change(architecture="__proto__"), ["CharLSTM, NormDropoutLSTM or CopyLSTM"]),
    (change(memory=...), ["memory"]),
    (change(num_layers=0), ["num_layers", "whole number"]),
    (change(num_layers=10**12), ["memory cells", "2,048"]),
    (change(hidden_size="12"), ["hidden_size"]),
    (change(hidden_size=1_025), ["2,050 memory cells", "2,048"]),
    (change(memory=1_000_000, copy_size=1_024), ["1,024,000,000", "10,000,000"]),
    (change(hidden_size=1_000, embedding_size=2_048), ["weights", "16,000,000"]),
    (change(chars=[*CHARS[1:], "a"]), ["chars", "different"]),
    (change(hidden_size=13), ["other weights than config.json"]),
]


def with_tensor(name, tensor):
    """The weights with another tensor; if it is None, without it."""

    def spoil(content):
        tensors = safetensors.torch.load(content) | {name: tensor}
        kept = {name: tensor for name, tensor in tensors.items() if tensor is not None}
        return safetensors.torch.save(kept)

    return spoil


WEIGHTS = [
    (lambda content: content[:-1], ["damaged"]),
    (lambda content: b"", ["damaged"]),
    (lambda content: b"\x80\x02ctorch._utils\n_rebuild", ["header"]),  # a pickle
    (with_tensor("linear.bias", None), ["other weights than config.json"]),
    (with_tensor("linear.bias", torch.zeros(3)), ["other weights than config.json"]),
    (with_tensor("more", torch.zeros(2)), ["other weights than config.json"]),
    (with_tensor("linear.bias", torch.zeros(5, dtype=torch.int8)), ["F32 or F16"]),
    (with_tensor("linear.bias", torch.full((5,), torch.nan)), ["infinite"]),
    (with_tensor("linear.bias", torch.full((5,), 1e30)), ["too large"]),
]


@pytest.mark.parametrize(
    ("name", "cases"),
    [("config.json", CONFIGS), ("model.safetensors", WEIGHTS)],
    ids=["config", "weights"],
)
def test_a_network_that_cannot_be_used_gets_a_sentence(run, saved, name, cases):
    folders = []
    for k, (spoil, _) in enumerate(cases):
        folder = shutil.copytree(saved, saved.with_name(f"spoilt-{k}"))
        (folder / name).write_bytes(spoil((saved / name).read_bytes()))
        folders.append(folder)
    main = """
      const open = (from) => {
        return readNetwork(read("config.json", from), read("model.safetensors", from));
      };
      const outcomes = process.argv.slice(1).map((from) => outcome(() => open(from)));
      return await Promise.all(outcomes);"""
    answers = run(main, *folders)["result"]
    for answer, (_, words) in zip(answers, cases, strict=True):
        assert_refused(answer, *words)


def test_damaged_bytes_are_refused_or_read_but_nothing_else_happens(run, saved):
    """Each of a thousand times, three bytes of one of the files are changed."""
    main = """
      const random = randomNumbers(1);
      const below = (count) => Math.floor(random() * count);
      const found = { refused: 0, read: 0 };
      for (let round = 0; round < 1000; round++) {
        const files = [read("config.json"), read("model.safetensors")];
        const damaged = files[round % 2];
        const end = Math.min(damaged.length, 2500); // mostly within the header
        for (let k = 0; k < 3; k++) damaged[below(end)] = below(256);
        const { error } = await outcome(() => {
          const p = predict(readNetwork(...files)).flat();
          if (!p.every(Number.isFinite)) throw new Error(`no predictions in round ${round}`);
        });
        found[error ? "refused" : "read"] += 1;
      }
      return found;"""
    found = run(main, saved)["result"]
    assert found["refused"] > 100 and found["refused"] + found["read"] == 1000


# What a reader chooses

CHOICES = [
    ("openNetwork([config()])", ["config.json and its model.safetensors"]),
    ("openNetwork([config(), { name: 'a.safetensors', size: 2 ** 31 }])", ["larger than 65 MB"]),
    ("readText(file('a.txt', Uint8Array.of(0xff, 0xfe, 0x61)))", ["“a.txt”", "UTF-8"]),
    ("readText(file('a.txt', 'é'.repeat(2_000_001)))", ["2,000,001 characters", "2,000,000"]),
]


def test_a_choice_that_cannot_be_used_gets_a_sentence(run, saved):
    opened = ", ".join(f"outcome(() => {choice})" for choice, _ in CHOICES)
    answers = run(f"return await Promise.all([{opened}]);", saved)["result"]
    for answer, (_, words) in zip(answers, CHOICES, strict=True):
        assert_refused(answer, *words)


def test_of_a_training_only_the_network_is_read(run, saved):
    main = """
      const training = ["run.json", "curves.csv", "last.ckpt"].map((name) => file(name, "{}"));
      const network = [weights(), file("config.json", read("config.json"))];
      const opened = await openNetwork([...training, ...network]);
      const unfinished = await outcome(() => openNetwork(training));
      return { architecture: opened.config.architecture, unfinished };"""
    found = run(main, saved)["result"]
    assert found["architecture"] == "CopyLSTM"
    assert_refused(found["unfinished"], "Choose a config.json and its model.safetensors")


def test_a_text_to_learn_is_read_without_the_mark_at_its_start(run, saved):
    main = "return await readText(file('a.txt', '\\ufeff' + 'Ä 😀\\n'.repeat(300)));"
    assert run(main, saved) == {"result": "Ä 😀\n" * 300}
