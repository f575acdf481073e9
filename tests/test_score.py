"""Other people's models beside the published ones: right files, wrong ones, networks."""

import json
import math
import re
import shutil
import sys
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
    """Two published models: one has 1.5 everywhere, one 2.5 in its middle."""
    own = tmp_path / "published"
    own.mkdir()
    wavy = np.full(CARRIED, 1.0, dtype=np.float16)
    wavy[30_000:80_000] = 2.5
    flat = np.full(CARRIED, 1.5, dtype=np.float16)
    in_windows = np.full(COLD, 1.625, dtype=np.float16)
    vectors = {"flat|carried": flat, "wavy|carried": wavy, "flat|cold": in_windows}
    np.savez_compressed(own / "losses.npz", **vectors)
    monkeypatch.setattr(score, "FOLDER", own)
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


def test_published_losses_can_be_compared_with_any_model(monkeypatch):
    monkeypatch.setattr(score, "FOLDER", Path(score.__file__).parent)
    found = score.published()
    assert len({(each.name, each.protocol) for each in found}) == len(found) > 20
    for each in found:
        assert each.name == score.one_line(each.name) and "(" not in each.name
        assert len(each.losses) == score.predicted(each.protocol)
        assert each.losses.isfinite().all() and (each.losses >= 0).all()


def test_a_uniform_guess_has_the_logarithm_of_65(file):
    found = score.of_model(write(file))
    assert found.nats() == pytest.approx(math.log(65))  # half precision has rounded it before
    expected = "4.1744 nats tiny-shakespeare|last-tenth|carried|n=111539|sha:86c4e6aa|v2"
    verified = "look-ahead and training text not verified"
    assert found.line() == f'"uniform": {expected} ({verified})'


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


def test_any_order_of_the_characters_will_do(file):
    log_p = torch.randn(CARRIED, 65).log_softmax(-1).numpy()
    expected = score.of_model(write(file, log_p=log_p)).losses
    columns = torch.randperm(65).tolist()
    chars = [score.CHARS[k] for k in columns]
    found = score.of_model(write(file, log_p=log_p[:, columns], chars=chars))
    assert torch.equal(found.losses, expected)


def full(value, rows=CARRIED):
    return np.full((rows, 65), value, dtype=np.float32)


def with_losses(losses) -> np.ndarray:
    """Log-probabilities with these losses of the true characters, and the rest alike."""
    p = np.exp(-losses)
    log_p = np.log(np.repeat((1 - p)[:, None] / 64, 65, axis=1))
    true = score.last_tenth().ids[1 : len(losses) + 1].long().numpy()
    log_p[np.arange(len(losses)), true] = -losses
    return log_p


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
        ({"log_p": "none"}, "shape ()"),
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


def test_a_long_name_is_cut(file):
    name = "long " * 20_000
    found = score.of_model(write(file, name=name))
    assert found.name == name[:100]
    assert len(found.line()) < 400
    try:
        score.of_model(write(file, name=name, log_p=full(UNIFORM, 5)))
    except InputError as error:
        assert len(str(error)) < 400


def test_a_character_that_was_impossible_has_an_infinite_loss(file):
    log_p = with_one(-math.inf)
    log_p[7] += math.log(65 / 64)  # the row sums to 1 again
    with pytest.raises(InputError, match="row 7 gives the true character probability 0"):
        score.of_model(write(file, log_p=log_p))


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
    ours = score.of_model(write(file, log_p=with_losses(losses)))
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
    write(file, log_p=with_losses(np.full(CARRIED, 1.25)), name="mine")
    said = run(monkeypatch, capsys, str(file))
    numbers = "1.2500 nats, 1.8034 bits, perplexity 3.490 per character, 111,539 characters"
    assert f'"mine", carried: {score.RULES["carried"]}\n{numbers}\n' in said
    assert "1.5000  -0.2500 (-0.2500 to -0.2500)\n" in said
    assert said.count(score.INTERVAL) == 1
    found = json.loads(run(monkeypatch, capsys, str(file), "--against", "wavy", "--json"))
    assert [other["against"] for other in found["against"]] == ["wavy"]
    assert found["line"] in said
    assert found["perplexity"] == pytest.approx(2 ** found["bits"])


def test_what_has_the_name_of_a_published_model_is_compared_with_it(file):
    ours = score.of_model(write(file, name="flat"))
    assert [each.name for each in score.rivals(ours)] == ["wavy", "flat"]
    [other] = score.rivals(ours, "flat")
    assert other.nats() == 1.5 and score.difference(ours, other)["difference"] > 2


def test_a_network_is_read_in_the_protocol_that_is_asked_for(tmp_path, monkeypatch, capsys):
    torch.manual_seed(1)
    network = CharLSTM(score.CHARS, embedding_size=4, hidden_size=8, num_layers=1)
    save_pretrained(network, tmp_path / "mine")
    monkeypatch.setattr(sys, "argv", ["", "score", str(tmp_path / "mine"), "--protocol", "cold"])
    command_line.main()
    said, progress = capsys.readouterr()
    assert "/111540" in progress  # characters that have been read
    assert "111,360 characters" in said
    assert said.endswith("|v2 (training text not verified)\n")
    assert "flat" in said and "1.6250" in said
    assert "wavy" not in said
    with pytest.raises(InputError, match="cold or carried, not learning"):
        score.of_model("small", "learning")


def test_a_loss_below_all_that_is_published_is_doubted(file):
    losses = np.full(CARRIED, 1.25, dtype=np.float32)
    ours = score.of_model(write(file, log_p=with_losses(losses)))
    assert "look for a leak first" in score.report(ours, score.rivals(ours, "wavy"))
    losses += 0.5
    ours = score.of_model(write(file, log_p=with_losses(losses)))
    assert "look for a leak first" not in score.report(ours, score.rivals(ours))


def test_what_can_be_compared_with_is_listed(file):
    ours = score.of_model(write(file))
    with pytest.raises(InputError, match=r"no network round: .*\. Published, carried: wavy; flat"):
        score.rivals(ours, "round")
