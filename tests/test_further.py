"""The figures of notebook 07: no point covers another, budgets in the legend, texts in rows."""

import pytest
from matplotlib import pyplot as plt

from course.figures import further


def stack(series, layers, parameters=480_000, epochs_read=2.998, loss=1.5):
    return {
        "series": series,
        "layers": layers,
        "parameters": parameters,
        "epochs_read": epochs_read,
        "carried_validation": loss,
        "gradients": [0.1] * layers,
    }


def test_no_stack_covers_another_and_the_legend_has_the_budget_of_each_series():
    rows = [
        stack("residual", 2),
        stack("equal parameters", 2),
        stack("equal parameters", 1, parameters=460_000),
        stack("residual", 1),
        stack("equal time", 1, parameters=190_000, epochs_read=6.0),
        stack("equal time", 2),
    ]
    figure = further.depth(rows)
    left, right = figure.axes
    at = [x for line in left.lines for x in line.get_xdata()]
    assert len(set(at)) == len(at) == len(rows)
    assert {round(x) for x in at} == {1, 2}
    looks = {(line.get_linestyle(), line.get_marker()) for line in left.lines}
    assert len(looks) == 3  # without colour, too
    assert len(right.lines) == 2  # not the series at equal time
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "plain, equal parameters (0.46 to 0.48 M, 3 epochs)",
        "residual, equal parameters (0.48 M, 3 epochs)",
        "plain, equal time (0.19 to 0.48 M, 3 to 6 epochs)",
    ]
    plt.close(figure)


@pytest.mark.parametrize(
    ("values", "words"),
    [([0.9998], "1 epoch"), ([0.51], "0.51 epochs"), ([2.0, 5.99], "2 to 6 epochs")],
)
def test_epochs_are_rounded_and_counted(values, words):
    assert further.in_epochs(values) == words


def test_each_text_has_a_row_with_all_models():
    bits = {"Kneser-Ney": 2.0, "LSTM": 1.9, "with copy head": 1.8, "with n-grams": 1.7}
    figure = further.texts([("verse, 1.1 M", bits), ("code, 1.1 M", bits)])
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["verse, 1.1 M", "code, 1.1 M"]
    of_models = axes.lines[2:]  # after the line of each row
    assert [list(line.get_xdata()) for line in of_models] == [[bit] * 2 for bit in bits.values()]
    plt.close(figure)
