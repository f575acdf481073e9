"""Names of headings that return, with copies of them before and without."""

import math

import torch

from report.evidence.copied_names import compare, other_names
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from study import cells
from study.copying import (
    Returning,
    are_unknown,
    backwards,
    bits_of_names,
    returning_names,
    rewrite,
)

SPEECHES = "HANS:\nEve!\n\nADAM:\nEve?\n\nEVE:\nMe?\n\nADAM:\nYes.\n\nHANS:\nEVE:\n\nEVE:\nNo\n"


def test_a_name_returns_if_it_was_a_heading_within_reach():
    assert returning_names(SPEECHES, 30) == [Returning("ADAM", SPEECHES[8:34])]
    assert returning_names(SPEECHES, 26) == [Returning("ADAM", SPEECHES[12:34])]
    assert returning_names(SPEECHES, 25) == []  # EVE reads the same backwards


def test_a_name_with_too_little_text_before_it_is_left_out():
    assert returning_names(SPEECHES, 50) == [Returning("HANS", SPEECHES[:46])]
    assert returning_names(SPEECHES, 51) == []


def test_every_copy_is_rewritten_wherever_it_is():
    before = [Returning("ADAM", "ADAM:\nIs ADAM Adam?\n\n"), Returning("EVA", "ADAM, EVA:")]
    assert backwards(before) == [
        Returning("ADAM", "MADA:\nIs MADA Adam?\n\n"),
        Returning("EVA", "ADAM, AVE:"),
    ]
    assert rewrite(before, ["XXXX", "ANN"])[1] == Returning("EVA", "ADAM, ANN:")


def test_bits_are_those_of_each_name_read_by_itself(make_network, excerpt):
    network = make_network(CopyLSTM).float()
    network.memory = 40
    text = excerpt.text()
    returning = []
    for start, letters in ((0, 4), (40, 7), (900, 2)):
        window = text[start : start + 40]
        returning.append(Returning(window[-letters:], window[:-letters]))
    bits, without_copies = bits_of_names(network, excerpt, returning)
    for of_network, found in ((network, bits), (cells.without_copies(network), without_copies)):
        for (name, past), of_name in zip(returning, found, strict=True):
            part = Corpus(excerpt.encode(past + name), excerpt.chars, "a window")
            losses = losses_of(carried_predictions(of_network, part), part)
            torch.testing.assert_close(
                of_name, losses[-len(name) :].sum().item() / math.log(2), rtol=1e-4, atol=1e-4
            )


def test_medians_of_names_that_the_training_text_has_and_of_those_that_the_training_text_lacks():
    returning = [Returning(name, "") for name in ("ADAM", "ANN", "ANN", "ANN", "EVE")]
    bits = {"same": [1.0, 2.0, 9.0, 3.0, 8.0], "backwards": [5.0, 4.0, 8.0, 6.0, 7.0]}
    is_unknown = are_unknown(returning, "Old Adam in an annex\n")
    assert is_unknown == [False, True, True, True, True]
    found = compare(bits, returning, is_unknown)
    assert (found["headings"], found["names"], found["dearer"]) == (5, 3, 3)
    assert found["known"]["medians"] == {"same": 1.0, "backwards": 5.0}
    unknown = found["unknown"]
    assert (unknown["headings"], unknown["names"]) == (4, 2)
    assert unknown["medians"] == {"same": 5.5, "backwards": 6.5}
    assert unknown["of_names"] == {"same": 5.5, "backwards": 6.5}  # of 3 and 8, of 6 and 7
    all_known = compare(bits, returning, [False] * 5)
    assert all_known["known"]["medians"] == {"same": 3.0, "backwards": 6.0}
    nothing = all_known["unknown"]
    assert nothing["headings"] == 0
    assert nothing["medians"] == nothing["of_names"] == {"same": None, "backwards": None}


def test_another_name_is_a_heading_of_the_training_text_with_as_many_letters():
    training = "\n\nADAM:\nHi\n\nANNA:\nHi\n\nEVA:\nADA\n\nROMEO:\n"
    returning = [Returning("ADAM", ""), Returning("EVE", "")] * 5
    assert other_names(returning, training, seed=1) == ["ANNA", "EVA"] * 5
