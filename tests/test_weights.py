"""Room 7: weights come back as they were, strange files are refused, the published ones are worth what they say."""

import hashlib
import json
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save_file

from shakespeare import training
from shakespeare.course import kept, load_metrics, save_metrics, trained_model
from shakespeare.data import ShakespeareDataset
from shakespeare.evaluation import both_protocols, evaluate
from shakespeare.files import InputError, harmless
from shakespeare.model import CharLSTM
from shakespeare.training import checkpoint, read_curves
from shakespeare.training import load as load_checkpoint
from shakespeare.weights import WEIGHTS, write_weights

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))


@pytest.fixture
def stored(make_model, tmp_path):
    """A small model, and the folder in which it is written as `mine`."""
    model = make_model(copy_size=4, memory=32)
    model.copy_head.memory = 64
    write_weights(model, "mine", {"seed": 3}, tmp_path)
    return model, tmp_path


def test_weights_come_back_in_half_precision(stored, text):
    model, folder = stored
    loaded = CharLSTM.from_pretrained("mine", folder)
    assert loaded.chars == model.chars and loaded.copy_head.memory == 64 and not loaded.training
    assert json.loads((folder / "mine.json").read_text(encoding="utf-8"))["seed"] == 3
    for name, weight in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight.half().float()), name
    assert loaded(text.data[:50][None].long())[0].dtype == torch.float32


class Runs:
    def __reduce__(self):
        return (exec, ("import pathlib; pathlib.Path('executed').touch()",))


def test_strange_weights_are_refused_by_name(stored, refuses, tmp_path, monkeypatch):
    _, folder = stored
    monkeypatch.chdir(tmp_path)
    path = folder / "mine.safetensors"
    tensors, about = load(path.read_bytes()), (folder / "mine.json").read_text(encoding="utf-8")

    def refused(*words):
        with refuses("mine.safetensors", *words):
            CharLSTM.from_pretrained("mine", folder)

    path.write_bytes(pickle.dumps(Runs()))  # somebody else's file under the expected name
    refused()
    assert not Path("executed").exists()
    path.write_bytes((2**40).to_bytes(8, "little") + b"{}")  # a header that claims a terabyte
    refused()
    save_file({name: weight for name, weight in tensors.items() if name != "linear.bias"}, path)
    refused()
    save_file(tensors | {"linear.bias": torch.zeros(3)}, path)
    refused()
    save_file(tensors | {"linear.bias": tensors["linear.bias"] * torch.nan}, path)
    refused("not finite")
    save_file(tensors, path)
    for wrong in ("hidden_sise", "hidden_size_"):
        (folder / "mine.json").write_text(about.replace("hidden_size", wrong), encoding="utf-8")
        refused()


ABSURD = [
    *({"hidden_size": size} for size in (10**9, 10**400, -1, 0, 2.5, "12", None, [12])),
    *({"num_layers": count} for count in (10**6, 3, 1, "2")),
    *({"embedding_size": 10**12}, {"copy_size": 10**9}, {"copy_size": 0}, {"memory": 10**12}, {"memory": "all"}),
    *({"dropout": share} for share in (1, -0.5, "some", None)),
]


def vocabularies(chars):
    """What is not the vocabulary of a model: not all, too many, not sorted, twice the same, words, no characters."""
    same = chars[:-1]
    lists = [chars[1:], [*chars, "€"], chars[::-1], *([*same, c] for c in (chars[-2], "zz", "", "\ud800"))]
    return [*lists, [1] * len(chars), "".join(chars), {}, None, 10**9]


def test_strange_descriptions_are_refused_before_they_cost_memory(stored, refuses):
    model, folder = stored
    path, about = folder / "mine.json", json.loads((folder / "mine.json").read_text(encoding="utf-8"))

    def refused(text):
        path.write_text(text, encoding="utf-8")
        with refuses(str(folder / "mine.")):
            CharLSTM.from_pretrained("mine", folder)

    for change in [
        *ABSURD,
        *({"chars": chars} for chars in vocabularies(model.chars)),
        {"_instantiator": "os.system"},
    ]:
        refused(json.dumps(about | {"options": about["options"] | change}))
    for text in ("", "{", "[]", "1", "null", '{"options": {}}', '{"options": [1]}', "[" * 100_000, '{"a":' * 100_000):
        refused(text)
    refused(json.dumps(about | {"more": "x" * (2 << 20)}))
    refused('{"options": {"hidden_size": ' + "9" * 10_000 + "}}")


