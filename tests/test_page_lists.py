"""What two texts have in common, where the page keeps its colours; numbers in its address."""

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


@pytest.mark.parametrize(
    ("numbers", "ranges"),
    [([], ""), ([7], "7"), ([65, 70, 71, 72, 74], "65,70-72,74"), ([0, 1], "0-1")],
)
def test_numbers_in_an_address_come_back(node, numbers, ranges):
    code = """
      const numbers = JSON.parse(process.argv[1]);
      const ranges = toRanges(numbers);
      return { ranges, numbers: fromRanges(ranges, 75) };"""
    found = node.run_node(("shared/lists.js",), code, str(numbers))
    assert found == {"ranges": ranges, "numbers": numbers}


@pytest.mark.parametrize("ranges", ["8-12,8", "x8-9y", "8-1000000000000,-9,1e9"])
def test_of_wrong_ranges_only_numbers_below_the_limit_are_taken(node, ranges):
    code = "return fromRanges(process.argv[1], 10);"
    found = node.run_node(("shared/lists.js",), code, ranges)
    assert found[:2] == [8, 9]
    assert max(found) < 10
