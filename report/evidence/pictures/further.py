"""The picture of other texts."""

from . import figures
from .made import Answers, Picture


def texts(answers: Answers) -> Picture:
    found = answers["texts"]
    in_bits = []
    gains = []  # of copy head and invented names
    for title, text in found.items():
        label = f"{title}, {text['characters'] / 1e6:.1f} M, {text['distinct']} distinct"
        in_bits.append((label, text["bits"]))
        gain = text["bits"]["LSTM"] - text["bits"]["with copy head"]
        gains.append(f"{gain:.2f} on {title}".replace("-", "−"))
    first, *_ = found.values()
    parameters = first["parameters"]
    more = parameters["with copy head"] / parameters["LSTM"] - 1
    return Picture(
        figures.texts(in_bits),
        "Bits per character on the last 10 % of each text, carried: an n-gram model, the LSTM, the "
        f"LSTM with copy head and invented names ({100 * more:.0f} % more parameters), and that "
        "last network mixed with n-grams. The labels give the length of each text and its number "
        "of distinct characters. Compare only within a row, because each row is a different text. "
        f"In bits, copy head and invented names gain {', '.join(gains)}.",
        f"A row for each of {len(found)} texts with four points, one for each model.",
    )
