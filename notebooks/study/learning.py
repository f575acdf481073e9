"""Dynamic evaluation: a network that keeps learning while it reads (notebook 05)."""

import copy
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from shakespeare.data import Corpus
from shakespeare.evaluation import ids_for
from shakespeare.training import detach

# Changing one of these changes the published result.
CHUNK = 64  # characters between two steps
GRADIENT_CLIP = 1.0  # a longer gradient is shortened to this length


def learning_predictions(network: Any, corpus: Corpus, learning_rate: float = 1e-4) -> Tensor:
    """Protocol *learning*: log-probabilities (characters - 1, vocab_size) (Krause et al. 2018).

    As carried, but after each chunk is predicted, a copy of the network takes one step on it:
    Adam with beta1 = 0. Every character is scored before the network trains on it.
    """
    ids = ids_for(network, corpus)
    learner = copy.deepcopy(network).eval()  # it learns, but without dropout
    optimizer = torch.optim.Adam(learner.parameters(), lr=learning_rate, betas=(0.0, 0.999))
    state = None
    predictions = []
    for x, y in zip(ids[:-1].split(CHUNK), ids[1:].split(CHUNK), strict=True):  # (chunk,)
        # On a GPU, cuDNN's LSTM has gradients only in training mode, where dropout would act.
        with torch.backends.cudnn.flags(enabled=False):
            logits, state = learner(x[None], state)  # (1, chunk, vocab_size)
        log_p = logits[0].float().log_softmax(-1)  # (chunk, vocab_size)
        predictions.append(log_p.detach().cpu())
        optimizer.zero_grad()
        F.nll_loss(log_p, y).backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters(), GRADIENT_CLIP)
        optimizer.step()
        state = detach(state)
    return torch.cat(predictions)
