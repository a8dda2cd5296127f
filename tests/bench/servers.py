# SPDX-License-Identifier: MIT
"""The private servers of one benchmark run: started in one temporary folder, stopped by pid, whatever happens; and what
else the scripts of the benchmark share."""

import json
import os
import pathlib
import platform
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SHIPPED = HERE.parent.parent / "nginx"
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PACKAGES = ["wrk", "mariadb-server-core", "mariadb-client-core", "nginx"]
ROWS = {"users": 2, "users100": 100, "users1000": 1000, "users10k": 10000}
SHORT_PATH = 60  # a unix socket's path has 107 bytes, and names are added to the folder's


class Fault(Exception):
    """A sentence for the one who runs the benchmark."""


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def need_packages(more=()):
    """What a run needs and the machine has not is installed, as the other scripts of the project do it."""
    common = HERE.parent.parent / "contrib" / "common.sh"
    script = '. "$1"; shift; need_packages "$@"'
    done = subprocess.run(["bash", "-c", script, "run", common, *PACKAGES, *more])
    if done.returncode != 0:
        raise Fault("packages are missing")


def need_postgresql():
    common = HERE.parent.parent / "contrib" / "common.sh"
    if subprocess.run(["bash", "-c", '. "$1"; need_postgresql', "run", common]).returncode != 0:
        raise Fault("packages are missing")


def look_around():
    """The load of the machine before the run."""
    busy = os.getloadavg()[0]
    if busy > 0.5:
        say(f"note: load average {busy:.1f}: something else runs, the figures will be low")
    return busy


def rows_of(table):
    """What the table holds: the original's two rows, or as many like them as the table's name says."""
    if table == "users":
        return [
            {"id": 1, "username": "admin", "email": "admin@example.com"},
            {"id": 2, "username": "guest", "email": "guest@example.com"},
        ]
    return [row_of(key) for key in range(1, ROWS[table] + 1)]


def row_of(key):
    return {"id": key, "username": f"user{key:05}", "email": f"user{key:05}@example.com"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find_program(*names):
    for name in names:
        path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if path:
            return path
    raise Fault(f"'{names[0]}' is not installed")


def run_wrk(arguments, url, seconds, keys, seed=0, method="GET"):
    """One load; load.lua says what `keys` are."""
    command = [
        find_program("wrk"),
        *arguments,
        f"--duration={seconds}s",
        "--timeout=10s",
        f"--script={HERE}/load.lua",
        url,
        "--",
        str(keys),
        str(seed),
        method,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise Fault(f"wrk failed on {url}: {done.stdout[-500:]}{done.stderr[-500:]}") from None


def everyone_may_enter(folder):
    return all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.parents])


class Folder:
    """Everything the run writes. When root runs it, an unprivileged user owns it and runs the servers."""

    def __init__(self, keep=False):
        self.keep = keep
        self.user = None
        base = pathlib.Path(tempfile.gettempdir()).resolve()
        if len(str(base)) > SHORT_PATH or not everyone_may_enter(base):
            base = pathlib.Path("/tmp")
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="myrest-bench-", dir=base))
        if os.geteuid() == 0:
            self.user = pwd.getpwnam("nobody")
        for name in ("log", "bodies"):
            (self.path / name).mkdir()
        self.give("", "log", "bodies")

    def give(self, *names):
        if self.user:
            for name in names:
                os.chown(self.path / name, self.user.pw_uid, self.user.pw_gid)

    def write(self, name, text):
        (self.path / name).write_text(text)
        (self.path / name).chmod(0o644)
        return self.path / name

    def fill(self, template, name, values):
        """Writes HERE/template as FOLDER/name, every @NAME@ replaced."""
        values = {"FOLDER": self.path, **values}
        text = (HERE / template).read_text()
        return self.write(name, re.sub(r"@([A-Z_]+)@", lambda found: str(values[found[1]]), text))

    def copy(self, source, name=None):
        """A copy that the unprivileged user can read, and that no compiler replaces during the run."""
        target = self.path / (name or pathlib.Path(source).name)
        shutil.copyfile(source, target)
        target.chmod(0o755)
        return target

    def remove(self):
        if not self.keep:
            shutil.rmtree(self.path, ignore_errors=True)