@pytest.fixture
def saved(stored):
    """A checkpoint as Lightning writes it, as a dictionary, and the folder into which a test may save it."""
    model, folder = stored
    moments = {k: {"exp_avg": w.float(), "exp_avg_sq": w.float()} for k, w in enumerate(model.parameters())}
    return {
        "state_dict": {name: weight.float() for name, weight in model.state_dict().items()},
        "hyper_parameters": dict(model.hparams),
        "optimizer_states": [{"state": moments}],
        "running": {"random": [torch.get_rng_state()]},
        "lr_schedulers": [],
        **dict.fromkeys(("epoch", "global_step", "loops", "callbacks"), 1),
    }, folder


def test_strange_checkpoints_are_refused_by_name(stored, saved, refuses, monkeypatch, capsys):
    network, (good, folder) = stored[0], saved
    monkeypatch.chdir(folder)
    path, weights = folder / "last.ckpt", good["state_dict"]

    def refused(*words):
        with refuses("last.ckpt", *words):
            load_checkpoint(path)
        assert checkpoint(path.parent, network) is None and "last.ckpt cannot be used" in capsys.readouterr().out
        path.with_suffix(".damaged").replace(path)

    torch.save(good, path)
    assert checkpoint(folder, network) == path and load_checkpoint(path).chars == network.chars
    assert not load_checkpoint(path).training

    path.write_bytes(path.read_bytes()[:-500])  # cut short
    refused()
    for content in (b"", b"PK", pickle.dumps(Runs())):
        path.write_bytes(content)
        refused()
    torch.save(good, path, _use_new_zipfile_serialization=False)  # a plain pickle
    refused()
    torch.save(good | {"more": Runs()}, path)
    refused()
    torch.save(good, folder / "small.ckpt")
    with zipfile.ZipFile(folder / "small.ckpt") as small, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in small.infolist():
            packed.writestr(part.filename, small.read(part))
        packed.writestr("archive/data/more", bytes(10_000_000))
    refused("compressed")
    bias = weights["linear.bias"]
    for wrong in (
        {"state_dict": {name: weight for name, weight in weights.items() if name != "linear.bias"}},
        {"state_dict": weights | {"more": bias}},
        {"state_dict": weights | {"linear.bias": bias * torch.nan}},
        {"state_dict": weights | {"linear.bias": bias[:-1]}},
        {"state_dict": weights | {"linear.bias": bias.long()}},
        {"state_dict": weights | {"linear.bias": bias[:1].expand(len(bias))}},
        {"state_dict": weights | {"linear.bias": "strange"}},
        {"state_dict": [1, 2]},
        {"hyper_parameters": {}},
        {"hyper_parameters": good["hyper_parameters"] | {"_instantiator": "antigravity.geohash"}},
        {"more": [{"swells": torch.zeros(1, dtype=torch.half).expand(10**13)}]},
        {"more": torch.zeros(10, device="meta")},
        {"more": torch.zeros(10).to_sparse()},
        *({"hyper_parameters": good["hyper_parameters"] | change} for change in ABSURD),
    ):
        torch.save(good | wrong, path)
        refused()
    assert not Path("executed").exists()


