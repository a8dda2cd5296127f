# SPDX-License-Identifier: MIT
"""A Galera cluster of real MariaDB servers, whose nodes can be lost in several ways, and come back."""
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import pymysql

import certificates
import network
import servers
from servers import SECRET, until

PROVIDER = "/usr/lib/galera/libgalera_smm.so"

# How soon the survivors go on without a node. doc/cluster.md says what each of them means, and has the same figures.
TIMES = {
    "evs.keepalive_period": "PT0.2S",
    "evs.join_retrans_period": "PT0.2S",
    "evs.inactive_check_period": "PT0.1S",
    "evs.suspect_timeout": "PT1S",
    "evs.inactive_timeout": "PT1.5S",
    "evs.install_timeout": "PT1.5S",
    "gmcast.peer_timeout": "PT1S",
}
EVICTION = 1.5  # seconds that the cluster itself may take to do so: evs.inactive_timeout

SETTINGS = {
    "bind-address": "{address}",
    "port": "3306",
    "skip-name-resolve": "",
    "character-set-server": "utf8mb4",
    "max-connections": "60",
    "performance-schema": "OFF",
    "innodb-buffer-pool-size": "16M",
    "innodb-log-file-size": "8M",
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-doublewrite": "0",
    "innodb-flush-method": "nosync",
    "innodb-autoinc-lock-mode": "2",
    "binlog-format": "ROW",
    "wsrep-on": "ON",
    "wsrep-provider": PROVIDER,
    "wsrep-cluster-name": "myrest",
    "wsrep-node-address": "{address}",
    "wsrep-slave-threads": "2",
    "wsrep-sst-method": "rsync",
    "wsrep-sst-receive-address": "{address}:4444",
    # A node that sends its data to another one holds all statements back meanwhile: it shall say so.
    "wsrep-sst-donor-rejects-queries": "ON",
    # For clients alone; between the nodes all is as it comes, for which [sst] has to say so.
    "ssl-ca": "{authority}",
    "ssl-cert": "{certificate}",
    "ssl-key": "{key}",
}