class Server:
    """One process and its children."""

    running = []

    def __init__(self, folder, name, arguments, environment=None, how=signal.SIGTERM):
        """how: the signal that ends it."""
        self.name = name
        self.how = how
        self.log = folder.path / "log" / f"{name}.txt"
        unprivileged = {}
        if folder.user:
            unprivileged = {"user": folder.user.pw_uid, "group": folder.user.pw_gid, "extra_groups": []}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(argument) for argument in arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder.path,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder.path), **(environment or {})},
                start_new_session=True,  # Ctrl-C is for ./run, which then stops the servers in order
                **unprivileged,
            )
        Server.running.append(self)

    def wait_until(self, ready, seconds=30):
        end = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                raise Fault(f"{self.name} ended with {self.process.returncode}:\n{self.last_words()}")
            if time.monotonic() > end:
                raise Fault(f"{self.name} is not ready after {seconds} s:\n{self.last_words()}")
            time.sleep(0.02)

    def last_words(self):
        return self.log.read_text(errors="replace")[-2000:]

    def pids(self):
        """The process and all below it."""
        parents = {}
        for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # gone meanwhile
        found = [self.process.pid]
        for pid in found:
            found.extend(child for child, parent in parents.items() if parent == pid)
        return found

    def pss_kib(self):
        """Proportional set size of the process and all below it."""
        total = 0
        for pid in self.pids():
            try:
                text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
        return total

    def stop(self, seconds=10):
        """Its signal and a wait; what is left of its session then is killed, and that is a fault."""
        if self not in Server.running:
            return
        family = self.pids()
        self.process.send_signal(self.how)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        left = [pid for pid in family if self.is_ours(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        Server.running.remove(self)
        if left:
            raise Fault(f"{self.name} left {len(left)} processes behind, {seconds} s after it was told to end, or at its end")

    def is_ours(self, pid):
        """Alive, and in the session that this server began: a pid may have another owner by now."""
        try:
            return os.getsid(pid) == self.process.pid
        except ProcessLookupError:
            return False

    @classmethod
    def stop_all(cls):
        for server in reversed(list(cls.running)):
            try:
                server.stop()
            except Fault as fault:
                print(f"run: {fault}")


def ship(folder, name, contender):
    """A file of nginx/ as it is shipped, but with the contender's socket and name."""
    text = (SHIPPED / name).read_text()
    text = text.replace("unix:/run/myrest/myrest.sock", f"unix:{folder.path}/{contender}.sock")
    for word in ("myrest_pool", "myrest_read", "myrest_write"):
        text = text.replace(word, word.replace("myrest", contender))
    folder.write(name.replace("myrest", contender, 1), text)


def start_nginx(folder, ports, php_keepalive=0, php_script="users.php"):
    folder.copy(SHIPPED / "myrest_params")
    for contender in ("myrest", "limit"):
        ship(folder, "myrest-upstream.conf", contender)
        ship(folder, "myrest-location.conf", contender)
    values = {
        **ports,
        "PHP_SCRIPT": php_script,
        "PHP_KEEPALIVE": f"keepalive {php_keepalive};" if php_keepalive else "",
        "PHP_KEEP_CONN": "on" if php_keepalive else "off",
    }
    configuration = folder.fill("nginx.conf.in", "nginx.conf", values)
    nginx = Server(folder, "nginx", [find_program("nginx"), "-c", configuration])
    nginx.wait_until((folder.path / "nginx.pid").exists)
    return nginx


def values_of(table):
    return ",".join(f"({row['id']},'{row['username']}','{row['email']}')" for row in rows_of(table))


class Database:
    """A MariaDB of its own, reached through its unix socket only, with the tables of the benchmark."""

    name = "mariadb"
    title = "MariaDB"
    DATA = "data"
    SOCKET = "db.sock"

    def __init__(self, folder):
        self.folder = folder
        self.socket = folder.path / self.SOCKET
        data = folder.path / self.DATA
        data.mkdir()
        folder.give(self.DATA)
        self.install(data)
        self.server = Server(
            folder,
            self.name,
            [
                *self.program(),
                f"--datadir={data}",
                f"--socket={self.socket}",
                f"--pid-file={folder.path}/{self.name}.pid",
                f"--tmpdir={folder.path}",
                "--skip-networking",
                "--character-set-server=utf8mb4",
                "--innodb-buffer-pool-size=256M",
                "--innodb-flush-log-at-trx-commit=2",
                "--max-connections=500",
            ],
        )
        self.server.wait_until(self.socket.exists)
        self.load()
        self.asking = self.calibrate()

    def program(self):
        return [find_program("mariadbd"), "--no-defaults"]

    def install(self, data):
        command = [
            find_program("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]
        if self.folder.user:
            command.append(f"--user={self.folder.user.pw_name}")
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder.path)
        if done.returncode != 0:
            raise Fault(f"mariadb-install-db failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")

    def load(self):
        statements = [
            "CREATE DATABASE bench CHARACTER SET utf8mb4; USE bench;",
            "CREATE USER bench@localhost IDENTIFIED BY 'bench'; GRANT ALL ON bench.* TO bench@localhost;",
        ]
        for table in ROWS:
            statements.append(
                f"CREATE TABLE {table} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, "
                "username VARCHAR(80) NOT NULL UNIQUE, email VARCHAR(120) NOT NULL UNIQUE);"
                f"INSERT INTO {table} (id, username, email) VALUES {values_of(table)}; ANALYZE TABLE {table};"
            )
        self.ask("\n".join(statements))

    def ask(self, sql):
        done = subprocess.run(
            [find_program("mariadb"), "--no-defaults", f"--socket={self.socket}", "--user=root", "-N", "-B"],
            input=sql,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise Fault(f"the private {self.title} refused: {done.stderr.strip()}")
        return done.stdout

    def questions(self):
        return int(self.ask("SHOW GLOBAL STATUS LIKE 'Questions'").split()[1])

    def calibrate(self):
        """What one look at the counter adds to it."""
        first = self.questions()
        return self.questions() - first

    def version(self):
        return self.ask("SELECT VERSION()").strip()

    def url(self):
        return f"mysql://bench:bench@localhost/bench?socket={self.socket}"


class MySQL(Database):
    """A MySQL of its own, as the MariaDB is. Debian 12 has none: MYREST_TEST_MYSQLD names its mysqld, or the folder into
    which contrib/servers has unpacked one, with the loader of its own release."""

    name = "mysql"
    title = "MySQL"
    DATA = "data-mysql"
    SOCKET = "mysql.sock"

    def program(self):
        place = os.environ.get("MYREST_TEST_MYSQLD")
        if not place:
            raise Fault("no MySQL: 'contrib/servers mysql FOLDER' unpacks one, MYREST_TEST_MYSQLD=FOLDER/mysql names it")
        root = pathlib.Path(place).resolve()
        command = [root, "--no-defaults"]
        if root.is_dir():
            usr = root / "usr"
            command = [
                usr / "lib64/ld-linux-x86-64.so.2", "--library-path", usr / "lib/x86_64-linux-gnu", usr / "sbin/mysqld",
                "--no-defaults", f"--basedir={usr}", f"--lc-messages-dir={usr}/share/mysql",
                f"--plugin-dir={usr}/lib/mysql/plugin",
            ]  # fmt: skip
        # Without a binary log, as the MariaDB.
        return [*map(str, command), "--skip-log-bin", "--mysqlx=OFF", "--secure-file-priv=NULL"]

    def install(self, data):
        who = {"user": self.folder.user.pw_uid, "group": self.folder.user.pw_gid, "extra_groups": []} if self.folder.user else {}
        command = [*self.program(), f"--datadir={data}", f"--tmpdir={self.folder.path}", "--initialize-insecure"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder.path, **who)
        if done.returncode != 0:
            raise Fault(f"mysqld --initialize-insecure failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")


class PostgreSQL:
    """A PostgreSQL of its own, reached as the MariaDB is, with the same tables and as durable: a commit is not waited for."""

    name = "postgresql"
    title = "PostgreSQL"
    OPTIONS = {
        "listen_addresses": "",
        "shared_buffers": "256MB",
        "synchronous_commit": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
    }

    def __init__(self, folder, **settings):
        self.folder = folder
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.programs = f"{found[-1]}/" if found else ""
        data = folder.path / "data-postgresql"
        data.mkdir(mode=0o700)
        folder.give(data.name)
        who = {"user": folder.user.pw_uid, "group": folder.user.pw_gid, "extra_groups": []} if folder.user else {}
        done = subprocess.run(
            [find_program(self.programs + "initdb"), f"--pgdata={data}", "--username=postgres", "--encoding=UTF8",
             "--locale=C.UTF-8", "--auth=trust", "--no-sync"],
            capture_output=True, text=True, cwd=folder.path, **who,
        )  # fmt: skip
        if done.returncode != 0:
            raise Fault(f"initdb failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
        folder.write(f"{data.name}/pg_hba.conf", "local all postgres trust\nlocal all all scram-sha-256\n")
        settings = {**self.OPTIONS, "unix_socket_directories": folder.path, **settings}
        self.server = Server(
            folder,
            "postgresql",
            [find_program(self.programs + "postgres"), "-D", data, *(f"--{name}={value}" for name, value in settings.items())],
            how=signal.SIGINT,
        )
        self.server.wait_until(self.is_ready)
        self.load()

    def is_ready(self):
        done = subprocess.run([find_program(self.programs + "pg_isready"), "-q", "-h", self.folder.path])
        return done.returncode == 0

    def load(self):
        self.ask("CREATE ROLE bench LOGIN PASSWORD 'bench'")
        self.ask("CREATE DATABASE bench OWNER bench")
        self.ask("\n".join(
            f"CREATE TABLE {table} (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
            "username varchar(80) NOT NULL UNIQUE, email varchar(120) NOT NULL UNIQUE);"
            f"INSERT INTO {table} (id, username, email) VALUES {values_of(table)}; ANALYZE {table}; "
            f"ALTER TABLE {table} OWNER TO bench;" for table in ROWS
        ), "bench")  # fmt: skip

    def ask(self, sql, database="postgres"):
        done = subprocess.run(
            [find_program(self.programs + "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
             "-h", self.folder.path, "-U", "postgres", database],
            input=sql, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            raise Fault(f"the private PostgreSQL refused: {done.stderr.strip()}")
        return done.stdout

    def version(self):
        return self.ask("SHOW server_version").strip()

    def url(self):
        return f"postgresql://bench:bench@/bench?host={self.folder.path}"


def machine(databases, busy, options):
    """What the figures depend on."""

    def first_line(*command):
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout or done.stderr).splitlines()[0]

    return {
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "kernel": platform.release(),
        "cores": os.cpu_count(),
        **{database.name: database.version() for database in databases},
        "nginx": first_line(find_program("nginx"), "-v"),
        "load_before": busy,
        "options": {key: str(value) for key, value in vars(options).items()},
    }


def clean_up(folder):
    """Everything that was started is stopped, and the folder goes unless it is to be kept."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)  # the stopping itself is not stopped
    Server.stop_all()
    folder.remove()
    if folder.keep:
        say(f"kept: {folder.path}")


def run_script(run):
    """The exit status of `run`, or of the fault or the signal that ended it."""
    for number in STOPS:
        signal.signal(number, signal.default_int_handler)
    name = pathlib.Path(sys.argv[0]).name
    try:
        return run()
    except Fault as fault:
        say(f"{name}: {fault}")
        return 2
    except KeyboardInterrupt:
        say(f"{name}: stopped")
        return 130
