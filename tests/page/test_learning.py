"""What learns in the page, in Node: gradients and Adam against PyTorch, counts against Python."""

import json

import pytest
import torch
from conftest import ROOT
from torch import nn

from report.page.node import LEARNER
from shakespeare.beyond.ngrams import witten_bell_losses
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.model import CharLSTM
from shakespeare.pretrained import from_pretrained

CONFIG = {"chars": list("\nabcdef"), "embedding_size": 5, "hidden_size": 6, "num_layers": 2}
CLIP = 0.1  # shorter than the gradients, so that all are clipped
RATES = [0.01, 0.01, 0.003]  # a learning rate for each step
# Windows of 4 steps with 3 texts; the first one gives the network a state. Its weights are large.
LEARN = f"""
  const random = randomNumbers(3);
  const network = new LearningLSTM({json.dumps(CONFIG)}, 3, 4, random);
  const {{ parameters }} = network;
  parameters.weights.forEach((weight, j) => {{
    parameters.weights[j] = 2 * weight;
  }});
  const window = () => Uint16Array.from({{ length: 12 }}, () => Math.floor(7 * random()));
  const windows = Array.from({{ length: 4 }}, () => [window(), window()]);
  network.forward(windows[0][0]);

  const listsOf = (whole) => {{
    const arrays = Object.entries(byName(whole, parameters.shapes));
    return Object.fromEntries(arrays.map(([name, values]) => [name, Array.from(values)]));
  }};
  const adam = new Adam(parameters);
  const start = listsOf(parameters.weights);
  const steps = windows.slice(1).map(([ids, targets], k) => {{
    network.forget(k); // a text begins with an empty state
    const loss = network.lossAndGradients(ids, targets);
    const gradients = listsOf(parameters.gradients);
    const length = clip(parameters.gradients, {CLIP});
    adam.step({RATES}[k]);
    return {{ loss, gradients, length, weights: listsOf(parameters.weights) }};
  }});
  const lists = windows.map((pair) => pair.map((ids) => Array.from(ids)));
  return {{ start, windows: lists, steps }};
"""

PHRASE = "to be, or not to be: "


def test_loss_gradients_and_steps_of_adam_are_those_of_pytorch(node):
    learned = node.learn_in_node(LEARN)
    network = CharLSTM(**CONFIG)
    weights = dict(network.named_parameters())
    with torch.no_grad():
        for name, values in learned["start"].items():
            weights[name].copy_(torch.tensor(values).view_as(weights[name]))
    optimizer = torch.optim.Adam(network.parameters())
    windows = torch.tensor(learned["windows"]).view(-1, 2, 4, 3).transpose(2, 3)
    _, state = network(windows[0][0])
    steps = zip(range(3), windows[1:], learned["steps"], RATES, strict=True)
    for row, window, found, rate in steps:
        state = [(h.detach(), c.detach()) for h, c in state]
        for layer in state:
            for part in layer:
                part[:, row] = 0
        loss, state = network.loss(window, state)
        optimizer.zero_grad()
        loss.backward()
        torch.testing.assert_close(torch.tensor(found["loss"]), loss, rtol=1e-5, atol=0)
        for name, weight in weights.items():
            difference = torch.tensor(found["gradients"][name]) - weight.grad.flatten()
            assert difference.norm() < 1e-4 * weight.grad.norm(), name

        length = nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        assert length > CLIP
        assert found["length"] == pytest.approx(length.item(), rel=1e-5)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        for name, weight in weights.items():
            stepped = torch.tensor(found["weights"][name])
            torch.testing.assert_close(stepped, weight.flatten(), rtol=1e-4, atol=1e-5)


def test_the_counting_model_has_the_loss_of_witten_bell_counts(node, excerpt):
    found = node.learn_in_node("return new Learner(texts[0]).countsLoss();", excerpt.text())
    split = excerpt.split()
    losses = witten_bell_losses(split.train.ids, split.held_out.ids, excerpt.vocab_size, 3)
    assert found == pytest.approx(losses[3, 1:].mean().item(), rel=1e-5)


