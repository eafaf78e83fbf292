"""The whole program beside the shortcut: corpus, ledger, draw and labels on the disk come to the same.

Repeats of the other studies draw and label in memory by the program's own functions. Here a few of
their samples are made once more by `make_draw`, `give_label`, `calibration_of` and `corrected_by`.
"""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from allegiance.audit import Ledger, Record, asked_for, frame, make_draw, open_draw
from allegiance.audit.calibrating import calibration_of, sample_of, scanners_of
from allegiance.audit.calibration import measures_of
from allegiance.audit.correcting import corrected_by
from allegiance.audit.correction import corrected
from allegiance.audit.groups import Sample
from allegiance.corpus import Corpus, Message, Verdict
from allegiance.corpus.making import transcript
from benchmarks.audit_studies import sittings
from benchmarks.audit_studies.worlds import LIE
from benchmarks.audit_studies.worlds import World as Audited
from benchmarks.scanners_studies.judges import DESIGNS, RANDOM, World, drawn, judges, whole

STUDY = "the whole program"


def compared(judge: str, labels: int, seed: int) -> Iterator[str]:
    """Make samples in both ways; yields where they differ."""
    with tempfile.TemporaryDirectory(prefix="allegiance-scanners-") as place:
        world, audited = _made(Path(place), judges()[judge])
        for design in DESIGNS:
            with sittings.fresh_ledger() as ledger:
                yield from _differences(world, audited, ledger, design, labels, seed)


def _made(folder: Path, world: World) -> tuple[World, Audited]:
    """Keep a judge's verdicts in a corpus; the ids of the world become those of its transcripts."""
    corpus = Corpus.open(folder / "corpus", create=True)
    made = {
        one: transcript(
            source_identity=f"lie-detector:{one}",
            source_format="jsonl",
            messages=[Message("assistant", one, author="model")],
            condition={"task": world.group[one]},
        )
        for one in world.ids
    }
    corpus.add(made.values())
    corpus.put_verdicts(
        Verdict(
            transcript_id=made[one].transcript_id,
            category="lie",
            scanner="import:judge",
            scanner_digest="1" * 64,
            value=None if said.told is None else ("yes" if said.told else "no"),
            status="ok" if said.told is not None else "invalid",
            created_at=datetime.now(UTC),
        )
        for one, said in world.said.items()
    )
    new = {one: found.transcript_id for one, found in made.items()}
    renamed = World(
        tuple(sorted(new.values())),
        {new[one]: lie for one, lie in world.truth.items()},
        {new[one]: said for one, said in world.said.items()},
        {new[one]: world.group[one] for one in world.ids},
    )
    wanted = asked_for("lie", LIE)
    return renamed, Audited(corpus, dict(renamed.truth), wanted, "ground truth", "person")


def _differences(
    world: World, audited: Audited, ledger: Ledger, design: str, labels: int, seed: int
) -> Iterator[str]:
    sizes = {name: n for name, n in _sizes(world).items() if n}
    how = {} if design == RANDOM else {
        "design": "stratified", "by": "verdict.lie", "allocation": whole(design, sizes),
    }  # fmt: skip
    made = make_draw(
        audited.corpus, ledger, "d", n=labels, seed=seed, properties=[audited.wanted], **how
    )
    sittings.one_by_one(audited, ledger, made, labels)
    record = Record.of(ledger)
    (instrument,) = scanners_of(audited.corpus, "lie")
    again = open_draw(audited.corpus, record, "d")
    sample, _ = sample_of(again, record, audited.wanted, instrument)
    short = drawn(world, design, labels, seed)
    if _told(sample) != _told(short):
        yield f"{design}: another sample"
    full = calibration_of(again, record, audited.wanted, instrument, by=())
    if full.found.measures != measures_of(short, 0.95):
        yield f"{design}: other error rates"
    (rate,) = corrected_by(frame(audited.corpus), record, audited.wanted, instrument)
    if rate.found != corrected(short, 0.95):
        yield f"{design}: another corrected rate"


def _sizes(world: World) -> dict[str, int]:
    told = [world.said[one].told for one in world.ids]
    return {"yes": told.count(True), "no": told.count(False), "(none)": told.count(None)}


def _told(sample: Sample) -> list[tuple[str, str, bool | None, bool | None]]:
    return [(j.transcript_id, j.stratum, j.hit, j.said.told) for j in sample.judged]
