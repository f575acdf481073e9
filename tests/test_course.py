"""Rooms 3 and 6: settings, folders, curves and metrics."""

import importlib
import json
import resource
from xml.etree import ElementTree

import pytest
import torch
from matplotlib import pyplot as plt

from report import experiments
from shakespeare.course import (
    PROFILES,
    kept,
    load_metrics,
    numbers_of,
    results_folder,
    save_metrics,
    settings,
    show_figure,
    trained_model,
)
from shakespeare.data import ShakespeareDataset
from shakespeare.evaluation import carried_losses, cold_losses
from shakespeare.files import write as write_file
from shakespeare.training import code_of, read_curves, run_folder


def test_settings_of_a_profile_can_be_changed():
    assert {frozenset(vars(settings(profile))) for profile in PROFILES} == {frozenset(vars(settings("quick")))}
    changed = settings("quick", hidden_size=99)
    assert changed.hidden_size == 99 and changed.epochs == settings("quick").epochs
    assert settings("quick").hidden_size != 99


def test_unknown_profile_and_setting_are_refused(refuses):
    with refuses("'quik'", *PROFILES):
        settings("quik")
    with refuses("'hiden_size'", "hidden_size"):
        settings("quick", hiden_size=3)


def test_results_of_each_profile_and_text_have_their_folder(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    cases = [("smoke", "../input.txt"), ("quick", "../input.txt"), ("quick", "../faust.txt")]
    folders = {results_folder(*case).resolve() for case in cases}
    assert {folder.name for folder in folders} == {"smoke", "quick", "quick-faust.txt"}
    assert {folder.parent for folder in folders} == {tmp_path / "build"}
    assert all(folder.is_dir() for folder in folders)


def test_a_run_is_found_again_only_with_the_same_text_and_options(tmp_path, write):
    def folder(content="to be or not to be", name="a.txt", run="run", **options):
        return run_folder(tmp_path, run, ShakespeareDataset(write(content, name), seq_len=4), {"epochs": 2} | options)

    assert folder() == folder(name="b.txt")
    assert folder(seed=1, hidden_size=8) == folder(hidden_size=8, seed=1)
    others = [folder(), folder(epochs=3), folder(seed=1), folder("to be or not to bo"), folder("so be or not so be")]
    others += [folder(content="ab" * 9), folder(content="cd" * 9), folder(run="other")]
    assert len(set(others)) == len(others)


def test_losses_that_are_kept_are_computed_once(make_model, text, tmp_path, monkeypatch):
    model, part = make_model(copy_size=4).float(), text.split().validation
    first = kept(tmp_path, carried_losses, model, part, chunk=64)
    assert first.tolist() == carried_losses(model, part, chunk=64).tolist()
    assert kept(tmp_path, carried_losses, model, part, chunk=64).tolist() == first.tolist()
    assert len(list(tmp_path.iterdir())) == 1
    kept(tmp_path, carried_losses, model, part, chunk=32)
    kept(tmp_path, carried_losses, model, text.split().test, chunk=64)
    kept(tmp_path, cold_losses, model, part, window=64)
    model.copy_head.memory = 9
    kept(tmp_path, carried_losses, model, part, chunk=64)
    torch.nn.init.ones_(model.linear.bias)
    kept(tmp_path, carried_losses, model, part, chunk=64)
    part.data = part.data.flip(0)
    kept(tmp_path, carried_losses, model, part, chunk=64)
    assert len(list(tmp_path.iterdir())) == 7


def test_fingerprints_follow_what_code_does_not_what_it_says(tmp_path, monkeypatch):
    (tmp_path / "shape.py").write_text(
        "class A:\n    def f(self):\n        return 1\n\n\n"
        "class B:\n    'Says.'\n    def f(self):\n        'Says.'\n        return 1  # one\n\n\n"
        "class C:\n    def f(self):\n        return 2\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    shape = importlib.import_module("shape")
    a, b, c = (code_of(each).replace(each.__name__.encode(), b"") for each in (shape.A, shape.B, shape.C))
    assert a == b != c
    assert code_of(shape.B.f) == code_of(shape.A.f) != code_of(shape.C.f)


def test_curves_of_an_interrupted_run_are_put_together(tmp_path):
    logs = {  # the tenth part comes after the second; what is computed twice counts once, as computed last
        "version_2": "epoch,step,train_loss,val_loss\n0,0,4.0,\n0,1,3.0,3.5\n1,2,9.0,\n",
        "version_10": "epoch,seconds,step,val_loss,train_loss\n1,7.5,2,,2.0\n1,,3,2.5,1.0\n1,8.5",  # a row torn off
    }
    for name, content in logs.items():
        (tmp_path / "logs" / name).mkdir(parents=True)
        (tmp_path / "logs" / name / "metrics.csv").write_text(content)
    assert read_curves(tmp_path) == {
        "train_loss": ([0, 1, 2, 3], [4.0, 3.0, 2.0, 1.0]),
        "val_loss": ([1, 3], [3.5, 2.5]),
        "seconds": ([2], [7.5]),
    }


def test_metrics_replace_their_own_notebooks_only(tmp_path):
    assert load_metrics(tmp_path) == {}
    save_metrics(tmp_path, "03", {"loss": 1.5, "old": 1})
    save_metrics(tmp_path, "01", {"speaker": "Königin", "counts": [1, 2]})
    save_metrics(tmp_path, "03", {"loss": 1.25})
    expected = {"01": {"speaker": "Königin", "counts": [1, 2]}, "03": {"loss": 1.25}}
    assert load_metrics(tmp_path) == expected
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]  # nothing half-written is left

    with pytest.raises(TypeError):
        save_metrics(tmp_path, "02", {"not a number": object()})
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8")) == expected


@pytest.mark.parametrize("end", ["", "\n"])
def test_an_experiment_gets_a_line_of_its_own(write, monkeypatch, end):
    log = write(f'name,seed,note\na,1,"two\nlines"{end}', "experiments.csv")
    monkeypatch.setattr(experiments, "LOG", log)
    experiments.add({"note": "b, c", "name": "d", "other": 2})
    assert log.read_text() == 'name,seed,note\na,1,"two\nlines"\nd,,"b, c"\n'


def test_damaged_metrics_are_named(tmp_path, refuses):
    save_metrics(tmp_path, "training", {"loss": 1.5})
    path = tmp_path / "metrics.json"
    path.write_bytes(path.read_bytes()[:20])
    for act in (load_metrics, trained_model, lambda build: save_metrics(build, "generation", {})):
        with refuses("metrics.json cannot be used", "delete"):
            act(tmp_path)
    path.write_bytes(b"\xff\xfe")
    with refuses("metrics.json cannot be used", "delete"):
        load_metrics(tmp_path)


def test_a_damaged_result_is_computed_again(make_model, text, tmp_path):
    model, part = make_model().float(), text.split().validation
    first = kept(tmp_path, carried_losses, model, part, chunk=64)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert torch.equal(kept(tmp_path, carried_losses, model, part, chunk=64), first) and path.read_bytes() == whole


def test_a_file_is_written_whole_or_not_at_all(tmp_path, refuses):
    write_file(tmp_path / "new" / "numbers", b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # like a disk that is full after so many bytes
    try:
        with refuses("numbers cannot be written", "disk"):
            write_file(tmp_path / "new" / "numbers", b"new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "new").iterdir()] == [("numbers", b"old")]


def test_a_build_folder_that_cannot_be_made_is_named(tmp_path, monkeypatch, refuses):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "build").touch()  # a file where the folder belongs
    monkeypatch.chdir(tmp_path / "notebooks")
    with refuses("build", "cannot be written"):
        results_folder("smoke", "../input.txt")
    with refuses("metrics.json", "cannot be written"):
        save_metrics("../build", "training", {})


def test_missing_numbers_name_the_notebook_that_makes_them(tmp_path, refuses):
    for _ in range(2):  # without a file and with one that has other numbers
        with refuses("metrics.json has nothing of notebook 01-preprocessing", "delete"):
            numbers_of("01-preprocessing", tmp_path)
        save_metrics(tmp_path, "training", {})
    save_metrics(tmp_path, "preprocessing", {"lines": 3})
    assert numbers_of("01-preprocessing", tmp_path) == {"lines": 3}


@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_figure_with_any_character_is_a_picture_that_runs_nothing(monkeypatch):
    shown = []
    monkeypatch.setattr("shakespeare.course.display", lambda *bundle, **_: shown.append(bundle[0]))
    figure, axes = plt.subplots()
    axes.set_yticks([0], ["\x1b\x9b\ufffe\uffff\u2028\u202e"], parse_math=False)
    axes.set_title("--><script>alert(1)</script><a href='javascript:1'>]]>", parse_math=False)
    show_figure(figure, "x", "A caption.", "--><script>alert(2)</script>\ufffe")
    tags = {node.tag.rpartition("}")[2] for node in ElementTree.fromstring(shown[0]["image/svg+xml"]).iter()}
    assert "path" in tags and not tags & {"script", "a", "image", "foreignObject"}