def test_a_network_that_has_learned_has_the_same_loss_in_python(node, excerpt, tmp_path):
    code = """
      const fs = require("fs");
      const [text, folder] = process.argv.slice(1);
      const learner = new Learner(text, { hidden_size: 12, num_layers: 2, batch_size: 3 });
      for (let step = 0; step < 40; step++) learner.step();
      const files = networkFiles(learner.config(), learner.tensors());
      for (const [name, bytes] of Object.entries(files)) {
        fs.writeFileSync(`${folder}/${name}`, bytes);
      }
      return learner.heldOutLoss();"""
    files = (*LEARNER, "files/save.js")
    found = node.run_node(files, code, excerpt.text(), str(tmp_path))
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert config.keys() == {"architecture", *CONFIG, "facts"}
    network = from_pretrained(tmp_path)
    held_out = excerpt.split().held_out
    with torch.no_grad():
        losses = losses_of(carried_predictions(network, held_out), held_out)
    assert found == pytest.approx(losses.mean().item(), rel=1e-4)


def test_a_text_has_the_vocabulary_that_it_would_have_in_python(node, write):
    text = "one\r\ntwo\rthree 😀\uffee\n" * 60
    code = """
      const learner = new Learner(readable(texts[0].replace("w", "\\ud83d"))); // half a character
      const { chars, train, heldOut } = learner;
      return { chars, train: train.length, heldOut: Array.from(heldOut) };"""
    found = node.learn_in_node(code, text)
    corpus = Corpus.read(write(text.replace("w", "�", 1)))
    assert found["chars"] == corpus.chars
    split = corpus.split()
    assert found["train"] == len(split.train.ids)
    assert found["heldOut"] == split.held_out.ids.tolist()


def test_once_words_have_appeared_no_sample_is_noise(node):
    """Where nothing began with an empty state, as samples do, a quarter of them were."""
    code = """
      const text = require("fs").readFileSync(texts[0], "utf8").slice(0, 300_000);
      const fours = new Set();
      for (let k = 0; k + 4 <= text.length; k++) fours.add(text.slice(k, k + 4));
      const learner = new Learner(text);
      const shares = [];
      for (let step = 1; step <= 160; step++) {
        learner.step();
        if (step < 80 || step % 10) continue;
        const sample = learner.sample(1, 150);
        let known = 0;
        for (let k = 0; k + 4 <= sample.length; k++) known += fours.has(sample.slice(k, k + 4));
        shares.push(known / (sample.length - 3));
      }
      return shares;"""
    shares = node.learn_in_node(code, str(ROOT / "input.txt"))
    assert min(shares) > 0.6


def test_what_cannot_be_learned_gets_a_sentence(node):
    with pytest.raises(RuntimeError, match="one repeated character"):
        node.learn_in_node('checkText("a".repeat(5000));')


def test_a_network_starts_like_one_of_pytorch(node):
    code = """
      const config = { chars: [..."abcdefgh"], embedding_size: 64, hidden_size: 25, num_layers: 1 };
      const { weight } = new LearningLSTM(config, 1, 1, randomNumbers(1)).parameters;
      const ofKind = (name) => Array.from(weight[name]);
      return ["embedding.weight", "layers.0.weight_hh_l0", "layers.0.bias_ih_l0"].map(ofKind);"""
    embedding, recurrent, bias = map(torch.tensor, node.learn_in_node(code))
    assert embedding.std() == pytest.approx(1, abs=0.1)
    assert recurrent.abs().max() == pytest.approx(1 / 5, abs=1e-3)
    assert (bias.view(4, 25)[1] == 1).all()  # the forget gates start open


def test_it_learns_and_writes(node):
    """The phrase repeats. The state is carried, so a window predicts it from its start."""
    code = """
      const learner = new Learner(texts[0], { hidden_size: 32, batch_size: 4 });
      const before = learner.heldOutLoss();
      const noise = [7, 7, 8].map((seed) => learner.sample(seed, 40));
      for (let step = 0; step < 300; step++) learner.step();
      const next = learner.step();
      const after = learner.heldOutLoss();
      return { before, noise, next, after, text: learner.sample(1, 200) };"""
    found = node.learn_in_node(code, PHRASE * 100)
    assert found["before"] == pytest.approx(torch.tensor(9.0).log().item(), abs=0.5)
    first, again, other = found["noise"]
    assert PHRASE not in first
    assert first == again != other  # the same seed writes the same
    assert found["next"] < 0.1
    assert found["after"] < 0.1
    assert found["text"].count(PHRASE) >= 5
