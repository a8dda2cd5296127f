# SPDX-License-Identifier: MIT
"""Whether a statement is one that the service makes: the oracle of the tests of injection, over the server's general log."""
import re
from pathlib import Path

from differences import here

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / here("injection.golden", "read.txt")


def session_check():
    """The statement that asks a server whether its session is still as it was set up: a text that never changes."""
    header = (Path(__file__).resolve().parents[2] / "app" / "mysql" / "mysql_server.h").read_text("utf-8")
    literals = re.search(r"#define MYSQL_SERVER_SESSION_CHECK((?:.*\\\n)+.*)", header)[1]
    return "".join(re.findall(r'"(.*)"', literals))


SESSION_CHECK = session_check()


# --- the oracle

QUOTE = here("injection.quote", "`")
TOKEN = re.compile(
    r"(?P<space>\s+)"
    rf"|(?P<comment>--|{here('injection.comment', '#')}|/\*)"
    r"|(?P<string>[xX]?'(?:[^']|'')*')"
    rf"|(?P<name>{QUOTE}(?:[^{QUOTE}]|{QUOTE}{QUOTE})*{QUOTE})"
    rf"|(?P<number>(?:(?<={here('injection.before_minus', '[=<>(,]')})-)?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.]))"
    r"|(?P<word>[A-Za-z_]\w*)"
    rf"|(?P<sign>{here('injection.signs', '<=>')}|<>|<=|>=|[=<>+(),*.]|-(?={QUOTE}))",
    re.S,
)


class Flaw(AssertionError):
    pass


def tokens(statement):
    """(kind, text) of every token; where NO_BACKSLASH_ESCAPES is in force, a backslash in a literal is one."""
    at, found = 0, []
    while at < len(statement):
        match = TOKEN.match(statement, at)
        if not match:
            raise Flaw(f"{statement[at : at + 30]!r} is no token of the dialect in {statement!r}")
        if match.lastgroup == "comment":
            raise Flaw(f"a comment in {statement!r}")
        if match.lastgroup != "space":
            found.append((match.lastgroup, match.group()))
        at = match.end()
    return found


def kind(token):
    """What a token is for its neighbours."""
    group, text = token
    return {"string": "S", "number": "N", "name": "`"}.get(group) or text.upper()


def collapse(text):
    """A list of any length is one shape: x,x,x and x OR x OR x are x."""
    while True:
        shorter = re.sub(r"(?<=[( ])(\S(?:.{0,600}?\S)??) (?:,|OR|AND) \1(?= [,)OA])", r"\1", text)
        if shorter == text:
            return text
        text = shorter


class Oracle:
    def __init__(self, names):
        self.names = names
        self.words, self.pairs, self.whole = set(), set(), set()
        for line in GOLDEN.read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                self.learn(line.partition(" => ")[2])
        assert len(self.pairs) > 100

    def learn(self, statement):
        found = tokens(statement)
        kinds = ["<", *map(kind, found), ">"]
        self.pairs.update(zip(kinds, kinds[1:]))
        self.words.update(text.upper() for group, text in found if group == "word")
        if kinds[1] not in ("SELECT", "EXPLAIN"):
            self.whole.add(statement)

    def check(self, statement):
        """Raises Flaw when the statement is none that the dialect can make; gives its shape."""
        found = tokens(statement)
        for group, text in found:
            if group == "name" and text not in self.names:
                raise Flaw(f"the name {text} in {statement!r}")
            if group == "word" and text.upper() not in self.words:
                raise Flaw(f"the word {text!r} in {statement!r}")
        kinds = ["<", *map(kind, found), ">"]
        if kinds[1] not in ("SELECT", "EXPLAIN") and statement not in self.whole:
            raise Flaw(f"no read: {statement!r}")
        for pair in zip(kinds, kinds[1:]):
            if pair not in self.pairs:
                raise Flaw(f"{' '.join(pair)!r} in {statement!r}")
        depth = 0
        for each in kinds:
            depth += (each == "(") - (each == ")")
            if depth < 0:
                break
        if depth != 0:
            raise Flaw(f"parentheses in {statement!r}")
        if kinds.count("SELECT") > 1 or kinds.count("LIMIT") > 1 or kinds.count("FROM") > 1 + kinds.count("TRAILING") + kinds.count("DISTINCT"):
            raise Flaw(f"two statements in {statement!r}")
        return collapse(" ".join(text if group == "name" else kind((group, text)) for group, text in found))


class Log:
    """mysql.general_log: the statements of the account rest, of every connection, in their order."""

    def __init__(self, database):
        self.connection, self.taken = database.connect(), 0

    def begin(self):
        for statement in ("SET GLOBAL general_log = 0", "SET GLOBAL log_output = 'TABLE'",
                          "TRUNCATE mysql.general_log", "SET GLOBAL general_log = 1"):  # fmt: skip
            self.run(statement)

    def run(self, statement):
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def take(self):
        """What was logged since the last time, but for the question about the session."""
        rows = self.run(
            "SELECT command_type, argument FROM mysql.general_log WHERE user_host LIKE '%[rest]%'"
            " AND command_type NOT IN ('Connect', 'Quit', 'Ping', 'Reset connection', 'Init DB')"
        )
        self.run("TRUNCATE mysql.general_log")
        taken = [row[1].decode("utf-8", "replace") if isinstance(row[1], bytes) else row[1] for row in rows]
        taken = [statement for statement in taken if statement != SESSION_CHECK]
        self.taken += len(taken)
        return taken
