"""What ops/demo counts, and when it says that all is well: its numbers are only worth something if they can be bad."""
import importlib.util
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("demo", ROOT / "ops" / "demo.py")
demo = importlib.util.module_from_spec(spec)
spec.loader.exec_module(demo)

ONE, TWO, GONE = ("group", 1, 1), ("group", 1, 2), ("channel", 1, 1)
TRUTH = {ONE: ("a", False, 10.0), TWO: ("b", False, 11.0), GONE: ("c", True, 12.0)}
ROWS = [(ONE, ("a", False), 10.002), (TWO, ("b", False), 11.004), (GONE, ("c", True), 12.001)]


def result(rows, truth=TRUTH, gaps=0, failed=0):
    return demo.compare(truth, rows, gaps, failed)


def test_all_is_well_only_when_every_row_is_there_once():
    good = result(ROWS)
    assert demo.verdict(good) == 0
    assert (good["sent"], good["stored"], good["lost"], good["duplicated"]) == (3, 3, 0, 0)
    assert good["latency_ms"] == {"p50": 2.0, "p99": 4.0, "measured": 3}


def test_a_message_deleted_before_anybody_saw_it_needs_no_row():
    assert demo.verdict(result(ROWS[:2])) == 0


@pytest.mark.parametrize(
    "rows",
    [ROWS[1:], [(ONE, ("a before its edit", False), 10.0), *ROWS[1:]], [*ROWS[:2], (GONE, ("c", False), 12.0)], [(ONE, ("a", True), 10.0), *ROWS[1:]]],
    ids=["no row", "an edit that did not arrive", "a deletion that did not arrive", "a deletion that never was"],
)
def test_what_differs_from_the_truth_is_lost(rows):
    bad = result(rows)
    assert bad["lost"] == 1
    assert demo.verdict(bad) == 1


def test_a_row_that_stands_twice_is_told():
    bad = result([*ROWS, ROWS[0]])
    assert (bad["lost"], bad["duplicated"], demo.verdict(bad)) == (0, 1, 1)


def test_gaps_dead_letters_and_an_empty_run_are_no_success():
    assert demo.verdict(result(ROWS, gaps=1)) == 1
    assert demo.verdict(result(ROWS, failed=1)) == 1
    assert demo.verdict(result([], truth={})) == 1
