"""Other people's models beside the published ones: right files, wrong ones, streams, networks."""

import io
import json
import math
import pickle
import re
import shutil
import sys
import time
import tracemalloc
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import ROOT
from torch import nn
from torch.nn import functional as F

from shakespeare import __main__ as command_line
from shakespeare import score
from shakespeare.data import Corpus
from shakespeare.files import InputError, text_hash
from shakespeare.model import CharLSTM
from shakespeare.pretrained import save_pretrained

COLD = 111_360
CARRIED = 111_539
UNIFORM = -math.log(65)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The last tenth, and two published models: one has 1.5 everywhere, one 2.5 in its middle."""
    own = tmp_path / "last_tenth"
    own.mkdir()
    shutil.copy(score.FOLDER / "text.txt", own)
    wavy = np.full(CARRIED, 1.0, dtype=np.float16)
    wavy[30_000:80_000] = 2.5
    flat = np.full(CARRIED, 1.5, dtype=np.float16)
    in_windows = np.full(COLD, 1.625, dtype=np.float16)
    vectors = {"flat|carried": flat, "wavy|carried": wavy, "flat|cold": in_windows}
    np.savez_compressed(own / "losses.npz", **vectors)
    monkeypatch.setattr(score, "FOLDER", own)
    score.last_tenth.cache_clear()
    score.published.cache_clear()
    yield
    score.published.cache_clear()


def write(path: Path, **changes) -> str:
    """A file of uniform predictions, carried, with some changes; None takes a key out."""
    about = {
        "name": "uniform",
        "protocol": "carried",
        "chars": "".join(score.CHARS),
        "text_sha256": text_hash((ROOT / "input.txt").read_text(encoding="utf-8")),
        "log_p": np.full((CARRIED, 65), UNIFORM, dtype=np.float16),
    }
    about |= changes
    np.savez(path, **{key: value for key, value in about.items() if value is not None})
    return str(path)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mine.npz"


def test_the_last_tenth_is_that_of_the_text():
    corpus = Corpus.read(ROOT / "input.txt")
    assert score.last_tenth().text() == corpus.split().held_out.text()
    assert corpus.chars == score.CHARS
    assert (score.predicted("cold"), score.predicted("carried")) == (COLD, CARRIED)


def test_a_uniform_guess_has_the_logarithm_of_65(file):
    found = score.of_model(write(file))
    assert found.losses.mean().item() == pytest.approx(4.174, abs=5e-4)
    assert "normalised" in found.remark  # half precision has rounded log 65
    exact = np.full((CARRIED, 65), UNIFORM)
    remark = score.of_model(write(file, log_p=exact)).remark
    assert remark == "look-ahead and training text not verified"


def test_counting_in_a_stream(monkeypatch):
    """Bigrams, which learn from what they are told."""
    after = defaultdict(Counter)
    before = "\n"

    def bigrams(character):
        nonlocal before
        after[before][character] += 1
        before = character
        counts = torch.tensor([after[character][each] + 0.1 for each in score.CHARS])
        return (counts / counts.sum()).log()

    found = score.of_stream("bigrams", bigrams, "learning")
    assert 2.4 < found.losses.mean() < 2.7  # trained on the first 90 %, such a model has 2.46
    said = "(told one character at a time; training text not verified)"
    assert found.line().startswith('"bigrams": 2.')
    expected = f"nats tiny-shakespeare|last-tenth|learning|n=111539|sha:86c4e6aa|v2 {said}"
    assert found.line().endswith(expected)


class Transformer(nn.Module):
    """One layer of torch.nn, untrained, in windows of 256."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(65, 16)
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
        self.linear = nn.Linear(16, 65)

    def forward(self, ids):
        mask = nn.Transformer.generate_square_subsequent_mask(ids.shape[1])
        return self.linear(self.layer(self.embedding(ids), src_mask=mask, is_causal=True))


