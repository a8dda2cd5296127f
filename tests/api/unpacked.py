# SPDX-License-Identifier: MIT
"""A database server that is not installed. MYREST_TEST_MYSQLD names its program, or a folder into which packages of
another release were unpacked (contrib/servers); MYREST_TEST_POSTGRESQL names such a folder. The programs run with the
libraries of their own release."""
import os
import sys
from pathlib import Path


def _mysqld():
    place = os.environ.get("MYREST_TEST_MYSQLD")
    if not place:
        return None
    named = [Path(place)] if os.path.isfile(place) else [Path(place, "usr/sbin", name) for name in ("mariadbd", "mysqld")]
    found = [path for path in named if path.is_file()]
    assert found, f"MYREST_TEST_MYSQLD: there is no server at {' or '.join(map(str, named))}"
    return found[0].resolve()  # MariaDB has a link `mysqld`


MYSQLD = _mysqld()
ROOT = Path(os.environ["MYREST_TEST_MYSQLD"]).resolve() if MYSQLD and os.path.isdir(os.environ["MYREST_TEST_MYSQLD"]) else None


def postgresql_programs():
    """The folder with the programs of the newest PostgreSQL that is there."""
    root = Path(os.environ.get("MYREST_TEST_POSTGRESQL") or "/")
    found = sorted(root.glob("usr/lib/postgresql/*/bin"), key=lambda path: int(path.parent.name))
    assert found, f"{root}: no PostgreSQL"
    return found[-1].resolve()


def postgresql_release():
    return int(postgresql_programs().parent.name)


def command(program, root):
    """The command that runs a program of the root; one that is installed (root None) is its own."""
    if root is None:
        return [str(program)]
    libraries = [path for base in ("lib", "usr/lib") for path in (root / base).glob("*-linux-gnu*")]
    loaders = [path for folder in libraries for path in folder.glob("ld-linux*.so.*")]
    assert loaders, f"{root}: no ld.so"
    return [str(loaders[0]), "--library-path", ":".join(map(str, libraries)), str(program)]


if __name__ == "__main__":  # runs the server with the arguments given, such as --version
    postgresql = os.environ.get("MYREST_TEST_DATABASE") == "postgresql"
    server = [str(postgresql_programs() / "postgres")] if postgresql else command(MYSQLD, ROOT)
    os.execv((line := [*server, *sys.argv[1:]])[0], line)
