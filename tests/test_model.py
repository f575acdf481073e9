"""Room 2: the cell is an LSTM, and the model trains, stops, goes on and is found again."""

import itertools
import math
import os
import random
import signal
from datetime import timedelta

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from shakespeare import training
from shakespeare.data import Loader, ShakespeareData
from shakespeare.files import InputError
from shakespeare.model import CharLSTM, LSTMCell, locked_dropout
from shakespeare.training import checkpoint, fit, load, read_curves

COPIES_FEW = {"copy_size": 4, "memory": 5}  # what it may copy lies fewer characters back than a piece is long
CASES = int(os.environ.get("CASES", "50"))  # strange checkpoints


def test_cell_equals_torch_lstm_in_outputs_and_gradients():
    torch.manual_seed(0)
    cell, reference = LSTMCell(5, 7).double(), nn.LSTM(5, 7).double()
    mine = (cell.input, cell.forget, cell.candidate, cell.output)  # in the order of torch.nn.LSTM's rows
    with torch.no_grad():
        for gate, w_ih, w_hh, b_ih, b_hh in zip(mine, *[w.chunk(4) for w in reference.parameters()], strict=True):
            gate.weight.copy_(torch.cat([w_ih, w_hh], dim=1))  # (7, 5 + 7)
            gate.bias.copy_(b_ih + b_hh)
    x = torch.randn(9, 3, 5, dtype=torch.double, requires_grad=True)  # (time, batch, input_size)
    h0, c0 = (torch.randn(1, 3, 7, dtype=torch.double, requires_grad=True) for _ in range(2))

    expected, (_, expected_c) = reference(x, (h0, c0))
    h, c, outputs = h0[0], c0[0], []
    for x_t in x:
        h, c = cell(x_t, h, c)
        outputs.append(h)
    torch.testing.assert_close(torch.stack(outputs), expected)
    torch.testing.assert_close(c, expected_c[0])

    weights = torch.randn_like(expected)  # any loss that depends on every output, and on the last cell state
    loss = (torch.stack(outputs) * weights).sum() + c.square().sum()
    gradients = torch.autograd.grad(loss, [x, h0, c0, *(gate.weight for gate in mine), *(g.bias for g in mine)])
    loss = (expected * weights).sum() + expected_c.square().sum()
    dx, dh0, dc0, dw_ih, dw_hh, db_ih, _ = torch.autograd.grad(loss, [x, h0, c0, *reference.parameters()])
    by_gate = [*torch.cat([dw_ih, dw_hh], dim=1).chunk(4), *db_ih.chunk(4)]
    torch.testing.assert_close(list(gradients), [dx, dh0, dc0, *by_gate])


@pytest.mark.parametrize(("num_layers", "options"), [(1, {}), (3, {}), (2, {"copy_size": 4}), (1, COPIES_FEW)])
def test_state_carried_between_pieces_equals_one_piece(make_model, text, num_layers, options):
    model = make_model(num_layers=num_layers, **options)
    ids = text.data[:60].view(3, 20).long()  # (batch, time)
    logits, state = model(ids)
    assert logits.shape == (3, 20, text.vocab_size)
    assert [(h.shape, c.shape) for h, c in state.layers] == [((1, 3, 12), (1, 3, 12))] * num_layers

    first, middle = model(ids[:, :13])
    second, end = model(ids[:, 13:], middle)
    torch.testing.assert_close(torch.cat([first, second], dim=1), logits)
    torch.testing.assert_close(end.layers, state.layers)
    torch.testing.assert_close(end[1:], state[1:])
    assert not torch.allclose(model(ids[:, 13:])[0], second)  # the state does matter


