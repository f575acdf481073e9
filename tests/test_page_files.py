"""The page's networks as files, in Node: to Python and back; unusable files get a sentence."""

import json
import re
import shutil
import struct
import unicodedata

import pytest
import safetensors.torch
import torch
from safetensors.torch import load_file

from report.explorer import build
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.peers import ResidualLSTM
from shakespeare.beyond.refinements import StrongLSTM
from shakespeare.model import CharLSTM

CHARS = list("\n aé😀")
SIZES = {"embedding_size": 5, "hidden_size": 7, "num_layers": 2}
NETWORKS = {
    "plain": CharLSTM(CHARS, **SIZES),
    "strong": StrongLSTM(CHARS, **SIZES, layer_norm=False, dropout=0.5),
    "layer norm": StrongLSTM(CHARS, **SIZES, layer_norm=True),
    "copy head": CopyLSTM(CHARS, copy_size=3, memory=4, **SIZES, layer_norm=False),
    "copy head and layer norm": CopyLSTM(CHARS, copy_size=3, memory=4, **SIZES, layer_norm=True),
}
FACTS = {
    "sampling": {"temperature": 0.5, "min_p": 0.1},
    "mixture": {"network": 0.6, "ngram": 0.3, "sampling": {"temperature": 0.7}},
}
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}  # controls and others that can hide characters
CODE = """
const fs = require("fs");
const { Blob } = require("buffer");
const [folder, other] = process.argv.slice(1); // there may be more
const read = (name, from = folder) => new Uint8Array(fs.readFileSync(`${from}/${name}`));
const file = (name, bytes = read(name)) => Object.assign(new Blob([bytes]), { name });
const chosen = () => [file("config.json"), file("model.safetensors")];

function write(files) {
  for (const [name, bytes] of Object.entries(files)) fs.writeFileSync(`${other}/${name}`, bytes);
}

function predict({ config, tensors }) {
  const network = new CharLSTM(config, tensors);
  const state = network.start();
  return network.chars.map((_, id) => Array.from(network.step(id, state).prediction.p));
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
"""


@pytest.fixture
def run(node):
    """Run code in Node with the paths of folders, after CODE.

    What it returns is {"result": ...}, or {"error": ...} with the sentence of an InputError.
    """

    def run(main, *folders):
        code = CODE.replace("MAIN", main)
        return node.run_node((*build.FILES, *build.READER), code, *map(str, folders))

    return run


def save_random(network, folder):
    """A folder with a network whose weights are large, so that its predictions differ."""
    torch.manual_seed(0)
    for weight in network.parameters():
        torch.nn.init.normal_(weight)
    network.facts = FACTS
    network.save_pretrained(folder)
    return folder


def predictions(network):
    """The probabilities after each character of the vocabulary, as `predict` has them in Node."""
    ids = torch.arange(len(network.chars))[None]
    with torch.no_grad():
        logits, _ = network(ids)
    return logits[0].softmax(-1)


def assert_refused(answer, *words):
    """The answer is an error: one short sentence that contains the words and hides nothing."""
    assert "error" in answer, answer
    message = answer["error"]
    assert message.endswith("."), message
    assert len(message) <= 200, message
    assert not [each for each in message if unicodedata.category(each) in INVISIBLE], ascii(message)
    assert not re.search(r"[.!?] [A-Z]", message), message
    for word in words:
        assert word in message


# There and back


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("plain", torch.float32),
        ("strong", torch.bfloat16),
        ("layer norm", torch.float32),
        ("copy head", torch.float16),
        ("copy head and layer norm", torch.float32),
    ],
)
def test_what_python_saved_comes_back_from_the_page_as_it_was(run, tmp_path, name, dtype):
    folder = save_random(NETWORKS[name].to(dtype), tmp_path / "python")
    network = NETWORKS[name].float().eval()  # the same rounded weights
    (tmp_path / "page").mkdir()
    main = """
      const network = await openNetwork(chosen());
      write(networkFiles(network.config, network.tensors));
      return { predictions: predict(network), sampling: samplingOf(network.config) };"""
    found = run(main, folder, tmp_path / "page")["result"]
    expected = predictions(network)
    torch.testing.assert_close(torch.tensor(found["predictions"]), expected, atol=1e-4, rtol=0)
    assert found["sampling"] == {"temperature": 0.5, "min_p": 0.1, "top_p": 1}

    loaded = CharLSTM.from_pretrained(tmp_path / "page")
    assert type(loaded) is type(network)
    assert loaded.config() == network.config()
    assert loaded.facts == FACTS
    weights = loaded.state_dict()
    for tensor, weight in network.state_dict().items():
        assert torch.equal(weights[tensor], weight), tensor
    again = run("return predict(await openNetwork(chosen()));", tmp_path / "page")
    assert again["result"] == found["predictions"]


