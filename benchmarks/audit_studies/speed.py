"""The ledger, the certificate and the draw beside named peers in the same run: ratios, no bare times."""

import hashlib
import hmac
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from allegiance.audit import (
    ClaimSpec,
    Record,
    certified,
    make_draw,
    read_certificate,
    verify,
    write_certificate,
)
from allegiance.audit.design import keyed, order_digest
from allegiance.audit.labels import BLIND
from allegiance.audit.specs import LabelSpec
from allegiance.corpus.identity import frame_digest
from benchmarks.audit_studies.sittings import fresh_ledger, one_by_one
from benchmarks.audit_studies.worlds import World

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes
    ----------
    writers, labels, rounds
        Writers at once, labels of each in a round, and rounds.
    reads
        Labels behind the certificate.
    events
        In the ledger that is read.
    ids
        Sizes of frames that are put in order.
    repeats
        Of what is short.
    """

    writers: tuple[int, ...]
    labels: int
    rounds: int
    reads: int
    events: int
    ids: tuple[int, ...]
    repeats: int


@dataclass(frozen=True)
class Timed:
    """Ours beside a peer, in the same run.

    Attributes
    ----------
    what, peer
        What was done, and what stands beside it.
    ours, theirs
        Seconds, medians over repeats.
    """

    what: str
    peer: str
    ours: float
    theirs: float
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return self.ours / self.theirs

    def to_dict(self) -> dict[str, Any]:
        fields = asdict(self) | {"ratio": self.ratio}
        return {
            name: float(f"{value:.3g}") if isinstance(value, float) else value
            for name, value in fields.items()
        }


def measure(world: World, size: Size, progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """Run all measurements, one after the other."""
    found: list[Timed] = []
    for writers in size.writers:
        progress(f"labels by {writers} at once")
        found.append(_labels(writers, size))
    progress("a certificate")
    found += _certificate(world, size)
    progress(f"a ledger of {size.events:,} events")
    found.append(_record(size))
    for ids in size.ids:
        progress(f"the order of {ids:,} ids")
        found += _order(ids, size.repeats)
    return [one.to_dict() for one in found]


def _labels(writers: int, size: Size) -> Timed:
    with tempfile.TemporaryDirectory(prefix="allegiance-audit-") as folder:
        command = [sys.executable, "-m", "benchmarks.audit_studies.writers", folder]
        done = subprocess.run(
            [*command, str(writers), str(size.labels), str(size.rounds)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    seconds = json.loads(done.stdout)
    who = f"{writers} writer" + ("s at once" if writers > 1 else "")
    return Timed(
        f"{size.labels:,} acknowledged labels by {who}" + (", each" if writers > 1 else ""),
        "a row a commit in plain sqlite3 (WAL, full sync), no chain",
        median(seconds["ours"]), median(seconds["plain"]),
    )  # fmt: skip


def _certificate(world: World, size: Size) -> list[Timed]:
    reads, everything = size.reads, f"{len(world.truth):,}"
    labelling, certifying, verifying = [], [], []
    for seed in range(size.repeats):
        with fresh_ledger() as ledger, tempfile.TemporaryDirectory() as folder:
            draw = make_draw(
                world.corpus, ledger, "random", n=reads, seed=seed, properties=[world.wanted]
            )
            labelling.append(_seconds(lambda: one_by_one(world, ledger, draw, reads)))  # noqa: B023
            claim = ClaimSpec(kind="prevalence", wanted=world.wanted, draw="random")
            start = time.perf_counter()
            made = certified(claim, world.corpus, ledger, world.rater)
            certifying.append(time.perf_counter() - start)
            place = write_certificate(made, Path(folder) / "certificate.json")
            start = time.perf_counter()
            checked = verify(*read_certificate(place), world.corpus, ledger.id, ledger.events)
            verifying.append(time.perf_counter() - start)
            assert checked.holds, checked
    peer = f"opening and labelling these {reads}, each acknowledged"
    return [
        Timed(
            f"`certified`, {reads} read of {everything}", peer,
            median(certifying), median(labelling),
        ),
        Timed(
            "`verify` of that certificate", "`certified`", median(verifying), median(certifying)
        ),
    ]  # fmt: skip


def _record(size: Size) -> Timed:
    with fresh_ledger() as ledger:
        with ledger.writing() as page:
            for number in range(size.events):
                one = hashlib.sha256(str(number).encode()).hexdigest()
                label = LabelSpec(
                    rater="truth", category="doubts", value="no", transcript_id=one, hidden=BLIND
                )
                page.append("label", f"{one} doubts truth", label.to_dict(), "truth")
        repeats = range(min(size.repeats, 3))
        ours = [_seconds(lambda: Record.of(ledger)) for _ in repeats]
        plain = [_seconds(lambda: _read_plainly(ledger.path)) for _ in repeats]
    return Timed(
        f"`Record.of` a ledger of {size.events:,} labels",
        "its rows read by plain sqlite3, the bodies by json.loads",
        median(ours), median(plain),
    )  # fmt: skip


def _read_plainly(path: Path) -> None:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT * FROM events ORDER BY seq").fetchall()
    kept = [(*row[:5], json.loads(row[5]), *row[6:]) for row in rows]
    connection.close()
    assert kept


def _order(ids: int, repeats: int) -> list[Timed]:
    """Frame and order of made-up ids, beside the sort that the contract names and a shuffle."""
    made = sorted(hashlib.sha256(str(number).encode()).hexdigest() for number in range(ids))
    ours, contract, shuffle = [], [], []
    for seed in range(min(repeats, 3) if ids > 100_000 else repeats):
        ours.append(_seconds(lambda: _drawn(made, seed)))  # noqa: B023
        contract.append(_seconds(lambda: _by_contract(made, seed)))  # noqa: B023
        shuffle.append(_seconds(lambda: _shuffled(made, seed)))  # noqa: B023
    assert list(_drawn(made, 7)) == _by_contract(made, 7)
    what = f"frame digest and order of {ids:,} ids"
    return [
        Timed(what, "the same by sorted() and hmac", median(ours), median(contract)),
        Timed(what, "numpy's permutation, which nobody else can recompute", median(ours), median(shuffle)),
    ]  # fmt: skip


def _drawn(ids: Sequence[str], seed: int) -> tuple[str, ...]:
    frame_digest(ids)
    order = keyed(ids, str(seed))
    order_digest(order)
    return order


def _by_contract(ids: Sequence[str], seed: int) -> list[str]:
    hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()
    key = str(seed).encode()
    order = sorted(ids, key=lambda one: hmac.new(key, one.encode(), "sha256").hexdigest())
    hashlib.sha256("\n".join(order).encode()).hexdigest()
    return order


def _shuffled(ids: Sequence[str], seed: int) -> list[str]:
    return [ids[place] for place in np.random.default_rng(seed).permutation(len(ids)).tolist()]


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
