"""What the notebooks share: results from one for another, what they show, figures."""

from .results import Results as Results
