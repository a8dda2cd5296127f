# SPDX-License-Identifier: MIT
"""The runner of contrib/check, with parts of a moment."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner import Failure, Part, Runner, Unavailable, count_tests

HERE = Path(__file__).resolve().parent


def passes(_):
    pass


def fails(_):
    raise Failure("there is something wrong")


def is_unavailable(_):
    raise Unavailable("no such server")


def shell(line):
    return lambda _: subprocess.run(["sh", "-c", line], check=True)


def part(name, command=passes, weight=2, limit=20, **more):
    return Part(name, weight, limit, command, **more)


@pytest.fixture
def run(tmp_path):
    """Runs the parts; the runner afterwards."""

    def command(*parts, **how):
        runner = Runner(parts, tmp_path, grace=1, **how)
        runner.run()
        return runner

    return command


def counts(runner):
    return runner.passed, runner.failed, runner.skipped


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_gone(pid):
    """Within the moment that the kernel needs."""
    for _ in range(40):
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_a_part_that_passes_is_one_test(run, tmp_path, capfd):
    runner = run(part("a", shell("echo said; echo wrong >&2")))
    assert counts(runner) == (1, 0, 0) and runner.outcome == {"a": "passed"}
    assert (tmp_path / "a.log").read_text() == "said\nwrong\n"
    assert capfd.readouterr().err == "check: a ...\ncheck: a passed: 1 in 0 s\n"


def test_a_part_that_fails_shows_its_log_and_the_others_go_on(run, capfd):
    runner = run(part("a", fails), part("b", shell("echo this is why; exit 3")), part("c", shell("kill -KILL $$")), part("d"))
    assert counts(runner) == (1, 3, 0)
    said = capfd.readouterr().err
    assert "check: a FAILED (status 1, 1 failed, 0 passed, " in said and "\nthere is something wrong\n" in said
    assert "check: b FAILED (status 3, " in said and "\nthis is why\n" in said
    assert "check: c FAILED (status 137, " in said
    assert "check: d passed: 1 in " in said


def test_an_error_of_the_part_itself_is_a_failure(run, tmp_path):
    assert counts(run(part("a", lambda _: 1 / 0))) == (0, 1, 0)
    assert "ZeroDivisionError" in (tmp_path / "a.log").read_text()


def test_what_a_part_is_called_with(run):
    def is_seven(setup):
        assert setup == 7

    assert counts(run(part("a", is_seven), setup=7)) == (1, 0, 0)


def test_a_part_reads_nothing_and_holds_no_file_of_ours(run, tmp_path):
    with open(tmp_path / "ours", "w", encoding="utf-8"):
        runner = run(part("a", shell(f"cat; ls -l /proc/$PPID/fd | grep {tmp_path}/ours && exit 1; exit 0")))
    assert counts(runner) == (1, 0, 0)


@pytest.mark.parametrize("first, expected", [(fails, (1, 2, 0)), (is_unavailable, (1, 0, 2))])
def test_what_needs_a_part_that_did_not_pass_is_left_out(run, capfd, first, expected):
    runner = run(part("first", first), part("then", needs=("first",)), part("other"), part("last", needs=("then",)))
    passed, failed, skipped = expected
    assert counts(runner) == (passed, failed + (failed > 0), skipped + (skipped > 0))
    assert runner.outcome["then"] == runner.outcome["last"] == runner.outcome["first"] != "passed"
    said = capfd.readouterr().err
    assert f"check: then: left out, because first {'failed' if failed else 'is'}\n" in said
    assert "check: then ..." not in said


def test_a_server_that_cannot_be_had_is_a_failure_where_nothing_may_be_left_out(run, capfd):
    assert counts(run(part("a", is_unavailable))) == (0, 0, 1)
    assert "a is left out after 0 s, because a server cannot be had, " in capfd.readouterr().err
    assert counts(run(part("a", is_unavailable), may_skip=False)) == (0, 1, 0)


def test_what_comes_after_a_part_does_not_mind_how_it_ends(run, tmp_path):
    first = part("first", shell(f"sleep 0.3; touch {tmp_path}/over; exit 1"))
    runner = run(first, part("then", shell(f"test -e {tmp_path}/over"), after=("first",)))
    assert runner.outcome == {"first": "failed", "then": "passed"}


def test_weights_never_go_over_four_and_the_order_is_kept(run, tmp_path):
    weights = [2, 1, 1, 2, 4, 1, 2, 2, 4, 4, 1]
    times = "date +%s.%N >>" + str(tmp_path)
    runner = run(*(part(f"p{i}", shell(f"{times}/{i}; sleep 0.1; {times}/{i}"), weight) for i, weight in enumerate(weights)))
    assert counts(runner) == (len(weights), 0, 0)
    spans = [tuple(map(float, (tmp_path / str(i)).read_text().split())) for i in range(len(weights))]
    for begin, _ in spans:
        assert sum(weight for weight, span in zip(weights, spans) if span[0] <= begin <= span[1]) <= 4
    alone = spans[4]
    assert all(end <= alone[0] for _, end in spans[:4]) and all(begin >= alone[1] for begin, _ in spans[5:])


def test_what_there_is_room_for_runs_side_by_side(run, tmp_path):
    def meets(mine, others):
        waits = " && ".join(f"test -e {other}" for other in others)
        return shell(f"cd {tmp_path}; touch {mine}; until {waits}; do sleep 0.05; done")

    assert counts(run(part("a", meets("a", "b")), part("b", meets("b", "a")))) == (2, 0, 0)
    assert counts(run(part("c", meets("c", "de")), part("d", meets("d", "ce"), 1), part("e", meets("e", "cd"), 1))) == (3, 0, 0)


@pytest.mark.parametrize("line", ["sleep 60 & echo $! >>{0}; sleep 60 & echo $! >>{0}; wait", "trap '' TERM; echo $$ >>{0}; sleep 60; sleep 60"])
def test_a_part_that_is_out_of_time_is_ended_with_its_whole_group(run, tmp_path, capfd, line):
    runner = run(part("a", shell(line.format(tmp_path / "pids")), limit=1), part("b", needs=("a",)), part("c"))
    assert runner.outcome == {"a": "failed", "b": "failed", "c": "passed"}
    assert "check: a FAILED (status 124, 1 failed, 0 passed, " in capfd.readouterr().err
    pids = (tmp_path / "pids").read_text().split()
    assert pids and all(map(is_gone, pids))


def test_all_limits_are_longer_by_the_factor(run):
    assert counts(run(part("a", shell("sleep 0.3"), limit=0.1), factor=20)) == (1, 0, 0)


INTERRUPTED = """
import signal, subprocess, sys
from pathlib import Path
from runner import Interrupted, Part, Runner
for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP: # nohup and a shell's background leave them ignored
    signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
