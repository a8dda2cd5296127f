# SPDX-License-Identifier: MIT
"""Database servers that offer TLS, with certificates made for the moment."""
import contextlib
import os
import signal
import subprocess
import time

import mysql
import postgresql
import servers
from servers import until


def openssl(*arguments):
    made = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr


class Authority:
    """A certificate authority in a folder."""

    KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.certificate, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        openssl("req", "-x509", *self.KEY, "-keyout", self.key, "-out", self.certificate, "-days", 30,
                "-subj", f"/CN={name}")

    def issue(self, name, names, days=10):
        """A certificate for these names, and its key, readable by the servers. days < 0: it has expired."""
        base = self.folder / name
        openssl("req", *self.KEY, "-keyout", f"{base}.key", "-out", f"{base}.csr", "-subj", f"/CN={name}")
        (self.folder / "ext").write_text(f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", f"{base}.csr", "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                "-days", days, "-extfile", self.folder / "ext", "-out", f"{base}.pem")
        # the servers' and the program's own, and nobody else's: PostgreSQL asks for it
        os.chmod(servers.own(f"{base}.key"), 0o600)
        return f"{base}.pem", f"{base}.key"


def authority_and_pair(lab):
    """What Protected takes: a new authority, and a certificate of it for the servers of this machine, with its key."""
    folder = lab.folder("tls")
    folder.chmod(0o755)
    authority = Authority(folder, "authority")
    return authority, *authority.issue("server", "DNS:localhost,IP:127.0.0.1")


# The option of DATABASE_URL, and its words for a connection that must not be, and must be, one of TLS.
OPTION, WITHOUT, WITH = ("sslmode", "disable", "require") if postgresql.HERE else ("ssl-mode", "disabled", "required")


class Protected(servers.Database):
    """A server with a certificate, which can be changed while it runs."""

    def __init__(self, lab, authority, certificate, key):
        self.places = certificate, key
        if postgresql.HERE:
            ca = authority.certificate
            super().__init__(lab, ssl="on", ssl_ca_file=ca, ssl_cert_file=certificate, ssl_key_file=key)
            return
        self.OPTIONS = [
            *servers.Database.OPTIONS,
            f"--ssl-ca={authority.certificate}",
            f"--ssl-cert={certificate}",
            f"--ssl-key={key}",
        ]
        super().__init__(lab)

    def present(self, pair):
        for path, place in zip(pair, self.places):
            with open(place, "wb") as file, open(path, "rb") as source:
                file.write(source.read())
        if postgresql.HERE:
            self.read_again()
        elif mysql.HERE:  # it starts with one that has expired, but does not change to it
            self.stop()
            self.start()
        else:
            self.sql("FLUSH SSL")

    def read_again(self):
        """The configuration, and with it the certificate."""
        before = self.log.stat().st_size
        os.kill(self.process.pid, signal.SIGHUP)
        until(lambda: b"reloading configuration files" in self.log.read_bytes()[before:], 5)
        time.sleep(0.2)  # it has only begun to

    @contextlib.contextmanager
    def demanding(self, what):
        """What the server wants of the account for a while: TLS, or a certificate ("X509")."""
        if not postgresql.HERE:
            self.sql(f"ALTER USER rest@'%' REQUIRE {what}")
            yield
            self.sql("ALTER USER rest@'%' REQUIRE NONE")
            return
        rules = self.data / "pg_hba.conf"
        before = rules.read_text()
        rules.write_text(before.replace("host all all", "hostssl all all").replace(
            "127.0.0.1/32 scram-sha-256", "127.0.0.1/32 scram-sha-256" + " clientcert=verify-ca" * (what == "X509")))
        self.read_again()
        yield
        rules.write_text(before)
        self.read_again()
