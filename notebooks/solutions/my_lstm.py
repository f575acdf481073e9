"""A character model in one file: python my_lstm.py TEXT FOLDER STEPS."""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

SIZES = {"embedding_size": 64, "hidden_size": 256, "num_layers": 1}
BATCH_SIZE = 32
SEQ_LEN = 64
LEARNING_RATE = 5e-3


class MyLSTM(nn.Module):
    """An embedding, LSTM layers one above the other, and a linear layer."""

    def __init__(self, vocab_size, embedding_size, hidden_size, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.layers = nn.ModuleList()
        for k in range(num_layers):
            input_size = embedding_size if k == 0 else hidden_size
            self.layers.append(nn.LSTM(input_size, hidden_size, batch_first=True))
        self.linear = nn.Linear(hidden_size, vocab_size)

    def forward(self, ids, state=None):
        """Logits (batch, time, vocab_size) and each layer's new (h, c), from ids (batch, time)."""
        x = self.embedding(ids)  # (batch, time, embedding_size)
        new_state = []
        for k, layer in enumerate(self.layers):
            x, hc = layer(x, state[k] if state else None)  # (batch, time, hidden_size)
            new_state.append(hc)
        return self.linear(x), new_state


def split(ids):
    """The first nine tenths of ids (characters,), for training, and the last tenth."""
    cut = int(0.9 * len(ids))
    return ids[:cut], ids[cut:]


def random_batches(ids, count):
    """`count` batches (BATCH_SIZE, SEQ_LEN + 1) of random windows of ids (characters,)."""
    batches = []
    for _ in range(count):
        starts = torch.randint(len(ids) - SEQ_LEN, (BATCH_SIZE, 1))
        batches.append(ids[starts + torch.arange(SEQ_LEN + 1)])
    return batches


def cross_entropy(logits, y):
    """Mean loss in nats, from logits (batch, time, vocab_size) and y (batch, time)."""
    chosen = logits.gather(-1, y[..., None])[..., 0]  # (batch, time)
    return (logits.logsumexp(-1) - chosen).mean()


def train_on(network, optimizer, batches, loss_of):
    """Take a step on each of the batches; return their losses, a list."""
    losses = []
    for batch in batches:
        logits, _ = network(batch[:, :-1])
        loss = loss_of(logits, batch[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def write(network, ids, length, sampler, draw):
    """The ids (time,) of a prompt, followed by `length` ids that are drawn."""
    logits, state = network(ids[None])
    for _ in range(length):
        drawn = draw(sampler(logits[:, -1]))  # (1,)
        ids = torch.cat([ids, drawn])
        logits, state = network(drawn[:, None], state)
    return ids


def loss_in_one_pass(network, ids):
    """The mean loss of ids (characters,), with a state that is carried from chunk to chunk."""
    total = 0.0
    state = None
    for start in range(0, len(ids) - 1, 1_000):
        chunk = ids[None, start : start + 1_001]
        logits, state = network(chunk[:, :-1], state)
        total += cross_entropy(logits, chunk[:, 1:]).item() * (chunk.shape[1] - 1)
    return total / (len(ids) - 1)


def save(network, chars, folder):
    """Write the network where the commands of `shakespeare` find it; they know it as CharLSTM."""
    Path(folder).mkdir(exist_ok=True)
    config = {"architecture": "CharLSTM", "chars": chars, **SIZES}
    Path(folder, "config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = {name: weight.clone() for name, weight in network.state_dict().items()}
    save_file(weights, Path(folder, "model.safetensors"))
    shutil.copy(__file__, Path(folder, "my_lstm.py"))  # the version that has trained it


def softmax(logits):
    return logits.softmax(-1)


def draw(p):
    """An index (1,) by the probabilities p (1, vocab_size)."""
    return torch.multinomial(p, 1)[:, 0]


def main(text_file="../input.txt", folder="my-network", steps=1_000):
    torch.manual_seed(1)  # so that the same command gives the same numbers,
    torch.set_num_threads(1)  # on any number of cores
    text = Path(text_file).read_text(encoding="utf-8-sig")
    chars = sorted(set(text))
    index_of = {character: i for i, character in enumerate(chars)}
    ids = torch.tensor([index_of[character] for character in text])
    training_ids, held_out_ids = split(ids)

    network = MyLSTM(len(chars), **SIZES)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    for part in range(1, 11):
        batches = random_batches(training_ids, int(steps) // 10)
        losses = train_on(network, optimizer, batches, cross_entropy)
        print(f"{part} of 10: mean loss {sum(losses) / len(losses):.3f}")
    save(network, chars, folder)

    with torch.no_grad():
        print(f"loss on the last tenth: {loss_in_one_pass(network, held_out_ids):.3f}")
        written = write(network, held_out_ids[:50], 300, softmax, draw)
    print("".join(chars[i] for i in written))


if __name__ == "__main__":
    main(*sys.argv[1:])
