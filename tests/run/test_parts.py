# SPDX-License-Identifier: MIT
"""The table of the parts of contrib/check, and that of the test files that it takes."""
import parts
import runner
from files import FILES

PART = {part.name: part for part in parts.PARTS}
TESTS = parts.SOURCE / "tests/api"


def test_every_part_has_a_name_of_its_own_and_a_weight_that_fits():
    assert len(PART) == len(parts.PARTS)
    assert all(0 < part.weight <= runner.CAPACITY and part.limit > 0 for part in parts.PARTS)


def test_what_a_part_waits_for_begins_before_it_and_waits_for_nothing():
    for place, part in enumerate(parts.PARTS):
        before = {other.name: other for other in parts.PARTS[:place]}
        for name in (*part.needs, *part.after):
            assert name in before, part.name
            assert not before[name].needs and not before[name].after and not before[name].only_all


def names(chosen):
    return [part.name for part in chosen]


def test_the_short_run_leaves_out_what_only_the_long_one_has():
    assert names(parts.choose([], True)) == list(PART)
    assert names(parts.choose([], False)) == [name for name, part in PART.items() if not part.only_all]


def test_a_part_that_is_named_runs_with_what_it_needs_and_nothing_else():
    assert names(parts.choose(["nginx"], False)) == ["nginx"]
    assert names(parts.choose(["shell", "unit"], False)) == ["build", "unit", "shell"]
    assert names(parts.choose(["up"], False)) == ["servers", "build", "up"]
    assert names(parts.choose(["chaos_mysql"], False)) == ["servers", "build_asan", "chaos_mysql"]


def test_every_test_file_is_in_the_table_and_every_mark_is_explained():
    assert {path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")} == set(FILES)
    explained = (TESTS / "files.py").read_text().partition('"""\n\n')[0]
    for mark in {mark for marks in FILES.values() for mark in marks.split()}:
        assert f"\n    {mark} " in explained, mark


def test_every_test_file_is_in_some_part_over_mariadb():
    """By the names that the commands of the parts have in the short run."""
    select = parts.select
    apart = "timed patient safety"
    plain = set(select("plain measured", but=apart)) | set(select("timed")) | set(select("patient")) | set(select("safety"))
    assert plain | set(select(but="compares_times plain")) == set(FILES)
