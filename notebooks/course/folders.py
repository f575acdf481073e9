"""The folder of a profile and a text. (Make asks at each start, so this imports no PyTorch.)"""

import re
from pathlib import Path

from shakespeare.files import TINY_SHAKESPEARE, read_text, text_hash
from shakespeare.settings import read_profile

ROOT = Path(__file__).resolve().parents[2]


def build_folder(profile: str, path: str | Path) -> Path:
    """build/quick, or for another text build/quick-story-1a2b3c4d.

    The digits stand for the content of the text, so no two texts share a folder.
    Raises InputError for an unknown profile or an unreadable text.
    """
    read_profile(profile)
    text = text_hash(read_text(path))
    words = [profile]
    if text != TINY_SHAKESPEARE:
        words.append(re.sub(r"[^\w-]+", "_", Path(path).stem)[:40])  # any shell can take it
        words.append(text[:8])
    return ROOT / "build" / "-".join(words)
