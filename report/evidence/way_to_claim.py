"""What brings the loss down to the claim, step by step?"""

from typing import Any

from .setup import Evidence

STEPS = {  # the way to the claim: by its name, team and protocol, or with contexts
    "the student's recipe": ("baseline", "carried"),
    "the final network": ("final", "carried"),
    "the final network with n-grams": ("final", "carried_mixed"),
    "four networks with n-grams": ("committee", "carried_mixed"),
    "the final network with n-grams, learning": ("final", "learning_mixed"),
    "four networks with n-grams, learning": ("committee", "learning_mixed"),
    "two networks with contexts, learning": ("pair", "contexts"),
    "four networks with contexts, learning": ("committee", "contexts"),
}


def answer(e: Evidence) -> dict[str, Any]:
    """The steps to the claim, on the last 10 %."""
    losses = e.load("losses")
    with_contexts = e.load("ahead")["teams"] | e.load("committee_ahead")["teams"]
    steps = {"counting": e.load("counting")["bar"]["held_out"]}
    for name, (team, protocol) in STEPS.items():
        loss = with_contexts[team] if protocol == "contexts" else losses[team][protocol]
        steps[name] = loss["held_out"]
    return steps