line = f"echo $$ >>{sys.argv[1]}/pids; sleep 60 & echo $! >>{sys.argv[1]}/pids; trap 'exit 0' TERM; wait; sleep 60"
def sleeps(_):
    subprocess.run(["sh", "-c", line], check=True)
try:
    Runner([Part(name, 1, 60, sleeps) for name in "abcdef"], Path(sys.argv[1])).run()
except Interrupted:
    sys.exit(9)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_ends_all_that_it_started_and_begins_nothing(tmp_path, number):
    def pids():
        return (tmp_path / "pids").read_text().split() if (tmp_path / "pids").exists() else []

    how = {"cwd": HERE, "stderr": subprocess.PIPE, "text": True, "env": {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}}
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED, tmp_path], **how) as process:
        while len(pids()) < 8:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        process.send_signal(number)
        assert process.wait(20) == 9
        assert process.stderr.read().split() == "check: a ... check: b ... check: c ... check: d ...".split()
    assert len(pids()) == 8 and all(map(is_gone, pids()))


def test_a_signal_that_is_ignored_from_the_beginning_ends_nothing(run):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert counts(run(part("a", shell(f"kill -HUP {os.getpid()}; sleep 0.2")))) == (1, 0, 0)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    "log, expected",
    [
        ("", (0, 0)),
        ("[==========] Running 3 test(s).\n[  PASSED  ] 3 test(s).\n[  PASSED  ] 12 test(s).\n", (15, 0)),
        ("[  PASSED  ] 2 test(s).\n[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] test_it\n", (2, 1)),
        ("[  ERROR   ] 2 test(s)\n", (0, 2)),
        ("7 passed in 1.20s\n", (7, 0)),
        ("1 failed, 41 passed, 2 skipped, 3 deselected in 131.20s (0:02:11)\n", (41, 1)),
        ("=== 41 passed, 2 warnings, 3 errors in 0.50s ===\n", (41, 3)),
        ("1 error in 0.1s\n", (0, 1)),
        ("7 passed in 1.20s\nand then\n2 failed in 1s\n", (7, 2)),
        ("7 passed\nit said that 3 passed\n", (0, 0)),
    ],
)
def test_the_numbers_of_cmocka_and_pytest_count(log, expected):
    assert count_tests(log) == expected


def test_a_part_with_numbers_counts_by_them(run, capfd):
    runner = run(
        part("a", shell("echo with a server 1.2; echo '[  PASSED  ] 3 test(s).'; echo '4 passed in 1.0s'")),
        part("b", shell("echo '2 failed, 5 passed in 1.0s'; exit 1")),
        part("c", shell("echo '9 passed in 1.0s'; exit 1")),
        part("d", shell("echo '1 failed, 1 passed in 1.0s'")),
    )
    assert counts(runner) == (7 + 5 + 9 + 1, 2 + 1 + 1, 0)
    assert runner.outcome == {"a": "passed", "b": "failed", "c": "failed", "d": "failed"}
    said = capfd.readouterr().err
    assert "check: a passed: 7 in 0 s, with a server 1.2\n" in said
    assert "check: b FAILED (status 1, 2 failed, 5 passed, " in said
