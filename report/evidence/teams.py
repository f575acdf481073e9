"""Who predicts, and how: the teams and protocols whose losses are published."""

from collections.abc import Sequence
from typing import NamedTuple

# In this order in tables. Mixed: with n-grams.
PROTOCOLS = ("cold", "cold_mixed", "carried", "carried_mixed", "learning", "learning_mixed")


class About(NamedTuple):
    """What is said of a team, which is one network or the committee."""

    title: str
    rate_of: str  # the network whose step size of learning while reading it has
    scored: Sequence[str]  # protocols in which `shakespeare score` compares others with it


TEAMS = {  # by their names in the numbers
    "baseline": About("the baseline", "baseline", ("cold", "carried", "learning")),
    "final": About("the final network", "final", PROTOCOLS),
    "pair": About("the two shipped networks", "final", ("carried", "learning")),
    "committee": About("the committee", "final", PROTOCOLS),
}


def scored_name(team: str, protocol: str) -> str:
    """What `shakespeare score` calls these losses, such as "final, with n-grams|carried"."""
    alone = protocol.removesuffix("_mixed")
    name = team if protocol == alone else f"{team}, with n-grams"
    return f"{name}|{alone}"
