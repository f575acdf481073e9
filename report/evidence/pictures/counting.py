"""The picture of counting."""

from course.figures import preprocessing

from ..setup import CLAIM
from .made import Answers, Picture


def orders(answers: Answers) -> Picture:
    counting = answers["counting"]
    by_order = counting["ngram"]["kneser_ney"]["held_out"]
    order = counting["ngram_best"]["kneser_ney"]
    return Picture(
        preprocessing.orders(by_order, order, claim=CLAIM),
        "What counting reaches: the loss on the last tenth of Shakespeare, by the number of "
        f"characters of context. Without context it is {by_order[0]:.2f}, and with {order} "
        f"characters {counting['bar']['held_out']:.2f}, the bar. Longer contexts don't help.",
        "A curve that falls steeply over the first four characters of context and is flat from "
        "five on. A line marks its lowest point, the bar, and one below it the student's claim.",
    )