def test_the_page_saves_what_it_shows_without_what_it_added(run, tmp_path):
    page = tmp_path / "page"
    saved = tmp_path / "saved"
    page.mkdir()
    saved.mkdir()
    config = build.page_config(build.published())
    assert config["cells"] and config["initial"]
    (page / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (page / "model.safetensors").write_bytes(build.half_precision(build.MODEL))
    main = """
      const config = parseObject(read("config.json"), "config.json");
      write(networkFiles(config, readTensors(read("model.safetensors"))));"""
    run(main, page, saved)
    original = json.loads((build.MODEL / "config.json").read_text(encoding="utf-8"))
    assert json.loads((saved / "config.json").read_text(encoding="utf-8")) == original
    weights = load_file(saved / "model.safetensors")
    for name, weight in load_file(build.MODEL / "model.safetensors").items():
        assert torch.equal(weights[name], weight.float()), name


# What cannot be used


@pytest.fixture
def saved(tmp_path):
    """The folder of a small network, which is to be spoilt."""
    return save_random(NETWORKS["copy head and layer norm"].float(), tmp_path / "network")


def assert_all_refused(run, saved, name, spoilt_contents, expected):
    """Each of the contents, in place of a file of the network, gets a sentence with these words."""
    folders = []
    for k, content in enumerate(spoilt_contents):
        folder = shutil.copytree(saved, saved.with_name(f"spoilt-{k}"))
        (folder / name).write_bytes(content)
        folders.append(folder)
    main = """
      const open = (from) => {
        return readNetwork(read("config.json", from), read("model.safetensors", from));
      };
      const outcomes = process.argv.slice(1).map((from) => outcome(() => open(from)));
      return await Promise.all(outcomes);"""
    answers = run(main, *folders)["result"]
    for answer, words in zip(answers, expected, strict=True):
        assert_refused(answer, name, *words)


def change(**values):
    """The config with other values; ... removes one."""

    def changed(config):
        both = config | values
        return {name: value for name, value in both.items() if value is not ...}

    return changed


CONFIGS = [
    (change(architecture="Transformer"), ["Transformer", "CopyLSTM"]),
    (change(architecture="constructor"), ["constructor", "CopyLSTM"]),
    (change(architecture=...), ["no architecture", "CopyLSTM"]),
    (change(architecture="StrongLSTM"), ["copy_size", "StrongLSTM"]),
    (change(hidden_sise=12), ["hidden_sise"]),
    (change(__proto__={"memory": 1}), ["__proto__"]),
    (change(memory=...), ["memory"]),
    (change(hidden_size="7"), ["hidden_size", '"7"', "2,048"]),
    (change(hidden_size=10**9), ["hidden_size", "1000000000", "2,048"]),
    (change(hidden_size=7.5), ["hidden_size", "7.5"]),
    (change(hidden_size=True), ["hidden_size", "true"]),
    (change(embedding_size=0), ["embedding_size", "0"]),
    (change(num_layers=-1), ["num_layers", "-1"]),
    (change(num_layers=10**300), ["num_layers", "16"]),
    (change(hidden_size=1_025), ["2,050 memory cells", "2,048"]),
    (change(hidden_size=1_000, embedding_size=2_048), ["weights", "16,000,000"]),
    (change(memory=None), ["memory", "null"]),
    (change(copy_size=[3]), ["copy_size", "a list"]),
    (change(layer_norm=1), ["layer_norm", "true or false"]),
    (change(dropout="much\u202e\x1b[2J"), ["dropout", "much"]),
    (change(learning_rate={"a": "b" * 1000}), ["learning_rate", "an object"]),
    (change(chars="abcde"), ["chars", "list"]),
    (change(chars=[]), ["chars", "list"]),
    (change(chars=[*CHARS[1:], "aa"]), ["chars", '"aa"']),
    (change(chars=[*CHARS[1:], ""]), ["chars", '""']),
    (change(chars=[*CHARS[1:], "\ud800"]), ["chars", "ud800"]),
    (change(chars=[*CHARS[1:], "\r"]), ["chars", "\\r"]),
    (change(chars=[*CHARS[1:], 5]), ["chars", "5"]),
    (change(chars=[*CHARS[1:], "a"]), ["chars", '"a"', "twice"]),
    (change(chars=["b" * 1000]), ["chars", "bbb…"]),
    (change(chars=["😀" * 1000]), ["chars", "😀…"]),
    (change(Größe=7), ["Größe"]),
    (change(facts=None), ["facts"]),
    (change(facts={"sampling": []}), ["sampling"]),
    (change(facts={"sampling": {"temperature": "hot"}}), ["temperature", "hot"]),
    (change(facts={"sampling": {"min_p": 7}}), ["min_p", "7"]),
    (change(facts={"sampling": {"temprature": 0.5}}), ["temprature"]),
]


def test_a_config_that_cannot_be_used_gets_a_sentence(run, saved):
    config = json.loads((saved / "config.json").read_text(encoding="utf-8"))
    spoilt = [json.dumps(changed(config)).encode() for changed, _ in CONFIGS]
    assert_all_refused(run, saved, "config.json", spoilt, [words for _, words in CONFIGS])


NO_CONFIGS = {
    b"": "not JSON",
    b"{": "not JSON",
    b'{"hidden_size": NaN}': "not JSON",
    b"\xff\xfe{}": "not JSON",
    b"[" * 500_000 + b"]" * 500_000: "JSON",
    b"[]": "not a JSON object",
    b"null": "not a JSON object",
    b"{}": "architecture",
    b'{"hidden_size": ' + b"[" * 400_000 + b"]" * 400_000 + b"}": "config.json",
    b'{"facts": "' + b" " * 2_000_000 + b'"}': "at most 1 MB",
}


def test_a_file_that_is_no_config_gets_a_sentence(run, saved):
    expected = [[words] for words in NO_CONFIGS.values()]
    assert_all_refused(run, saved, "config.json", NO_CONFIGS, expected)


def with_header(change_header):
    """The weights with another header: `change_header` changes the contents of the old one."""

    def spoil(content):
        end = 8 + struct.unpack("<Q", content[:8])[0]
        header = json.loads(content[8:end])
        change_header(header)
        text = json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + content[end:]

    return spoil


def with_entry(**values):
    """The weights, where the header says something else about linear.bias."""
    return with_header(lambda header: header["linear.bias"].update(values))


def with_tensor(name, change_tensor):
    """The weights with another tensor; if it is None, without it."""

    def spoil(content):
        tensors = safetensors.torch.load(content)
        tensors[name] = change_tensor(tensors.get(name))
        kept = {name: tensor for name, tensor in tensors.items() if tensor is not None}
        return safetensors.torch.save(kept)

    return spoil


def with_number(number, dtype=torch.float32):
    """The weights with this number in linear.bias."""

    def put(tensor):
        tensor = tensor.to(dtype, copy=True)
        tensor[3] = number
        return tensor

    return with_tensor("linear.bias", put)


def with_empty_tensors(count):
    """The weights, where the header has `count` tensors more, without a number."""

    def add(header):
        for number in range(count):
            header[f"tensor {number}"] = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}

    return with_header(add)


