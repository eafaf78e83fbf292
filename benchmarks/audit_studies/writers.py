"""Writers of labels, forked at once; run as a program, so that start-up is paid once.

    python -m benchmarks.audit_studies.writers FOLDER WRITERS LABELS ROUNDS

Each writer gives so many labels a round, each acknowledged before the next: through `give_label`, and
then as one row a commit of a plain sqlite3 table (WAL, synchronous=FULL) without a chain. Prints the
seconds that each round took, ours and the plain table's.
"""

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

from allegiance.audit import Ledger, asked_for, give_label
from allegiance.audit.labels import BLIND
from allegiance.audit.specs import LabelSpec
from allegiance.corpus import Message
from allegiance.corpus.making import transcript

_WANTED = asked_for("doubts")
_TABLE = """CREATE TABLE labels (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL,
subject TEXT NOT NULL, actor TEXT NOT NULL, body TEXT NOT NULL)"""


def ours(folder: Path, writer: int, ids: list[int]) -> None:
    """Give labels through the ledger."""
    ledger = Ledger.open(folder / "ledger.db")
    for number in ids:
        give_label(ledger, _transcript(number), _WANTED, "no", f"rater {writer}")


def plain(folder: Path, writer: int, ids: list[int]) -> None:
    """Write the same fields as rows, each its own commit."""
    connection = sqlite3.connect(folder / "plain.db", timeout=60, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    insert = "INSERT INTO labels (at, kind, subject, actor, body) VALUES (?, ?, ?, ?, ?)"
    for number in ids:
        one, rater = _transcript(number).transcript_id, f"rater {writer}"
        label = LabelSpec(
            rater=rater, category=_WANTED.category, value="no", transcript_id=one,
            definition=_WANTED.digest, hidden=BLIND,
        )  # fmt: skip
        subject, body = f"{one} {label.category} {rater}", json.dumps(label.to_dict())
        connection.execute(insert, (f"{time.time()}", "label", subject, rater, body))
    connection.close()


def timed(
    give: Callable[[Path, int, list[int]], None],
    folder: Path,
    writers: int,
    labels: int,
    start: int,
) -> float:
    """Fork writers, let them begin together, and say how long it took the last one."""
    begin = time.monotonic() + 0.1
    children = []
    for writer in range(writers):
        child = os.fork()
        if not child:
            status = 1
            try:
                time.sleep(max(0.0, begin - time.monotonic()))
                first = start + writer * labels
                give(folder, writer, [*range(first, first + labels)])
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    failed = [child for child in children if os.waitpid(child, 0)[1]]
    if failed:
        raise RuntimeError(f"{len(failed)} of {writers} writers failed")
    return time.monotonic() - begin


def main(place: str, writers: str, labels: str, rounds: str) -> dict[str, list[float]]:
    """Take turns, so that whatever else the machine does meets both."""
    folder = Path(place)
    Ledger.open(folder / "ledger.db").close()
    with sqlite3.connect(folder / "plain.db") as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(_TABLE)
    connection.close()
    found: dict[str, list[float]] = {"ours": [], "plain": []}
    for turn in range(int(rounds)):
        start = turn * int(writers) * int(labels)
        for name, give in (("ours", ours), ("plain", plain)):
            found[name].append(timed(give, folder, int(writers), int(labels), start))
    kept = Ledger.open(folder / "ledger.db")
    assert kept.head().seq == int(writers) * int(labels) * int(rounds), "labels are missing"
    assert kept.verify().whole
    return found


def _transcript(number: int):
    messages = [Message("assistant", f"answer {number}", author="model")]
    return transcript(source_identity=f"{number}", source_format="made", messages=messages)


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
