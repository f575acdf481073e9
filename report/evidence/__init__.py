"""The evidence: what one run can't show of the large networks, for the report's appendix.

    make evidence PROFILE=full   (hours; smoke takes minutes, and its numbers mean nothing)

It trains the networks that are shipped and those that they are compared with, measures them, and
writes numbers, figures and tables to build/PROFILE/evidence. `make publish` copies them from
there. Each question is one function, listed in questions.py, which returns numbers; pictures/ draws
from these alone. What is trained is in trainings.py and recipes.toml, and how much of everything is
measured in sizes.toml.
"""
