"""The published losses of the shipped networks are those of their files."""

import pytest

from report.evidence import answers
from shakespeare.evaluation import PROTOCOLS, losses_of
from shakespeare.pretrained import from_pretrained
from study.losses import mean_by_part

NETWORKS = answers.published()["networks"]


@pytest.mark.parametrize("name", NETWORKS)
def test_published_losses_are_those_of_the_shipped_file(corpus, name):
    network = from_pretrained(name)
    split = corpus.split()
    assert PROTOCOLS.keys() == NETWORKS[name]["losses"].keys()
    for protocol, predict in PROTOCOLS.items():
        losses = mean_by_part(losses_of(predict(network, split.held_out), split.held_out), split)
        assert losses == pytest.approx(NETWORKS[name]["losses"][protocol], abs=5e-5), protocol