def example(words: str) -> str:
    """The Python in USING.md that has these words."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "USING.md").read_text("utf-8"), re.DOTALL)
    [found] = [block for block in blocks if words in block]
    return found


def test_a_transformer_of_pytorch_is_scored_by_the_example(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "input.txt", tmp_path)
    torch.manual_seed(1)
    exec(example("log_p=log_p"), {"model": Transformer()})
    with np.load("mine.npz") as mine:
        log_p = torch.from_numpy(mine["log_p"])
    true = score.last_tenth().ids[1 : COLD + 1].long()
    found = score.of_model("mine.npz")
    assert found.name == "my Transformer" and found.protocol == "cold"
    torch.testing.assert_close(found.losses.mean().float(), F.nll_loss(log_p, true))


def test_a_stream_is_scored_by_the_example(capsys):
    exec(example("score.of_stream"), {"log_p": torch.full((65,), UNIFORM)})
    assert '"my model": 4.1744 nats' in capsys.readouterr().out


class Words:
    """A tokenizer of words with the spaces before them, and a model: how frequent each is."""

    def __init__(self, text):
        self.words = sorted(set(self.split(text)))

    def split(self, text):
        return re.findall(r"\s+$|\s*\S+", text)

    def encode(self, text):
        ids = {word: k for k, word in enumerate(self.words)}
        return [ids[word] for word in self.split(text)]

    def decode(self, tokens):
        return "".join(self.words[token] for token in tokens)

    def losses(self, tokens):
        counts = Counter(tokens)
        return [-math.log(counts[token] / len(tokens)) for token in tokens]


def test_a_model_of_tokens_is_scored_by_the_example(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "input.txt", tmp_path)
    held_out = score.last_tenth().text()
    words = Words(held_out)
    exec(example("tokenizer"), {"tokenizer": words, "losses_of_tokens": words.losses})
    found = score.of_model("mine.npz")
    tokens = words.encode(held_out)
    first, second, third, *_ = by_token = words.losses(tokens)
    assert found.losses.sum().item() == pytest.approx(sum(by_token))
    assert held_out.startswith("?\n\nGREMIO:\nGood")
    assert found.losses[0] == first + second  # of "?", which isn't predicted, and of what follows
    assert found.losses[9] == third  # row 9 is about character 10, the line break before "Good"
    assert not found.losses[1:9].any()
    assert "v2 (losses of tokens, on their first characters; normalisation, " in found.line()


def test_any_order_of_the_characters_will_do(file):
    log_p = torch.randn(CARRIED, 65).log_softmax(-1).numpy()
    expected = score.of_model(write(file, log_p=log_p)).losses
    columns = torch.randperm(65).tolist()
    chars = [score.CHARS[k] for k in columns]
    found = score.of_model(write(file, log_p=log_p[:, columns], chars=chars))
    assert torch.equal(found.losses, expected)


def test_losses_alone_are_taken_and_marked(file):
    losses = np.full(CARRIED, 1.25, dtype=np.float32)
    found = score.of_model(write(file, log_p=None, losses=losses))
    assert found.losses.mean() == 1.25
    assert '"uniform": 1.2500 nats tiny-shakespeare|last-tenth|carried|' in found.line()
    assert "(normalisation, look-ahead and training text not verified)" in found.line()


def full(value, rows=CARRIED):
    return np.full((rows, 65), value, dtype=np.float32)


def with_one(value, column=None):
    """Uniform, but for one value in row 7, by default that of the character which follows."""
    log_p = full(UNIFORM)
    follows = int(score.last_tenth().ids[8])
    log_p[7, follows if column is None else column] = value
    return log_p


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"log_p": lambda: full(math.log(277 / 65))}, "row 0 sum to 277, not to 1"),
        ({"log_p": lambda: full(math.log2(1 / 65))}, "these are bits"),
        ({"log_p": lambda: full(1 / 65)}, "these are probabilities"),
        ({"log_p": lambda: full(UNIFORM - 1)}, "in nats"),
        ({"log_p": lambda: full(UNIFORM, 40_000)}, "has 40,000 rows: carried (one pass"),
        ({"log_p": lambda: full(UNIFORM, CARRIED + 1)}, "has 111,540 rows"),
        ({"protocol": "cold"}, "each read from nothing) needs 111,360"),
        ({"log_p": lambda: with_one(math.nan)}, "NaN in row 7"),
        ({"log_p": lambda: with_one(math.inf)}, "row 7 sum to inf"),
        ({"log_p": lambda: with_one(-math.inf)}, "row 7 sum to 0.9846"),
        ({"log_p": lambda: full(UNIFORM)[:, :64]}, "shape (111539, 64)"),
        ({"log_p": lambda: full(0).astype(int)}, "type int64"),
        ({"text_sha256": "0" * 64}, "another text"),
        ({"protocol": "warm"}, "the protocol warm: choose cold, carried, learning"),
        ({"chars": "abc"}, "other `chars`"),
        ({"chars": None}, "lacks chars"),
        ({"log_p": None, "name": None}, "lacks name, log_p"),
        ({"log_p": None, "losses": lambda: full(1.0)}, "losses should be (characters,)"),
        ({"log_p": None, "losses": lambda: -full(1.0)[:, 0]}, "negative loss"),
        ({"log_p": None, "losses": lambda: full(math.nan)[:, 0]}, "the loss NaN in row 0"),
        ({"log_p": None, "losses": lambda: full(1e30)[:, 0]}, "has 1e+30 nats, far more"),
        ({"log_p": None, "losses": lambda: np.full(CARRIED, 1e308)}, "has inf nats"),
        (
            {"log_p": None, "losses": lambda: full(1.0)[:, 0], "unit": "words"},
            "the unit words: choose characters, tokens",
        ),
        ({"log_p": None, "losses": lambda: full(1.0)[:5, 0]}, "has 5 rows"),
        (
            {"log_p": None, "losses": lambda: full(math.inf)[:, 0]},
            "row 0 gives the true character probability 0",
        ),
    ],
)
def test_what_cannot_be_scored_gets_one_sentence(refuses, file, changes, said):
    changes = {key: value() if callable(value) else value for key, value in changes.items()}
    with refuses(said):
        score.of_model(write(file, **changes))


def test_a_file_that_is_none_or_holds_objects_is_refused(file):
    with pytest.raises(InputError, match="There is no file"):
        score.of_model(str(file))
    file.write_bytes(b"not an archive")
    with pytest.raises(InputError, match="of plain arrays"):
        score.of_model(str(file))
    np.savez(file, name=np.array([print], dtype=object))  # a pickle, which could run code
    with pytest.raises(InputError, match="of plain arrays"):
        score.of_model(str(file))
    with file.open("wb") as opened:
        np.save(opened, np.zeros(3))
    with pytest.raises(InputError, match="of plain arrays"):
        score.of_model(str(file))


def add(path: str | Path, member: str, content: bytes) -> None:
    """Put another member into a file."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr(member, content)


