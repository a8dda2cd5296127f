# SPDX-License-Identifier: MIT
"""Runs the parts of contrib/check side by side, each with a log of its own, and counts their tests.

What the parts do is none of its business: parts.py has them.
"""
import os
import re
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass, field
from typing import Any, Callable

CAPACITY = 4  # the weights of the parts that run at a time, together
SKIPPED = 75  # the exit status of a part whose server cannot be had
TIMED_OUT = 124
GRACE = 30  # seconds between the signal that asks a part to end and the one that ends it


class Failure(Exception):
    """The part fails; its log says why."""


class Unavailable(Exception):
    """The part cannot be run here, because a server cannot be had."""


class Interrupted(Exception):
    """A signal has ended the run. Nothing of it is left."""


@dataclass(frozen=True)
class Part:
    name: str
    weight: int  # two parts of weight 2 run side by side, one of weight 4 is alone
    limit: int  # seconds, after which it is ended
    command: Callable[[Any], None]  # called in a process of its own
    needs: tuple = ()  # the parts that have to pass before
    after: tuple = ()  # the parts that have to be over before, however they end
    only_all: bool = False  # left out unless everything is asked for, or this part
    packages: tuple = ()  # what it wants installed besides what all want


@dataclass
class Process:
    """A part that runs, as the leader of a process group."""

    part: Part
    pid: int
    log: Any
    deadline: float
    began: float = field(default_factory=time.monotonic)
    status: int = None
    signals: list = field(default_factory=lambda: [signal.SIGKILL, signal.SIGTERM])  # still to be sent, the last one first

    def end(self, grace):
        """Asks it to end; called again, ends it."""
        try:
            os.killpg(self.pid, self.signals.pop())
        except (ProcessLookupError, PermissionError):  # none is left, or none that is ours, such as what sudo runs
            pass
        self.deadline = time.monotonic() + grace if self.signals else float("inf")

    @property
    def is_ending(self):
        return len(self.signals) < 2

    def is_over(self):
        """Whether it has ended, and with it, where we have ended it, the whole group."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if not pid:
                return False
            self.status = os.waitstatus_to_exitcode(status)
        return not self.is_ending or not self.signals or not group_lives(self.pid)


def group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def exit_status(command, setup):
    try:
        command(setup)
    except subprocess.CalledProcessError as error:  # which has said itself what is wrong
        return error.returncode if error.returncode > 0 else 128 - error.returncode
    except Unavailable as error:
        print(error)
        return SKIPPED
    except Failure as error:
        print(error)
        return 1
    except BaseException:  # pylint: disable=broad-except
        traceback.print_exc()
        return 1
    return 0


def count_tests(log):
    """How many tests passed and failed, by the lines of cmocka and pytest in the log given."""

    def total(cmocka, pytest):
        lines = rf"^\[ +{cmocka} +\] ([0-9]+) test|^(?:.* )?([0-9]+) {pytest}.* in [0-9.]+s"
        return sum(int(one or other) for one, other in re.findall(lines, log, re.MULTILINE))

    return total("PASSED", "passed"), total("FAILED", "failed") + total("ERROR", "errors?")


def say(text):
    print(f"check: {text}", file=sys.stderr, flush=True)


class Runner:
    """One run of the parts given, in their order: each begins once what it needs is over and there is room for it."""

    def __init__(self, parts, logs, setup=None, factor=1, may_skip=True, grace=GRACE):
        self.parts = parts
        self.logs = logs  # folder
        self.setup = setup  # what the commands are called with
        self.factor = factor  # of all limits
        self.may_skip = may_skip  # whether a part whose server cannot be had is no failure
        self.grace = grace
        self.running = []
        self.outcome = {}  # of each part that is over: "passed", "failed", "skipped"
        self.passed = self.failed = self.skipped = 0  # tests

    def run(self):
        """Runs all. Raises Interrupted when a signal says so."""
        # The signals wait until they are asked for: none comes between the start of a process and its entry in the list.
        # One that is ignored, as nohup has it, stays so.
        stopping = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self.stopping = {number for number in stopping if signal.getsignal(number) != signal.SIG_IGN}
        self.mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *self.stopping})
        try:
            for part in self.parts:
                while self.running and self._has_to_wait(part):
                    self._finish_one()
                missing = self._missing_need(part)
                if missing:
                    self._leave_out(part, missing)
                else:
                    self._start(part)
            while self.running:
                self._finish_one()
        except Interrupted:
            self._end_all()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, self.mask)

    def _missing_need(self, part):
        return next((name for name in part.needs if self.outcome.get(name, "passed") != "passed"), None)

    def _has_to_wait(self, part):
        if self._missing_need(part):
            return False
        used = sum(process.part.weight for process in self.running)
        return used + part.weight > CAPACITY or any(name not in self.outcome for name in (*part.needs, *part.after))

    def _leave_out(self, part, missing):
        self.outcome[part.name] = self.outcome[missing]
        if self.outcome[missing] == "failed":
            self.failed += 1
            say(f"{part.name}: left out, because {missing} failed")
        else:
            self.skipped += 1
            say(f"{part.name}: left out, because {missing} is")

    def _start(self, part):
        say(f"{part.name} ...")
        path = self.logs / f"{part.name}.log"
        with open(path, "wb") as log:
            pid = os.fork()
            if pid == 0:
                self._become(part, log.fileno())
        try:
            os.setpgid(pid, pid)  # by whoever comes first
        except OSError:
            pass
        self.running.append(Process(part, pid, path, time.monotonic() + part.limit * self.factor))

    def _become(self, part, log):
        """The process of a part, which has a process group, a log and nothing else of ours."""
        status = 1
        try:
            os.setpgid(0, 0)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.closerange(3, 1024)
            sys.stdout = sys.stderr = open(1, "w", encoding="utf-8", buffering=1, closefd=False)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, self.mask)
            status = exit_status(part.command, self.setup)
        finally:
            sys.stdout.flush()
            os._exit(status)  # pylint: disable=protected-access

    def _await(self):
        """Waits until something may have changed; the signal that it was, or None."""
        until = min(process.deadline for process in self.running) - time.monotonic()
        if any(process.is_ending for process in self.running):
            until = min(until, 0.1)  # of the last one of a group no signal tells
        info = signal.sigtimedwait({signal.SIGCHLD, *self.stopping}, max(0, min(until, 3600)))
        for process in self.running:
            if time.monotonic() >= process.deadline:
                process.end(self.grace)
        return info and info.si_signo

    def _finish_one(self):
        while True:
            for process in self.running:
                if process.is_over():
                    self.running.remove(process)
                    self._count(process)
                    return
            if self._await() in self.stopping:
                raise Interrupted

    def _end_all(self):
        for process in self.running:
            if not process.is_ending:
                process.end(self.grace)
        while True:
            self.running = [process for process in self.running if not process.is_over()]
            if not self.running:
                return
            self._await()

    def _count(self, process):
        name = process.part.name
        status = TIMED_OUT if process.is_ending else process.status if process.status >= 0 else 128 - process.status
        seconds = int(time.monotonic() - process.began)
        log = process.log.read_text(encoding="utf-8", errors="replace")
        if status == SKIPPED and self.may_skip:
            self.outcome[name] = "skipped"
            self.skipped += 1
            say(f"{name} is left out after {seconds} s, because a server cannot be had, {process.log}:")
            show_end(log, 10)
            return
        good, bad = count_tests(log)
        # A part without such lines is one test.
        if good + bad == 0 and status == 0:
            good = 1
        if bad == 0 and status != 0:
            bad = 1
        self.passed += good
        self.failed += bad
        if bad == 0:
            self.outcome[name] = "passed"
            version = re.search(r"^with .*", log, re.MULTILINE)
            say(f"{name} passed: {good} in {seconds} s{', ' + version.group() if version else ''}")
        else:
            self.outcome[name] = "failed"
            say(f"{name} FAILED (status {status}, {bad} failed, {good} passed, {seconds} s), {process.log}:")
            show_end(log, 150)


def show_end(log, lines):
    sys.stderr.write("".join(log.splitlines(keepends=True)[-lines:]))
    sys.stderr.flush()
