"""What compressors reach, with programs whose answer is known; zpaq is a script of the test."""

import math
import sys

import pytest
import torch

from course import rivals
from course.rivals import PARTS, PPMD, Program
from shakespeare.data import Corpus


@pytest.fixture
def read(write):
    """A text as a Corpus."""

    def read(text: str) -> Corpus:
        return Corpus.read(write(text))

    return read


@pytest.fixture
def install_zpaq(monkeypatch, tmp_path):
    """Put a zpaq on the PATH that runs these lines of Python; nothing else is there."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install_zpaq(*lines: str) -> None:
        script = folder / "zpaq"
        script.write_text("\n".join([f"#!{sys.executable}", "import sys", *lines]))
        script.chmod(0o755)

    return install_zpaq


def same(losses: dict[str, float], **expected: float) -> bool:
    return losses == pytest.approx(expected)


def random_text(length: int, letters: str = "abcdefgh") -> str:
    torch.manual_seed(1)
    return "".join(letters[k] for k in torch.randint(len(letters), (length,)))


def test_a_copy_costs_eight_bits_a_byte_and_the_loss_is_per_character(read):
    corpus = read("a" * 900 + "ä" * 50 + "b" * 50)  # two bytes for ä
    found = rivals.measure(Program("copy", "", len), corpus, check=False)
    byte = 8 * math.log(2)
    assert same(found.losses(), validation=2 * byte, test=byte, held_out=1.5 * byte)


def test_the_halves_begin_where_the_split_has_its_borders(read):
    text = random_text(1_001)
    to_train_end, to_middle, whole = rivals.beginnings(read(text))
    assert (to_train_end, to_middle, whole) == (
        text[:900].encode(),
        text[:950].encode(),
        text.encode(),
    )


def test_ppmd_learns_what_it_has_read_and_no_more(read):
    news = random_text(10_000)
    unpredictable = rivals.measure(PPMD, read(news)).losses()
    for part in PARTS:
        assert 2.0 < unpredictable[part] < 2.4  # the entropy of a letter is log 8, 2.08
    repeated = rivals.measure(PPMD, read(news[:500] * 20)).losses()
    assert repeated["held_out"] < 0.1


def test_zero_bytes_expose_a_program_that_changes_with_the_size(read):
    corpus = read(random_text(10_000))

    def size(content: bytes) -> int:
        """Half a byte for each that is not zero, and larger files have a shorter header."""
        header = 500 if len(content) < 9_200 else 100
        return header + (len(content) - content.count(0)) // 2

    found = rivals.measure(Program("trap", "", size), corpus)
    half = 4 * math.log(2)
    assert found.plain["validation"] < 0  # the header, not the text
    assert not found.agree()
    assert same(found.losses(), validation=half, test=half, held_out=half)


def test_the_plain_losses_count_if_zero_bytes_change_little(read):
    corpus = read(random_text(10_000))

    def size(content: bytes) -> int:
        text = len(content) - content.count(0)
        return text + (text > 9_000 and content[0] == 0)  # one byte more

    found = rivals.measure(Program("honest", "", size), corpus)
    assert found.plain != found.padded
    assert found.agree() and found.losses() == found.plain


def test_a_program_that_needs_nothing_agrees_with_itself(read):
    found = rivals.measure(Program("nothing", "", lambda content: 0), read(random_text(1_000)))
    assert found.agree() and same(found.losses(), validation=0, test=0, held_out=0)


@pytest.mark.parametrize("length", [1_000, 1_115_394, 1_150_000, 5_000_000, 40_000_000])
def test_no_power_of_two_lies_between_the_padded_files(length):
    shortest = int(0.9 * length)
    zeros = rivals.how_many_zeros(shortest, length)
    assert zeros % 150_000 == 0 and zeros > 0
    for exponent in range(40):
        border = 2**exponent - 4_095  # from this length on, zpaq has other settings
        assert not shortest + zeros < border <= length + zeros


def test_all_programs_are_measured_and_a_missing_one_has_its_sentence(read, install_zpaq):
    corpus = read(random_text(2_000))
    programs = [*rivals.PROGRAMS, Program("copy", "twice", lambda content: 2 * len(content))]
    measured, problems = rivals.measure_all(programs, corpus)
    assert list(measured) == ["xz -9e", "PPMd order 6", "copy twice"]
    assert len(problems) == 1 and "zpaq is not installed" in problems[0]
    assert measured["copy twice"].plain["test"] == pytest.approx(16 * math.log(2))


def test_zpaq_compresses_in_a_folder_that_is_gone_afterwards(install_zpaq, tmp_path):
    install_zpaq(
        "import pathlib",
        "assert sys.argv[1:4] == ['add', 'text.zpaq', 'text'], sys.argv",
        "assert sys.argv[sys.argv.index('-method') + 1] == '5'",
        "content = pathlib.Path('text').read_bytes()",
        "pathlib.Path('text.zpaq').write_bytes(content + content)",
        f"pathlib.Path({str(tmp_path / 'where')!r}).write_text(str(pathlib.Path.cwd()))",
    )
    assert rivals.zpaq_size(5, b"Who's there?") == 24
    folder = (tmp_path / "where").read_text()
    assert folder and not (tmp_path / folder).exists()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["sys.exit(2)"], "exit status 2"),
        (["pass"], "failed"),  # no archive
        (["import time", "time.sleep(60)"], "stopped after 0.5 seconds"),
    ],
)
def test_a_zpaq_that_fails_or_hangs_says_so(install_zpaq, refuses, monkeypatch, lines, words):
    monkeypatch.setattr(rivals, "TIMEOUT", 0.5)
    install_zpaq(*lines)
    with refuses("zpaq", words):
        rivals.zpaq_size(4, b"text")


def test_a_zpaq_that_cannot_run_says_so(install_zpaq, refuses, tmp_path):
    install_zpaq()
    (tmp_path / "programs" / "zpaq").write_text("#!/no/such/interpreter\n")
    with refuses("zpaq cannot run"):
        rivals.zpaq_size(4, b"text")


def test_what_was_not_measured_is_quoted_for_this_text_alone(corpus, read):
    found = rivals.Measured("zpaq", "-m5", dict.fromkeys(PARTS, 1.0), None, seconds=3.0)
    rows = rivals.table_rows({"zpaq -m5": found}, corpus)
    by_name = {rivals.name_of(row): row for row in rows}
    assert by_name["zpaq -m5"]["source"] == "measured here" and by_name["zpaq -m5"]["test"] == 1.0
    assert by_name["zpaq -m4"]["source"] == "quoted" and by_name["zpaq -m4"]["seconds"] > 0
    assert by_name["paq8px -7L"]["validation"] is None
    assert {row["group"] for row in rows} == {"learning while reading"}
    held_out = [row["held_out"] for row in rows]
    assert held_out == sorted(held_out, reverse=True)
    another = rivals.table_rows({"zpaq -m5": found}, read("another text\n" * 100))
    assert [rivals.name_of(row) for row in another] == ["zpaq -m5"]


def test_the_padded_losses_are_in_the_table_where_they_count(read):
    plain = dict.fromkeys(PARTS, 1.0)
    padded = dict.fromkeys(PARTS, 1.3)
    found = rivals.Measured("zpaq", "-m4", plain, padded, seconds=3.0)
    [row] = rivals.table_rows({"zpaq -m4": found}, read("another text\n" * 100))
    assert [row[part] for part in PARTS] == [1.3, 1.3, 1.3]


def test_a_program_that_may_be_missing_has_figures_to_quote():
    quoted = {rivals.name_of(row) for row in rivals.quoted_rows()}
    assert {program.name for program in rivals.PROGRAMS if program.program == "zpaq"} <= quoted