def overlap(header):
    """linear.bias claims the bytes of another tensor."""
    for claimed in ("data_offsets", "shape"):
        header["linear.bias"][claimed] = header["embedding.weight"][claimed]


def renamed(name):
    """The weights, where the header calls linear.bias something else."""

    def rename(header):
        header[name] = header.pop("linear.bias")

    return with_header(rename)


WEIGHTS = [
    (lambda content: b"", ["truncated"]),
    (lambda content: content[:7], ["truncated"]),
    (lambda content: content[:100], ["truncated", "header"]),
    (lambda content: content[:-1], ["truncated", "end"]),
    (lambda content: content + b"more", ["extra bytes"]),
    (lambda content: struct.pack("<Q", 2**63) + content[8:], ["not a safetensors file"]),
    (lambda content: b"\x80\x02ctorch._utils\n_rebuild", ["not a safetensors file"]),  # pickle
    (lambda content: b"PK\x03\x04" + content, ["not a safetensors file"]),
    (lambda content: struct.pack("<Q", 2) + b"[]", ["not a JSON object"]),
    (lambda content: struct.pack("<Q", 2) + b"{{" + content, ["not JSON"]),
    (lambda content: struct.pack("<Q", 2) + b"{}", ["lacks", "embedding.weight"]),
    (with_empty_tensors(20_000), ["not a safetensors file"]),
    (with_empty_tensors(1_000), ['"tensor 0"', "does not describe"]),
    (with_header(overlap), ["does not begin where"]),
    (with_header(lambda header: header.update(x=None)), ['"x"', "shape"]),
    (with_header(lambda header: header.update(x=[])), ['"x"', "shape"]),
    (renamed("__proto__"), ["__proto__"]),
    (renamed("b" * 10_000), ["bbb…"]),
    (renamed("\u202e\x1b[2J"), ["u202e"]),
    (with_entry(dtype="F64"), ["linear.bias", '"F64"', "BF16"]),
    (with_entry(dtype="toString"), ["linear.bias", '"toString"']),
    (with_entry(dtype=["F32"]), ["linear.bias", "a list"]),
    (with_entry(shape="5"), ["linear.bias", "shape"]),
    (with_entry(shape=[-5]), ["linear.bias", "shape"]),
    (with_entry(shape=[5, 1]), ["linear.bias", "5 × 1"]),
    (with_entry(shape=[10**9] * 1000), ["linear.bias", "as many bytes"]),
    (with_entry(data_offsets=[0]), ["linear.bias", "offsets"]),
    (with_entry(data_offsets=[20, 0]), ["linear.bias", "as many bytes"]),
    (with_entry(data_offsets=[10**12, 10**12 + 20]), ["does not begin where"]),
    (with_tensor("linear.bias", lambda tensor: None), ["lacks", "linear.bias"]),
    (with_tensor("linear.bias", lambda tensor: torch.zeros(3)), ["linear.bias", "3", "5"]),
    (with_tensor("linear.bias", lambda tensor: tensor.double()), ["linear.bias", "F64"]),
    (with_tensor("more", lambda tensor: torch.zeros(2)), ['"more"', "does not describe"]),
    (with_tensor("layers.2.bias_ih_l0", lambda _: torch.zeros(28)), ["layers.2.bias_ih_l0"]),
    (with_number(torch.nan), ["linear.bias", "infinite"]),
    (with_number(-torch.inf), ["linear.bias", "infinite"]),
    (with_number(1e30), ["linear.bias", "too large"]),
]
for half in (torch.float16, torch.bfloat16):
    for number in (torch.inf, -torch.inf, torch.nan):
        WEIGHTS.append((with_number(number, half), ["linear.bias", "infinite"]))