@pytest.mark.parametrize("memory", [4, 256])
def test_copy_head_equals_its_equation(make_model, text, memory):
    model = make_model(copy_size=4, memory=memory)
    ids, head = text.data[:12].long(), model.copy_head
    h = model.embedding(ids)[None]
    for layer in model.layers:
        h, _ = layer(h)  # (1, 12, 12)
    query, written = head.query(h[0]), model.linear(h[0]).softmax(-1)
    key = [torch.zeros(4), *head.key(h[0])]  # key[j]: of the state before character j
    actual = model(ids[None])[0][0].exp()
    for t in range(12):
        places = range(max(0, t + 1 - memory), t + 1)
        scores = [head.write(h[0, t])[0], *(query[t] @ key[j].double() / 4**0.5 for j in places)]
        write, *copy = torch.stack(scores).softmax(0)
        expected = write * written[t]
        for weight, j in zip(copy, places, strict=True):
            expected[ids[j]] += weight
        torch.testing.assert_close(actual[t], expected.float(), atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("carry_state", [True, False])
def test_training_carries_the_state_only_where_asked(make_model, text, monkeypatch, carry_state):
    model = make_model(carry_state=carry_state)
    monkeypatch.setattr(model, "log", lambda *args, **kwargs: None)
    first, second = ((text.data[k : k + 40].view(2, 20).long(),) * 2 for k in (0, 40))
    model.training_step(first, 0)
    _, state = model.loss(first)
    expected, _ = model.loss(second, state if carry_state else None)
    assert model.training_step(second, 1) == expected
    assert not any(part.requires_grad for part in itertools.chain(*model.state.layers))
    assert model.training_step(first, 0) == model.loss(first)[0]  # each epoch starts afresh


def test_optimiser_is_the_seed_reports_by_default(text):
    optimizer = CharLSTM(text.chars).configure_optimizers()["optimizer"]
    assert type(optimizer) is torch.optim.Adam
    assert (optimizer.defaults["lr"], optimizer.defaults["weight_decay"]) == (1e-3, 1e-6)


def test_locked_dropout_has_one_mask_for_all_time_steps(make_model, text):
    x = torch.ones(50, 9, 40)  # (batch, time, features)
    dropped = locked_dropout(x, 0.25, training=True)
    assert torch.equal(dropped, dropped[:, :1].expand_as(x))
    assert dropped.unique().tolist() == pytest.approx([0, 1 / 0.75])
    assert (dropped == 0).float().mean() == pytest.approx(0.25, abs=0.05)
    assert torch.equal(locked_dropout(x, 0.25, training=False), x)

    model, ids = make_model(dropout=0.5), text.data[:20][None].long()
    assert torch.equal(model(ids)[0], model(ids)[0])
    model.train()
    assert not torch.equal(model(ids)[0], model(ids)[0])


def cut_after(model, steps):
    """What a power cut looks like from inside."""
    step, left = model.training_step, iter(range(steps))

    def training_step(batch, batch_idx):
        if next(left, None) is None:
            raise RuntimeError("power cut")
        return step(batch, batch_idx)

    model.training_step = training_step


def train(folder, text, initial_seed=0, cut=None, **options) -> CharLSTM:
    """Three epochs as notebook 03 trains, from the checkpoint in `folder` if there is one, `cut` after some steps."""
    torch.manual_seed(initial_seed)
    settings = {"dropout": 0.2, "learning_rate": 2e-2, "one_cycle": True, "carry_state": True, "seed": 3} | options
    model = CharLSTM(text.chars, 16, 32, 2, **settings)
    if cut:
        cut_after(model, cut)
    data = ShakespeareData(text.split(), batch_size=8, seq_len=16, seed=3, window=64)
    fit(model, data, folder, max_epochs=3)
    return model


def train_on_windows(folder, text, initial_seed=0, cut=None) -> CharLSTM:
    """60 steps on shuffled windows with checks in between, as in the leak experiment: almost three epochs."""
    torch.manual_seed(initial_seed)
    model = CharLSTM(text.chars, 8, 12, 1, learning_rate=1e-2, seed=3)
    if cut:
        cut_after(model, cut)
    windows = Loader(text.part(0, 720, "first").cut(16), batch_size=32, shuffle=True)  # 22 batches
    checks = [DataLoader(text.part(k, k + 720, "later").cut(64), batch_size=64) for k in (720, 1440)]
    fit(model, windows, folder, checks, max_steps=60, val_check_interval=11, check_val_every_n_epoch=None)
    return model


@pytest.fixture(scope="module")
def trained(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("trained")
    return train(folder, text), folder


def test_training_lowers_the_loss(trained, text):
    _, folder = trained
    losses = read_curves(folder)["val_loss"][1]
    counts = torch.bincount(text.split().train.data.long()).double()
    by_frequency = torch.distributions.Categorical(counts).entropy()
    assert len(losses) == 3 and sorted(losses, reverse=True) == losses
    assert losses[-1] < by_frequency < math.log(text.vocab_size)


def test_one_cycle_climbs_to_the_learning_rate_and_falls_to_zero(trained):
    _, rates = read_curves(trained[1])["lr-Adam"]
    top = rates.index(max(rates))
    assert rates[top] == pytest.approx(2e-2, rel=0.02) and 0 < top < len(rates) / 5
    assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < 1e-2 * rates[top]  # one in ten steps is logged


def same(model, other) -> bool:
    return all(torch.equal(weight, other.state_dict()[name]) for name, weight in model.state_dict().items())


def losses(folder):
    """What was logged, but for the wall time."""
    return {name: curve for name, curve in read_curves(folder).items() if name != "seconds"}


@pytest.mark.parametrize(
    ("every", "cuts"),
    [
        (timedelta(days=1), [50]),  # only the end of an epoch is kept: the first has 42 batches
        (timedelta(0), [1, 40, 1, 1, 1]),  # and now every step; the last of an epoch and the first of the next, too
        (timedelta(0), [30, 43, 43]),
    ],
)
def test_interrupted_run_goes_on_as_if_nothing_had_happened(trained, text, tmp_path, monkeypatch, every, cuts):
    monkeypatch.setattr(training, "EVERY", every)
    uninterrupted, folder = trained
    for seed, cut in enumerate(cuts):
        with pytest.raises(RuntimeError, match="power cut"):
            train(tmp_path, text, initial_seed=seed and 99, cut=cut)  # what it goes on from must be the checkpoint
    saved = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert saved["global_step"] == (sum(cuts) if not every else 42)
    assert same(train(tmp_path, text, initial_seed=99), uninterrupted)
    assert losses(tmp_path) == losses(folder) and {"train_loss", "val_loss", "lr-Adam"} <= losses(folder).keys()
    assert same(load(tmp_path / "best.ckpt"), load(folder / "best.ckpt"))


@pytest.mark.parametrize("cuts", [[5, 5], [11], [22, 1], [30, 14, 11]])
def test_interrupted_run_on_shuffled_windows_goes_on_as_if_nothing_had_happened(text, tmp_path, monkeypatch, cuts):
    uninterrupted = train_on_windows(tmp_path / "whole", text)
    monkeypatch.setattr(training, "EVERY", timedelta(0))
    for seed, cut in enumerate(cuts):
        with pytest.raises(RuntimeError, match="power cut"):
            train_on_windows(tmp_path / "cut", text, initial_seed=seed and 99, cut=cut)
    assert same(train_on_windows(tmp_path / "cut", text, initial_seed=99), uninterrupted)
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")


DAMAGE = {
    "truncated": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "garbled": lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],  # a bit of a weight
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_checkpoint_is_named_and_the_one_before_taken(trained, text, tmp_path, monkeypatch, capsys, damage):
    monkeypatch.setattr(training, "EVERY", timedelta(0))
    with pytest.raises(RuntimeError, match="power cut"):
        train(tmp_path, text, cut=50)
    for name, step in (("last", 50), ("before", 49)):
        path = tmp_path / f"{name}.ckpt"
        assert torch.load(path, weights_only=True)["global_step"] == step
    (tmp_path / "last.ckpt").write_bytes(DAMAGE[damage]((tmp_path / "last.ckpt").read_bytes()))
    capsys.readouterr()
    assert checkpoint(tmp_path, trained[0]) == tmp_path / "before.ckpt"
    (line,) = capsys.readouterr().out.splitlines()
    assert str(tmp_path / "last.ckpt") in line and "cannot be used" in line
    assert same(train(tmp_path, text, initial_seed=99), trained[0])

    for name in ("last", "before"):
        (tmp_path / f"{name}.ckpt").write_bytes(b"nothing")
    assert checkpoint(tmp_path, trained[0]) is None  # and so it starts anew


def test_a_checkpoint_cannot_have_other_files_deleted(text, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "EVERY", timedelta(0))
    run, victim = tmp_path / "run", tmp_path / "victim"
    (victim / "within").mkdir(parents=True)
    with pytest.raises(RuntimeError, match="power cut"):
        train(run, text, cut=20)
    stored = torch.load(run / "last.ckpt", weights_only=True)
    for listed in (f"local://{victim}", f"{run}/../victim", str(victim)):
        for state in stored["callbacks"].values():
            if "best_model_path" in state:
                state |= {"best_model_path": listed, "kth_best_model_path": listed, "last_model_path": listed}
                state["best_k_models"] = {listed: torch.tensor(99.0)}  # any other is better
        for name in ("best", "before"):
            (run / f"{name}.ckpt").unlink(missing_ok=True)
        torch.save(stored, run / "last.ckpt")
        train(run, text, initial_seed=99)
        assert (victim / "within").is_dir() and (run / "best.ckpt").exists()


def places(stored, above=()):
    """Every place in nested dictionaries, lists and tuples: the keys that lead there."""
    parts = (
        stored.items() if isinstance(stored, dict) else enumerate(stored) if isinstance(stored, list | tuple) else ()
    )
    for key, part in parts:
        yield (*above, key)
        yield from places(part, (*above, key))


def changed(stored, place, value):
    """A copy with another value at a place, or nothing there if the value is None."""
    key, *below = place
    parts = dict(stored) if isinstance(stored, dict) else dict(enumerate(stored))
    parts[key] = changed(parts[key], below, value) if below else value
    if parts[key] is None and not below:
        del parts[key]
    return parts if isinstance(stored, dict) else type(stored)(parts.values())


def test_whatever_is_strange_in_a_checkpoint_training_goes_on_or_names_it(text, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "EVERY", timedelta(0))
    with pytest.raises(RuntimeError, match="power cut"):
        train(tmp_path / "cut", text, cut=120)
    good = torch.load(tmp_path / "cut/last.ckpt", weights_only=True)
    cases = [(place, value) for place in places(good) for value in (None, "strange", torch.zeros(2))]
    refused = late = 0
    for number, (place, value) in enumerate(random.Random(0).sample(cases, CASES)):
        (folder := tmp_path / str(number)).mkdir()
        torch.save(changed(good, place, value), folder / "last.ckpt")
        try:
            model = train(folder, text)
            assert all(weight.isfinite().all() for weight in model.parameters()), place
        except InputError as error:
            refused += 1
            assert str(folder) in str(error) and str(error).endswith("."), place
        except Exception as error:  # long after: a traceback, but it names the file
            late += 1
            assert str(folder) in error.__notes__[0], place
    assert refused > 10 * late


def test_all_columns_of_a_log_are_there_from_the_start(trained):
    (path,) = trained[1].glob("logs/*/metrics.csv")
    assert path.read_text().partition("\n")[0] == ",".join(training.COLUMNS)
    assert set(read_curves(trained[1])) == set(training.COLUMNS) - {"epoch", "step", "held_out_loss"}


@pytest.mark.parametrize("supported", [True, False])
@pytest.mark.parametrize("initialized", [True, False])
def test_a_gpu_is_asked_whether_it_has_bfloat16(monkeypatch, supported, initialized):
    asked = []
    monkeypatch.setattr(training.CUDAAccelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: initialized)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: asked.append(1) or supported)
    assert training.precision.__wrapped__() == ("bf16-mixed" if supported else "32-true")
    assert bool(asked) == initialized  # before that by another process, so that this one can still fork


def test_threads_change_the_last_digits_only(trained, text, tmp_path):
    threads, found = torch.get_num_threads(), {}
    try:
        for run, count in (("one", 1), ("two", 2), ("again", 2)):
            torch.set_num_threads(count)
            found[run] = train(tmp_path / run, text), losses(tmp_path / run)["val_loss"][1]
    finally:
        torch.set_num_threads(threads)
    assert same(found["two"][0], found["again"][0])
    assert found["one"][1] == pytest.approx(found["two"][1], abs=1e-2)


def test_checkpoint_of_another_network_is_named_and_passed_over(trained, text, tmp_path, capsys):
    others = [CharLSTM(text.chars, 16, 24, 2), CharLSTM([*text.chars[1:], "é"], 16, 32, 2)]
    for name, other in zip(("last", "before"), others, strict=True):
        stored = {"state_dict": other.state_dict(), "hyper_parameters": dict(other.hparams)}
        torch.save(stored, tmp_path / f"{name}.ckpt")
    assert checkpoint(tmp_path, trained[0]) is None
    first, second = capsys.readouterr().out.splitlines()
    assert "last.ckpt" in first and "before.ckpt" in second and "of another network" in first and second


def test_who_interrupts_training_is_told_how_to_go_on(text, tmp_path, refuses):
    model, handler = CharLSTM(text.chars, 16, 32, 2), signal.getsignal(signal.SIGINT)

    def training_step(batch, batch_idx):
        raise KeyboardInterrupt  # the stop button of JupyterLab

    model.training_step = training_step
    with refuses("stopped", "same again", "checkpoint"):
        fit(model, ShakespeareData(text.split(), batch_size=8, seq_len=16, window=64), tmp_path, max_epochs=1)
    signal.signal(signal.SIGINT, handler)  # Lightning ignores it from then on; a kernel restores it at the next cell


def test_loaded_weights_are_trained_anew_from_the_first_batch(trained, text, tmp_path):
    model = load(trained[1] / "best.ckpt")
    fit(model, ShakespeareData(text.split(), batch_size=8, seq_len=16, window=64), tmp_path, max_epochs=1)
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 42


def test_damaged_or_missing_best_checkpoint_is_refused(trained, tmp_path, refuses):
    best = tmp_path / "runs" / "carried" / "best.ckpt"
    with refuses("best.ckpt", "cannot be used", "delete"):
        load(best)
    best.parent.mkdir(parents=True)
    best.write_bytes(DAMAGE["garbled"]((trained[1] / "best.ckpt").read_bytes()))
    with refuses("best.ckpt", "cannot be used", "delete"):
        load(best)


def test_loss_that_is_not_finite_stops_and_keeps_the_last_good_checkpoint(text, tmp_path, monkeypatch, refuses):
    monkeypatch.setattr(training, "EVERY", timedelta(0))
    with refuses("at step 8,", "learning_rate"):
        model = CharLSTM(text.chars, 16, 32, 2)
        step = model.training_step
        model.training_step = lambda batch, batch_idx: step(batch, batch_idx) * (math.nan if batch_idx == 7 else 1)
        fit(model, ShakespeareData(text.split(), batch_size=8, seq_len=16, window=64), tmp_path, max_epochs=1)
    kept = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert kept["global_step"] == 7 and all(weight.isfinite().all() for weight in kept["state_dict"].values())

    with refuses("at step ", "learning_rate"):  # weights so large that the loss overflows
        train(tmp_path / "high", text, learning_rate=1e30, one_cycle=False)
    for path in (tmp_path / "high").glob("*.ckpt"):
        assert all(w.isfinite().all() for w in torch.load(path, weights_only=True)["state_dict"].values())


def test_finished_run_is_not_trained_again(trained, text):
    model, folder = trained
    again = train(folder, text, initial_seed=99)  # best or not, the last epoch's checkpoint is the one it finds
    for name, weight in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight), name


def test_checkpoint_holds_the_whole_model(trained, text):
    model, folder = trained
    loaded = CharLSTM.load_from_checkpoint(folder / "last.ckpt", weights_only=True, map_location="cpu")
    assert loaded.chars == text.chars and loaded.hparams == model.hparams
    ids = text.data[:100][None].long()
    assert torch.equal(loaded.eval()(ids)[0], model.eval()(ids)[0])
