"""What two texts have in common, where the page keeps its colours."""

import pytest


@pytest.mark.parametrize(
    ("old", "new", "at_start", "at_end"),
    [
        ("to be", "to be", 5, 0),
        ("to be", "to see", 3, 1),
        ("aaa", "aaaa", 3, 0),  # of equal letters, the first count
        ("aaaa", "aa", 2, 0),
        ("", "to be", 0, 0),
        ("to 😀 be", "to 😎 be", 3, 3),  # in characters: an emoji is one
    ],
)
def test_the_common_ends_of_two_texts_do_not_overlap(node, old, new, at_start, at_end):
    code = """
      const [a, b] = process.argv.slice(1).map((text) => Array.from(text));
      const { atStart, atEnd } = commonEnds(a, b);
      const between = b.slice(atStart, b.length - atEnd);
      const changed = replaceRange(a, atStart, a.length - atEnd, between).join("");
      return { atStart, atEnd, changed };"""
    found = node.run_node(("shared/lists.js",), code, old, new)
    assert found == {"atStart": at_start, "atEnd": at_end, "changed": new}