@pytest.mark.parametrize("key", ["name", "protocol", "chars", "text_sha256", "log_p", "losses"])
@pytest.mark.parametrize("content", [b"carried", b"\x93NUMPY"])
def test_a_member_that_is_no_array_is_refused(file, refuses, key, content):
    """NumPy returns the bytes of such a member as they are."""
    write(file, **{key: None}, **({"log_p": None} if key == "losses" else {}))
    add(file, f"{key}.npy", content)
    with refuses(str(file)):
        score.of_model(str(file))


def zeros(count: int, dtype: str = "float32", claimed: int | None = None) -> bytes:
    """The member of an array of zeros, which may claim another length."""
    content = io.BytesIO()
    shape = (claimed or count,)
    about = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(content, about)
    return content.getvalue() + bytes(count * np.dtype(dtype).itemsize)


@pytest.mark.parametrize(
    ("member", "claimed"),
    [
        ("log_p.npy", None),  # it unpacks to 200 million bytes
        ("log_p.npy", 10**12),  # it says that it has terabytes, but has nothing
        ("losses.npy", None),
        ("chars.npy", None),
        ("log_p", None),  # asked for log_p, NumPy would take this one
    ],
)
def test_a_member_that_unpacks_to_far_more_is_refused_at_once(file, refuses, member, claimed):
    key = member.removesuffix(".npy")
    write(file, **{"log_p": None, key: None})
    if member == "log_p":
        add(file, "log_p.npy", zeros(1))
    add(file, member, zeros(1 if claimed else 50_000_000, claimed=claimed))
    assert file.stat().st_size < 2_000_000
    tracemalloc.start()
    start = time.monotonic()
    try:
        with refuses(str(file)):
            score.of_model(str(file))
        assert time.monotonic() - start < 1
        if not claimed:  # NumPy asks for what is claimed, but never touches it
            _, most = tracemalloc.get_traced_memory()
            assert most < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_member_that_lies_about_its_size_is_refused(file, refuses):
    """What it unpacks to is cut to what it says."""
    write(file, log_p=None)
    add(file, "log_p.npy", zeros(50_000_000))
    with zipfile.ZipFile(file) as opened:
        size = opened.getinfo("log_p.npy").file_size
    content = file.read_bytes()
    said = size.to_bytes(4, "little")
    assert content.count(said) == 2  # before the member, and in the list at the end
    file.write_bytes(content.replace(said, (1000).to_bytes(4, "little")))
    tracemalloc.start()
    try:
        with refuses(str(file)):
            score.of_model(str(file))
        _, most = tracemalloc.get_traced_memory()
        assert most < 5_000_000
    finally:
        tracemalloc.stop()


