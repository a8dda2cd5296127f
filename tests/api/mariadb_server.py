# SPDX-License-Identifier: MIT
"""A MariaDB of another release than the installed one, in a folder (MYREST_TEST_MYSQLD). What the tests say of types that
it does not have yet is said of texts.
"""
import re
import subprocess

import pymysql

import servers
import unpacked
from servers import identity, own

# The type, what has room for its values, and the first release that has it.
LATER = ((r"\bUUID\b(?!\()", "CHAR(36)", (10, 7)), (r"\bINET4\b(?!\()", "VARCHAR(15)", (10, 10)))


class Cursor(pymysql.cursors.Cursor):
    def execute(self, query, args=None):
        # a part of executemany() is no str
        if isinstance(query, str) and re.match(r"\s*(CREATE|ALTER)\b.*\bTABLE\b", query, re.S):
            release = self.connection.server_version.removeprefix("5.5.5-").split(".")
            for word, instead, since in LATER:
                if (int(release[0]), int(release[1])) < since:
                    query = re.sub(word, instead, query)
        return super().execute(query, args)


class Database(servers.Database):
    def make(self):
        """As mariadb-install-db does it, which needs programs of its own release that are not unpacked."""
        self.data.mkdir()
        own(self.data)
        scripts = ("_system_tables", "_performance_tables", "_system_tables_data", "fill_help_tables", "add_gis_sp_bootstrap")
        files = [next(unpacked.ROOT.glob(f"usr/share/*/*{name}.sql")) for name in scripts]
        first = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\nSET @skip_auth_anonymous=1;\n"
        made = subprocess.run(
            [*self.program(), "--no-defaults", f"--datadir={self.data}", *self.options, "--bootstrap"],
            cwd="/",
            input=first.encode() + b"".join(file.read_bytes() for file in files),
            capture_output=True,
            **identity(),
        )
        assert made.returncode == 0, (made.stdout + made.stderr).decode()

    def connect(self, schema=None, **how):
        how.setdefault("cursorclass", Cursor)
        return super().connect(schema, **how)

    def without_tls(self, lab):
        """Another one, which offers none."""
        return WithoutTls(lab)


class WithoutTls(Database):
    OPTIONS = [*Database.OPTIONS, "--skip-ssl"]
