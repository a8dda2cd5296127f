# SPDX-License-Identifier: MIT
"""What answers may say, given what was written and acknowledged. Knows no server and no clock.

Everything is a Key: a row, or rows that are written together, all or nothing. It has one writer, whose writes are its
versions: 1, 2, 3 ... (0: it is not there yet). A writer says begin() before it sends, and end() when it was told; a reader
takes floors() before it sends, and says saw() for what it was answered. Then an answer is

  stale       it shows an older version than one that was acknowledged before the read was sent
  wrong       a version that was never sent, a text that is not the version's, or what was not asked for
  refused     a version whose write was refused (4xx, 503: README says that these are not made)
  torn        some of the rows of one write and not the others
  duplicated  more rows than one write made
  lost        as stale, but in the end, when nothing changes any more

A write that was not answered (or 502, 504: README, 'may have been made or not') may be seen, also later. Since nobody
knows how late it may still be made, its key gets no other write, unless the form of the write itself forbids that it is
made over newer ones (end(late=True): PATCH with a filter on the version).
"""
import threading
import zlib
from dataclasses import dataclass, field

ACKNOWLEDGED, REFUSED, UNKNOWN, PENDING = "acknowledged", "refused", "unknown", "pending"
STALE, WRONG, KEPT, TORN, DUPLICATED, LOST = "stale", "wrong", "refused", "torn", "duplicated", "lost"
MOST_FAULTS = 1000


def text_of(name, version, width=0):
    """The text that belongs to a version of a key; nothing else has it."""
    text = f"{name}/{version}/"
    return f"{text}{zlib.crc32(text.encode()):08x}".ljust(width, "x")


@dataclass
class Key:
    name: str
    rows: int = 1                 # as many are written together
    width: int = 0                # of its text
    newest: int = 0
    floor: int = 0                # newest version that is acknowledged
    absent: bool = True           # what the writer knows of the row
    abandoned: bool = False       # nobody knows what it is: no more writes
    late: bool = False            # an older write may still come, and will change nothing that is newer
    shown: int = 0                # newest version that a read has shown, in this life of the database
    epoch: int = 0
    states: dict = field(default_factory=lambda: {0: ACKNOWLEDGED})
    absents: set = field(default_factory=lambda: {0})  # the versions in which the row is not there
    seen: set = field(default_factory=set)             # versions that were seen before their write was answered

    def text(self, version):
        return text_of(self.name, version, self.width)


@dataclass(frozen=True)
class Floors:
    """What every read must show at least that is sent from now on."""

    epoch: int
    of: dict  # name -> (acknowledged, shown)


class Oracle:
    def __init__(self):
        self.keys, self.faults, self.counts, self.epoch = {}, [], {}, 0
        self.kinds = {}  # first letter of names -> these names, in the order in which they were made
        self.made = {}   # the same -> keys that some read has to show, or has shown
        self.lock = threading.Lock()

    # writers

    def key(self, name, rows=1, width=0):
        with self.lock:
            assert name not in self.keys, name
            self.keys[name] = Key(name, rows, width)
            self.kinds.setdefault(name[0], []).append(name)
            return self.keys[name]

    def begin(self, key, absent=False):
        """A write will be sent; its version. absent: it removes the rows."""
        with self.lock:
            assert not key.abandoned and key.states[key.newest] != PENDING, key
            key.newest += 1
            key.states[key.newest] = PENDING
            if absent:
                key.absents.add(key.newest)
            return key.newest

    def end(self, key, version, outcome, late=False):
        """What the writer was told of it. late: a write of this form changes nothing that is newer."""
        with self.lock:
            key.states[version] = outcome
            if outcome == ACKNOWLEDGED:
                key.floor, key.absent = version, version in key.absents
                self._made(key)
            elif outcome == UNKNOWN:
                key.late = key.late or late
                key.abandoned = not late
            elif outcome == REFUSED and version in key.seen:
                self.fault(KEPT, f"{key.name}: version {version} was refused, and has been seen")

    # readers

    def pick(self, dice, first, count, recent, there):
        """So many names of keys that begin with this letter, or none where there are less; the most recent ones, or of all;
        there: as far as their rows are there, as their writers know."""
        with self.lock:
            names = self.kinds.get(first, [])
            names = names[-recent:] if recent else dice.sample(names, min(len(names), 10 * count + 10))
            if there:
                names = [name for name in names if not self.keys[name].absent]
            return dice.sample(names, count) if len(names) >= count else []

    def floors(self, names=None, first=None):
        """Of these names, or of all that begin with a letter; whose name is not in it need not be shown."""
        with self.lock:
            wanted = self.made.get(first, {}).values() if names is None else (self.keys[name] for name in names)
            return Floors(self.epoch, {key.name: (key.floor, key.shown if key.epoch == self.epoch else 0) for key in wanted})

    def saw(self, floors, name, rows, where, lost=False):
        """What a read has shown of a key: the (version, text) of each of its rows. Only of a key that it would have shown."""
        with self.lock:
            key = self.keys.get(name)
            if key is None:
                self.fault(WRONG, f"{where}: {name} was never written")
                return
            # What was seen and not acknowledged may be lost with the server.
            acknowledged, shown = floors.of.get(name, (0, 0))
            floor = max(acknowledged, shown) if floors.epoch == self.epoch else acknowledged
            old = LOST if lost else STALE
            if not rows:
                self._not_there(key, floor, where, old)
                return
            versions = {version for version, _ in rows}
            for version, text in rows:
                if text is not None and text != key.text(version):
                    self.fault(WRONG, f"{where}: {name} has {text[:60]!r} as version {version}")
                    return
            if len(versions) > 1:
                self.fault(TORN, f"{where}: {name} has versions {sorted(versions)}")
                return
            if len(rows) != key.rows:
                self.fault(TORN if len(rows) < key.rows else DUPLICATED, f"{where}: {name} has {len(rows)} rows of {key.rows}")
                return
            self._there(key, versions.pop(), floor, where, old)

    def _not_there(self, key, floor, where, old):
        if not any(version >= floor and key.states[version] != REFUSED for version in key.absents):
            self.fault(old, f"{where}: {key.name} is not there, version {floor} was acknowledged")

    def _there(self, key, version, floor, where, old):
        state = key.states.get(version)
        if state is None or version in key.absents:
            self.fault(WRONG, f"{where}: {key.name} has version {version}, which was never written")
        elif version < floor:
            self.fault(old, f"{where}: {key.name} has version {version}, {floor} was acknowledged")
        elif state == REFUSED:
            self.fault(KEPT, f"{where}: {key.name} has version {version}, which was refused")
        else:
            if state == PENDING:
                key.seen.add(version)
            if key.epoch != self.epoch:
                key.epoch, key.shown = self.epoch, 0
            key.shown = max(key.shown, version)
            self._made(key)

    def _made(self, key):
        self.made.setdefault(key.name[0], {})[key.name] = key

    def surely_there(self, floors, name):
        """Whether every read that was sent after these floors must show rows of the key: no version without them may be."""
        with self.lock:
            key = self.keys[name]
            floor = floors.of.get(name, (0, 0))[0]
            return floor not in key.absents and not any(version > floor for version in key.absents)

    # both

    def crashed(self):
        """The database is killed: what it has shown and not acknowledged may be gone."""
        with self.lock:
            self.epoch += 1

    def fault(self, kind, text):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append((kind, text))