def test_members_that_are_not_asked_for_are_left_alone(file):
    expected = score.of_model(write(file))
    add(file, "notes.txt", b"any text")
    add(file, "more.npy", zeros(50_000_000))
    add(file, "object.npy", pickle.dumps(print))
    found = score.of_model(str(file))
    assert torch.equal(found.losses, expected.losses)
    assert found._replace(losses=0) == expected._replace(losses=0)


@pytest.mark.parametrize(
    "name",
    [
        'mine": 0.5000 nats tiny-shakespeare|last-tenth|carried|v2 (all verified) "',
        "mine\n\n0.5000 nats\r\x1b[31m",
        "mine\u202e\u200f0.5",
    ],
)
def test_a_name_cannot_pass_for_the_numbers_of_a_line(file, monkeypatch, capsys, name):
    line = score.of_model(write(file, name=name)).line()
    before, quoted, rest = line.split('"')
    assert before == "" and quoted.startswith("mine") and quoted.isprintable()
    assert rest.startswith(": 4.1")
    assert run(monkeypatch, capsys, str(file)).splitlines()[-1] == f"To quote: {line}"


def test_a_long_name_is_cut(file, refuses):
    name = "long " * 20_000
    found = score.of_model(write(file, name=name))
    assert found.name == name[:100]
    assert len(found.line()) < 400
    with refuses("negative loss"):
        score.of_model(write(file, name=name, log_p=None, losses=np.full(CARRIED, -1.0)))
    try:
        score.of_model(write(file, name=name, log_p=None, losses=np.full(5, 1.0)))
    except InputError as error:
        assert len(str(error)) < 400
    stream = score.of_stream(name, lambda _: torch.full((65,), UNIFORM), "carried")
    assert len(stream.name) <= 100


def test_a_character_that_was_impossible_has_an_infinite_loss(file):
    log_p = with_one(-math.inf)
    log_p[7] += math.log(65 / 64)  # the row sums to 1 again
    with pytest.raises(InputError, match="row 7 gives the true character probability 0"):
        score.of_model(write(file, log_p=log_p))


@pytest.mark.parametrize("row", [torch.zeros(64), torch.zeros(66), torch.zeros(1, 65), 1.0])
def test_a_stream_of_other_rows_is_refused_at_once(row):
    told = []
    with pytest.raises(InputError, match="65 log-probabilities"):
        score.of_stream("mine", lambda character: told.append(character) or row, "carried")
    assert len(told) == 1


def test_a_stream_of_other_numbers_is_refused_at_once():
    told = []
    with pytest.raises(InputError, match="row 0 sum to"):
        score.of_stream("mine", lambda each: told.append(each) or torch.ones(65), "carried")
    assert len(told) == 1


def test_a_stream_may_reuse_its_array():
    row = np.empty(65)

    def after(character):
        row[:] = 0.5 / 64
        row[score.CHARS.index("h" if character == "t" else "e")] = 0.5
        return np.log(row, out=row)

    one_array = score.of_stream("mine", after, "carried")
    copies = score.of_stream("mine", lambda character: after(character).copy(), "carried")
    assert torch.equal(one_array.losses, copies.losses)


def test_a_token_may_begin_before_its_cold_window(file):
    losses = np.full(COLD, 1.5)
    losses[::256] = 0  # the first character of each window belongs to the token before it
    about = {"log_p": None, "losses": losses, "protocol": "cold"}
    with pytest.raises(InputError, match="isn't cold"):
        score.of_file(write(file, **about))
    found = score.of_file(write(file, **about, unit="tokens"))
    assert found.nats() == pytest.approx(1.5 * 255 / 256)