class Node:
    def __init__(self, cluster, number):
        self.cluster, self.number = cluster, number
        self.address = cluster.network.addresses[number]
        self.home = cluster.lab.folder("node")
        for name in ("data", "tmp"):
            (self.home / name).mkdir()
            servers.own(self.home / name)
        self.socket, self.log = self.home / "sock", self.home / "log"
        self.process = None
        self.lost = None  # how, as long as it is

    def configure(self):
        provider = {
            "base_host": self.address,
            "gmcast.listen_addr": f"tcp://{self.address}:4567",
            "ist.recv_addr": f"{self.address}:4568",
            "gcache.size": "32M",
            **TIMES,
        }
        settings = {
            **{name: value.format(address=self.address, **self.cluster.pair) for name, value in SETTINGS.items()},
            "datadir": self.home / "data",
            "tmpdir": self.home / "tmp",
            "socket": self.socket,
            "pid-file": self.home / "pid",
            "wsrep-node-name": f"node{self.number + 1}",
            "wsrep-cluster-address": "gcomm://" + ",".join(self.cluster.network.addresses),
            "wsrep-provider-options": '"' + ";".join(f"{name}={value}" for name, value in provider.items()) + '"',
        }
        lines = [f"{name}={value}" if value != "" else name for name, value in settings.items()]
        (self.home / "conf").write_text("\n".join(["[mysqld]", *lines, "[sst]", "ssl-mode=DISABLED", ""]))

    def install(self):
        """What a new cluster begins with; whoever joins gets it from the others."""
        made = subprocess.run(
            [
                "mariadb-install-db", f"--defaults-file={self.home}/conf", "--skip-test-db", "--wsrep-on=OFF",
                "--auth-root-authentication-method=normal",
            ],
            cwd="/", capture_output=True, text=True, **servers.identity(),
        )  # fmt: skip
        assert made.returncode == 0, made.stdout + made.stderr

    def start(self, *arguments):
        server = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
        command = [*self.cluster.network.inside(self.number), server, f"--defaults-file={self.home}/conf", *arguments]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")

    def connect(self, **how):
        """As root, by the socket in the file system: the node answers there even when its network is gone."""
        return pymysql.connect(unix_socket=str(self.socket), user="root", autocommit=True, charset="utf8mb4", **how)

    def sql(self, *statements, **how):
        with self.connect(**how) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()

    def status(self):
        """Its wsrep_ variables; nothing when it does not answer."""
        try:
            return dict(self.sql("SHOW GLOBAL STATUS LIKE 'wsrep\\_%'"))
        except pymysql.Error:
            return {}

    def synced(self, size=None):
        """Whether it takes part, in a cluster of so many nodes."""
        assert self.process.poll() is None, f"node {self.number + 1} ended:\n{self.words()}"
        status = self.status()
        return (
            status.get("wsrep_ready") == "ON"
            and status.get("wsrep_local_state_comment") == "Synced"
            and status.get("wsrep_cluster_status") == "Primary"
            and size in (None, int(status["wsrep_cluster_size"]))
        )

    def words(self):
        return self.log.read_text("utf-8", "replace")[-4000:]

    # How a node is lost, by the words of the report, and how it comes back.

    def lose(self, how):
        assert self.lost is None
        {
            "stopped": self.process.terminate,
            "killed": self.process.kill,
            "paused": lambda: os.kill(self.process.pid, signal.SIGSTOP),
            "cut off": lambda: self.cluster.network.cut(self.number),
            "unplugged": lambda: self.cluster.network.unplug(self.number),
            "isolated": lambda: self.cluster.network.isolate(self.number),
            "divided": self.cluster.network.divide,
        }[how]()
        self.lost = how

    def come_back(self):
        how, self.lost = self.lost, None
        if how in ("stopped", "killed"):
            self.process.wait(30 * servers.FACTOR)
            self.start()
        elif how == "paused":
            os.kill(self.process.pid, signal.SIGCONT)
        elif how == "isolated":
            self.cluster.network.join(self.number)
        elif how == "divided":
            self.cluster.network.unite()
        elif how:
            self.cluster.network.plug(self.number)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Cluster:
    """Nodes that agree. Its schema is app, which rest may read and write."""

    def __init__(self, lab, nodes=3):
        assert Path(PROVIDER).is_file(), f"no {PROVIDER}: the package galera-4 is missing"
        self.lab = lab
        self.network = network.make(nodes)
        authority, certificate, key = certificates.authority_and_pair(lab)
        self.pair = {"authority": authority.certificate, "certificate": certificate, "key": key}
        self.nodes = [Node(self, number) for number in range(nodes)]
        try:
            self._start()
        except BaseException:
            self.remove()
            raise

    def _start(self):
        for node in self.nodes:
            node.configure()
        first = self.nodes[0]
        first.install()
        first.start("--wsrep-new-cluster")
        until(first.synced, 30, step=0.1, why=first.words)
        first.sql(
            "CREATE DATABASE app CHARACTER SET utf8mb4",
            f"CREATE USER rest@'%' IDENTIFIED BY {pymysql.converters.escape_string(SECRET)!r}",
            "GRANT SELECT, INSERT, UPDATE, DELETE, SHOW VIEW, EXECUTE ON app.* TO rest@'%'",
        )
        for size, node in enumerate(self.nodes[1:], 2):
            node.start()
            until(lambda: node.synced(size), 60, step=0.1, why=node.words)
        self.whole()

    def whole(self, seconds=60):
        """Waits until all nodes take part."""
        for node in self.nodes:
            until(lambda: node.synced(len(self.nodes)), seconds, step=0.1, why=node.words)

    def url(self, *nodes, options="target=any", tls=False):
        """DATABASE_URL of these nodes, or of all."""
        hosts = ",".join(f"{node.address}:3306" for node in nodes or self.nodes)
        protection = f"{certificates.OPTION}={certificates.WITH if tls else certificates.WITHOUT}"
        return f"mysql://rest:{quote(SECRET, safe='')}@{hosts}/app?{protection}" + (f"&{options}" if options else "")

    def connections(self):
        """How many of rest's connections each node has."""
        count = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'rest'"
        return [node.sql(count)[0][0] for node in self.nodes]

    def agree(self, seconds=10):
        """Waits until every node that is there has applied what each of the others has; those nodes."""
        there = [node for node in self.nodes if node.lost is None]

        def positions():
            return {node.status().get("wsrep_last_committed") for node in there}

        until(lambda: len(positions()) == 1, seconds, step=0.1, why=positions)
        return there

    def remove(self):
        for node in self.nodes:
            node.end()
        self.network.remove()