def test_weights_that_cannot_be_used_get_a_sentence(run, saved):
    content = (saved / "model.safetensors").read_bytes()
    spoilt = [spoil(content) for spoil, _ in WEIGHTS]
    assert_all_refused(run, saved, "model.safetensors", spoilt, [words for _, words in WEIGHTS])


def test_a_network_of_another_kind_gets_a_sentence(run, tmp_path):
    save_random(ResidualLSTM(CHARS, **SIZES), tmp_path)
    assert_refused(run("await openNetwork(chosen());", tmp_path), "ResidualLSTM")


CHOICES = [
    ("[]", ["two files"]),
    ("[file('config.json')]", ["two files"]),
    ("[file('config.json'), file('config.json')]", ["two files"]),
    ("[...chosen(), file('model.safetensors')]", ["two files"]),
    ("[file('config.json'), { name: 'a.safetensors', size: 2 ** 31 }]", ["2,148 MB", "65 MB"]),
    ("[{ name: 'a.json', size: 1e7 }, file('model.safetensors')]", ["config.json is 10 MB"]),
    ("[{ name: 'a.json', size: 4096 }, file('model.safetensors')]", ["cannot be read"]),
]


def test_a_wrong_choice_of_files_gets_a_sentence(run, saved):
    opened = [f"outcome(() => openNetwork({files}))" for files, _ in CHOICES]
    answers = run(f"return await Promise.all([{', '.join(opened)}]);", saved)["result"]
    for answer, (_, words) in zip(answers, CHOICES, strict=True):
        assert_refused(answer, *words)


def test_files_are_known_by_their_ends_and_others_are_left_alone(run, saved):
    main = """
      const [config, weights] = chosen();
      config.name = "config (1).JSON";
      const card = { name: "README.md", size: 9e9 };
      await openNetwork([card, weights, config]);
      return "opened";"""
    assert run(main, saved) == {"result": "opened"}


TEXTS = [
    ("{ name: 'Märchen.txt', size: 2 ** 31 }", ['"Märchen.txt"', "8 MB"]),
    ("{ name: 'книга\\u202e.txt', size: 9 }", ["книга\\u202e.txt", "can't be read"]),
    ("file('a.txt', Uint8Array.of(0xff, 0xfe, 0x61))", ['"a.txt"', "UTF-8"]),
    ("file('a.txt', 'é'.repeat(2_000_001))", ["2,000,001 characters", "2,000,000"]),
    ("file('a.txt', 'a')", ["1 character:", "1,000"]),
]


def test_a_file_that_is_no_text_to_learn_gets_a_sentence(run, saved):
    read = [f"outcome(() => readText({file}))" for file, _ in TEXTS]
    answers = run(f"return await Promise.all([{', '.join(read)}]);", saved)["result"]
    for answer, (_, words) in zip(answers, TEXTS, strict=True):
        assert_refused(answer, *words)


def test_a_text_to_learn_is_read_without_the_mark_at_its_start(run, saved):
    main = "return await readText(file('a.txt', '\\ufeff' + 'Ä 😀\\n'.repeat(300)));"
    assert run(main, saved) == {"result": "Ä 😀\n" * 300}


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
        try {
          const p = predict(readNetwork(...files)).flat();
          if (!p.every(Number.isFinite)) throw new Error(`no predictions in round ${round}`);
          found.read += 1;
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          found.refused += 1;
        }
      }
      return found;"""
    found = run(main, saved)["result"]
    assert found["refused"] > 100 and found["refused"] + found["read"] == 1000
