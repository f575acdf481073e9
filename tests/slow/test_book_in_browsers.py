"""A chapter of the book in Chromium, Firefox and WebKit."""

from pathlib import Path

import pytest
from conftest import ROOT
from engines import BROWSERS

from report.book import write_book

TRY_BOOK = """async () => {
  const until = async (condition) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await document.fonts.ready;
  const [asked] = document.querySelectorAll("search input");
  asked.value = "forget gate";
  asked.dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => document.querySelector("search ol a"));
  const found = document.querySelector("search ol a").textContent;
  document.querySelector(".solution summary").click();
  const { scrollWidth } = document.documentElement;
  return {
    found,
    isUnfolded: document.querySelector(".solution").open,
    hasFont: document.fonts.check('16px "STIX Two Math subset"'),
    formulas: document.querySelectorAll("math").length,
    fits: scrollWidth <= innerWidth,
  };
}"""


@pytest.fixture(scope="module")
def chapter(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("book") / "book"
    write_book(ROOT / "report" / "notebooks", folder, [])
    return folder / "02-lstm-equations.html"


@pytest.mark.parametrize("name", BROWSERS)
def test_a_chapter_is_searched_and_unfolded(name, chapter, tmp_path):
    found = BROWSERS[name](chapter, TRY_BOOK, tmp_path)
    assert found["found"].startswith("forget gate")
    assert found["isUnfolded"] and found["hasFont"] and found["fits"]
    assert found["formulas"] > 20
    assert not found.get("errors")
