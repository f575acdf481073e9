"""How low are the losses of compression programs?"""

from typing import Any

from . import compressors
from .plays import plays_to_measure
from .setup import Evidence


def rivals(e: Evidence) -> dict[str, Any]:
    """Compression programs as predictors that learn while they read."""
    plays = plays_to_measure(e.corpus, e.sizes.play)
    return {"programs": compressors.table_rows(e.corpus, plays)}
