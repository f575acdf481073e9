"""The instrument: everything that README, paper, cards and notebooks say of the large networks.

    make evidence PROFILE=full   (hours; smoke takes minutes, and its numbers mean nothing)

It trains the networks that are shipped and those that they are compared with, measures them, and
writes numbers, pictures and tables to build/PROFILE/evidence. `make publish` copies them from
there. Each question is one function, listed in questions.py, which returns numbers; pictures/ draws
from these alone, in a file of the same name. What is trained is in trainings.py and recipes.toml,
and how much of everything is measured in sizes.toml.
"""
