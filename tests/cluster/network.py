# SPDX-License-Identifier: MIT
"""Where the nodes of a cluster live: each in a network namespace of its own, behind a switch that can lose one of them.

Needs root. Anybody else's nodes live on loopback addresses, where none can be cut off.
"""
import itertools
import os
import random
import re
import subprocess
from pathlib import Path

import servers

MARK = "myrest"  # what the names of our namespaces begin with; the pid of who made them comes next


def _run(*command):
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, f"{' '.join(command)}: {ran.stderr.strip()}"
    return ran.stdout


def make(nodes):
    return Namespaces(nodes) if os.geteuid() == 0 else Loopback(nodes)


class Loopback:
    def __init__(self, nodes):
        net = f"127.{random.SystemRandom().randint(1, 250)}.{random.SystemRandom().randint(1, 250)}"
        self.addresses = [f"{net}.{number + 1}" for number in range(nodes)]

    def inside(self, number):
        """What comes before the command line of a program that runs in a node."""
        return ["setpriv", "--pdeathsig", "KILL"]

    def cut(self, number):
        raise AssertionError("only root can cut a node off: its network needs a namespace")

    unplug = plug = isolate = join = divide = unite = cut

    def remove(self):
        pass


class Namespaces:
    """A bridge in a namespace, where no packet filter of the machine is in the way, with a cable to each node and to us."""

    def __init__(self, nodes):
        self._remove_abandoned()
        self.mark = f"{MARK}{os.getpid()}"
        self.switch, self.port = f"{self.mark}s", f"mr{os.getpid()}"
        self.names = [f"{self.mark}n{number}" for number in range(nodes)]
        net = self._unused_net()
        self.addresses = [f"{net}.{number + 1}" for number in range(nodes)]
        try:
            self._make(net)
        except AssertionError:
            self.remove()
            raise

    def _make(self, net):
        _run("ip", "netns", "add", self.switch)
        self._in_switch("add", "bridge", "type", "bridge")
        self._in_switch("set", "bridge", "up")
        _run("ip", "link", "add", self.port, "type", "veth", "peer", "name", "us", "netns", self.switch)
        _run("ip", "addr", "add", f"{net}.254/24", "dev", self.port)
        _run("ip", "link", "set", self.port, "up")
        self._in_switch("set", "us", "up", "master", "bridge")
        for number, name in enumerate(self.names):
            _run("ip", "netns", "add", name)
            self._in_switch("add", f"node{number}", "type", "veth", "peer", "name", "net", "netns", name)
            _run("ip", "-n", name, "addr", "add", f"{self.addresses[number]}/24", "dev", "net")
            _run("ip", "-n", name, "link", "set", "net", "up")
            _run("ip", "-n", name, "link", "set", "lo", "up")
            self._in_switch("set", f"node{number}", "up", "master", "bridge")

    def _in_switch(self, *arguments):
        _run("ip", "-n", self.switch, "link", *arguments)

    def inside(self, number):
        """What comes before the command line of a program that runs in a node, as the user of the tests."""
        who = servers.identity()
        return [
            "nsenter", f"--net=/run/netns/{self.names[number]}",
            "setpriv", f"--reuid={who['user']}", f"--regid={who['group']}", "--clear-groups", "--pdeathsig", "KILL",
        ]  # fmt: skip

    def cut(self, number):
        """The switch forwards nothing of the node any more: packets are lost in silence, and nobody is told."""
        self._in_switch("set", f"node{number}", "nomaster")

    def unplug(self, number):
        """The node's own interface goes down: it is told, the others are not."""
        _run("ip", "-n", self.names[number], "link", "set", "net", "down")

    def isolate(self, number):
        """The node and the others do not reach each other any more; we reach them all."""
        self._routes("add", self._pairs(number))

    def join(self, number):
        self._routes("del", self._pairs(number))

    def divide(self):
        """No node reaches another one; we reach them all."""
        self._routes("add", itertools.permutations(range(len(self.names)), 2))

    def unite(self):
        self._routes("del", itertools.permutations(range(len(self.names)), 2))

    def _pairs(self, number):
        return [pair for pair in itertools.permutations(range(len(self.names)), 2) if number in pair]

    def _routes(self, what, pairs):
        for node, other in pairs:
            _run("ip", "-n", self.names[node], "route", what, "blackhole", self.addresses[other])

    def plug(self, number):
        self._in_switch("set", f"node{number}", "master", "bridge")
        _run("ip", "-n", self.names[number], "link", "set", "net", "up")

    def remove(self):
        for name in [*self.names, self.switch]:
            if Path(f"/run/netns/{name}").exists():
                _run("ip", "netns", "del", name)

    @staticmethod
    def _unused_net():
        """A /24 of those that are set aside for benchmarks (RFC 2544)."""
        used = _run("ip", "-4", "addr")
        for _ in range(1000):
            net = f"198.18.{random.SystemRandom().randint(0, 255)}"
            if f" {net}." not in used:
                return net
        raise AssertionError("no unused network")

    @staticmethod
    def _remove_abandoned():
        """Those whose maker was killed; their servers have died with it."""
        for path in Path("/run/netns").glob(f"{MARK}*"):
            pid = re.match(rf"{MARK}(\d+)[sn]", path.name)
            if pid and not Path(f"/proc/{pid.group(1)}").exists():
                _run("ip", "netns", "del", path.name)