def test_rows_in_another_order_and_windows_that_were_not_cold_are_refused(file):
    true = score.last_tenth().ids[1 : COLD + 1].long()
    known = torch.full((COLD, 65), 0.1 / 64)
    known[torch.arange(COLD), true] = 0.9  # as if it had read what came before each window
    with pytest.raises(InputError, match="isn't cold: the first character"):
        score.of_model(write(file, protocol="cold", log_p=known.log().numpy()))
    shifted = torch.full((CARRIED, 65), 1e-6)
    shifted[torch.arange(CARRIED), score.last_tenth().ids[:-1].long()] = 1 - 64e-6
    with pytest.raises(InputError, match="in which order"):
        score.of_model(write(file, log_p=shifted.log().numpy()))


def test_characters_as_a_list_and_other_kinds_of_numbers_will_do(file):
    log_p = np.full((CARRIED, 65), UNIFORM).astype(">f4")  # of another machine
    found = score.of_model(write(file, chars=np.array(score.CHARS), log_p=log_p, name="a\nname"))
    assert found.name == "a name"


def test_a_file_says_its_protocol_itself(file, tmp_path):
    path = write(file)
    with pytest.raises(InputError, match="has the protocol carried, not cold"):
        score.of_model(path, "cold")
    other = tmp_path / "mine.pt"
    other.write_bytes(b"weights")
    with pytest.raises(InputError, match="by its name"):
        score.of_model(str(other))


def test_a_difference_is_paired_and_has_an_interval(file):
    losses = np.full(CARRIED, 1.5, dtype=np.float32)
    losses[::1_000] += 0.5
    ours = score.of_model(write(file, log_p=None, losses=losses))
    wavy, flat = score.summary(ours, score.rivals(ours))["against"]
    assert flat["against"] == "flat"
    assert flat["difference"] == pytest.approx(0.0005, abs=1e-5)
    assert flat["interval"] == pytest.approx([0.0005, 0.0005], abs=2e-5)  # alike in all blocks
    assert wavy["interval"][0] < 0 < wavy["interval"][1]


def run(monkeypatch, capsys, *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["shakespeare", "score", *arguments])
    command_line.main()
    return capsys.readouterr().out


def test_the_command_says_it_in_lines_and_in_json(file, monkeypatch, capsys):
    write(file, log_p=None, losses=np.full(CARRIED, 1.25, dtype=np.float32), name="mine")
    said = run(monkeypatch, capsys, str(file))
    numbers = "1.2500 nats, 1.8034 bits, perplexity 3.490 per character, 111,539 characters"
    assert f'"mine", carried: {score.RULES["carried"]}\n{numbers}\n' in said
    assert "1.5000  -0.2500 (-0.2500 to -0.2500)\n" in said
    assert said.count(score.INTERVAL) == 1
    found = json.loads(run(monkeypatch, capsys, str(file), "--against", "wavy", "--json"))
    assert [other["against"] for other in found["against"]] == ["wavy"]
    assert found["line"] in said
    assert found["perplexity"] == pytest.approx(2 ** found["bits"])


def test_a_network_is_read_in_the_protocol_that_is_asked_for(tmp_path, monkeypatch, capsys):
    torch.manual_seed(1)
    network = CharLSTM(score.CHARS, embedding_size=4, hidden_size=8, num_layers=1)
    save_pretrained(network, tmp_path / "mine")
    said = run(monkeypatch, capsys, str(tmp_path / "mine"), "--protocol", "cold")
    assert "111,360 characters" in said
    assert said.endswith("|v2 (training text not verified)\n")
    assert "flat" in said and "1.6250" in said
    assert "wavy" not in said
    with pytest.raises(InputError, match="cold or carried, not learning"):
        score.of_model("small", "learning")


def test_a_loss_below_all_that_is_published_is_doubted(file):
    losses = np.full(CARRIED, 1.25, dtype=np.float32)
    ours = score.of_model(write(file, log_p=None, losses=losses))
    assert "look for a leak first" in score.report(ours, score.rivals(ours, "wavy"))
    losses += 0.5
    ours = score.of_model(write(file, log_p=None, losses=losses))
    assert "look for a leak first" not in score.report(ours, score.rivals(ours))


def test_what_can_be_compared_with_is_listed(file):
    ours = score.of_model(write(file))
    with pytest.raises(InputError, match=r"no network round: .*\. Published, carried: wavy; flat"):
        score.rivals(ours, "round")