def test_checkpoints_from_which_training_cannot_go_on_are_passed_over(stored, saved, capsys):
    network, (good, folder) = stored[0], saved
    path, moments = folder / "last.ckpt", good["optimizer_states"][0]["state"]
    halved = {k: {name: m[: len(m) // 2] for name, m in of.items()} for k, of in moments.items()}
    strange = [{name: value for name, value in good.items() if name != lacking} for lacking in training.NEEDED]
    infinite = {k: of | {"exp_avg": of["exp_avg"] * torch.inf} for k, of in moments.items()}
    states_there = ([], [{"state": {}}], [{"state": halved}], [{"state": infinite}], "x")
    strange += [good | {"optimizer_states": states} for states in states_there]
    strange += [good | {"lr_schedulers": [{}]}]
    strange += [good | {"running": running} for running in ({}, {"random": []}, {"random": [torch.zeros(3)]})]
    for stored_there in strange:
        torch.save(stored_there, path)
        load_checkpoint(path)  # to write with it is good enough
        assert checkpoint(folder, network) is None and "last.ckpt cannot be used" in capsys.readouterr().out


def test_a_strange_build_folder_is_refused_by_name(saved, refuses, tmp_path):
    good, folder = saved
    torch.save(good, folder / "best.ckpt")
    build = folder / "build"
    (build / "runs").mkdir(parents=True)
    torch.save(good, build / "runs" / "best.ckpt")
    save_metrics(build, "training", {"checkpoint": "runs/best.ckpt", "memory": 32})
    assert trained_model(build).copy_head.memory == 32

    absolute = str(folder / "best.ckpt")
    for name in ("../best.ckpt", absolute, "runs/../../best.ckpt", None, 3, ["runs/best.ckpt"]):
        save_metrics(build, "training", {"checkpoint": name, "memory": 32})
        with refuses("metrics.json"):
            trained_model(build)
    for memory in (10**12, -1, "all", [1], 2.5):
        save_metrics(build, "training", {"checkpoint": "runs/best.ckpt", "memory": memory})
        with refuses("metrics.json"):
            trained_model(build)
    save_metrics(build, "training", {"checkpoint": "runs/best.ckpt"})
    with refuses("metrics.json"):
        trained_model(build)
    for text in ("", '{"training": {"check', "[]", "null", '{"training": 1}', "[" * 100_000, "\xff"):
        (build / "metrics.json").write_text(text, encoding="latin-1")
        for read in (load_metrics, trained_model):
            with refuses("metrics.json"):
                read(build)


def test_what_was_kept_is_computed_again_when_it_is_no_result(make_model, text, tmp_path):
    def ones(network, part):
        return torch.ones(3)

    run = kept, tmp_path, ones, make_model().float(), text
    assert run[0](*run[1:]).tolist() == [1, 1, 1]
    (path,) = tmp_path.iterdir()
    for content in (b"", pickle.dumps(Runs()), (2**40).to_bytes(8, "little") + b"{}", path.read_bytes()[:-4]):
        path.write_bytes(content)
        assert run[0](*run[1:]).tolist() == [1, 1, 1]


def test_curves_that_are_none_are_refused_by_name(tmp_path, refuses):
    path = tmp_path / "logs" / "version_0" / "metrics.csv"
    path.parent.mkdir(parents=True)
    for content in (b"val_loss\n3\n", b"step,val_loss\nx,3\n", b"step,val_loss\n1,x\n", b"step\n1,2,3\n", b"\xff"):
        path.write_bytes(content)
        with refuses("metrics.csv"):
            read_curves(tmp_path)


def test_weights_are_written_nowhere_else(make_model, tmp_path):
    write_weights(make_model(), "../outside", {}, tmp_path / "weights")
    assert not list(tmp_path.glob("outside*"))


def test_messages_and_samples_do_not_command_a_terminal():
    strange = "\x1b]52;c;ZXZpbA==\x07\x9b2J\r\u202e"
    assert str(InputError(f"{strange} is bad.")).isprintable()
    assert harmless(strange).isprintable() and "\\x1b]52" in harmless(strange)
    assert harmless("Zwölf\n\té €") == "Zwölf\n\té €"


def test_a_name_that_is_not_there_is_refused(stored, refuses):
    with refuses("'best'", "choose from mine"):
        CharLSTM.from_pretrained("best", stored[1])


def test_what_is_published_fits_the_promise():
    assert {"full", "small"} <= set(PUBLISHED)
    for name in PUBLISHED:
        assert (WEIGHTS / f"{name}.safetensors").stat().st_size <= 8e6
    assert sum(weight.numel() for weight in CharLSTM.from_pretrained("small").parameters()) <= 830_000


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_losses_are_those_of_the_shipped_file(name):
    about = json.loads((WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))
    assert about["corpus_sha256"] == hashlib.sha256((ROOT / "input.txt").read_bytes()).hexdigest()
    text = ShakespeareDataset(ROOT / "input.txt", seq_len=1)
    losses = evaluate(both_protocols(CharLSTM.from_pretrained(name), text), text)
    assert about["losses"].keys() == losses.keys()
    for protocol, parts in about["losses"].items():
        assert losses[protocol] == pytest.approx(parts, abs=1e-3)
