"""Thousands of damaged files, each made from a number: no traceback, no hang, no corrupt corpus.

What breaks something is named by its number. ``ALLEGIANCE_FUZZ=1234`` tries that one alone, and
``ALLEGIANCE_FUZZ=10000-60000`` so many others.
"""

import faulthandler
import json
import os
import signal
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.corpus.mutants import Specimen, mutant
from tests.corpus.specimens import SPECIMENS, real_specimens

from allegiance.corpus import arrow, reading
from allegiance.corpus.identity import content_hash, transcript_id
from allegiance.corpus.importers import IMPORTERS
from allegiance.corpus.importing import import_paths
from allegiance.corpus.reading import Rows, Task
from allegiance.corpus.schema import Transcript
from allegiance.corpus.store import Corpus

MUTANTS = 2000
EVERY = 20
"""One of so many mutants is imported too."""

LIMIT = 60
"""Seconds for one mutant, of which a hundred are read in one."""

SENTENCE = 3000
"""Characters: what is said of a file does not hold the file."""


def seeds() -> range:
    first, _, last = os.environ.get("ALLEGIANCE_FUZZ", f"0-{MUTANTS}").partition("-")
    return range(int(first), int(last) if last else int(first) + 1)


def test_every_format_has_a_specimen_that_is_read_as_it(tmp_path, corpus):
    assert {specimen.format for specimen in SPECIMENS} == {importer.name for importer in IMPORTERS}
    for specimen in SPECIMENS:
        path = tmp_path / specimen.name
        path.write_bytes(specimen.data)
        report = import_paths(corpus, [path], specimen.asked, specimen.mapping, dry_run=True)
        assert (report.files[0].format, report.errors) == (specimen.format, []), specimen.name
        assert report.read > 0


def test_a_mutant_is_made_again_from_its_number():
    assert [mutant(seed, SPECIMENS) for seed in range(20)] == [
        mutant(seed, SPECIMENS) for seed in range(20)
    ]


def test_no_damage_to_a_file_of_any_format_is_a_traceback_or_a_corrupt_corpus(tmp_path):
    broken, chosen = read_all(SPECIMENS, tmp_path)
    assert broken == [], f"{len(broken)} mutants broke something"
    import_all(SPECIMENS, chosen, tmp_path)


@pytest.mark.shared
def test_no_damage_to_a_real_log_is_a_traceback_or_a_corrupt_corpus(shared_data, tmp_path):
    specimens = real_specimens(shared_data)
    broken, chosen = read_all(specimens, tmp_path)
    assert broken == [], f"{len(broken)} mutants broke something"
    import_all(specimens, chosen, tmp_path)


def read_all(
    specimens: Sequence[Specimen], tmp_path: Path
) -> tuple[list[str], dict[tuple[str, ...], list[Specimen]]]:
    """Read every mutant as an import does: what broke, and some of them to import, by mapping."""
    broken: list[str] = []
    chosen: dict[tuple[str, ...], list[Specimen]] = defaultdict(list)
    for seed in seeds():
        made = mutant(seed, specimens)
        path = tmp_path / made.name
        path.write_bytes(made.data)
        try:
            with limited(made.name):
                check(*read(path, made))
        except Exception as error:
            broken.append(f"{made.name}: {type(error).__name__}: {str(error)[:300]}")
        path.unlink()
        if seed % EVERY == 0 or len(seeds()) == 1:
            chosen[made.mapping].append(made)
    return broken, chosen


def import_all(
    specimens: Sequence[Specimen], chosen: dict[tuple[str, ...], list[Specimen]], tmp_path: Path
) -> None:
    """Import mutants, each kind of mapping after the other; nothing that was there is lost."""
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    for number, (mapping, mutants) in enumerate(chosen.items()):
        whole = [specimen for specimen in specimens if specimen.mapping == mapping]
        import_and_check(corpus, tmp_path / f"whole-{number}", whole, mapping)
        held = set(corpus.ids())
        # The whole files come along, so that there is a column for every rule.
        import_and_check(corpus, tmp_path / f"mutants-{number}", [*whole, *mutants], mapping)
        assert held <= set(corpus.ids())


def import_and_check(
    corpus: Corpus, folder: Path, specimens: Sequence[Specimen], mapping: Sequence[str]
) -> None:
    """Import files, twice; what the corpus then holds has the ids that it should have."""
    folder.mkdir()
    for specimen in specimens:
        (folder / specimen.name).write_bytes(specimen.data)
    with limited(f"importing {len(specimens)} mutants"):
        report = import_paths(corpus, [folder], mapping=mapping)
        again = import_paths(corpus, [folder], mapping=mapping)
    json.dumps(report.to_dict(), allow_nan=False).encode()
    for sentence in report.errors:
        assert "\n" not in sentence
        assert len(sentence) < SENTENCE
    assert (again.read, again.new) == (report.read, 0)
    reopened = Corpus.open(corpus.path)
    ids = reopened.ids()
    assert len(ids) == len(set(ids)) == report.transcripts == again.transcripts
    for batch in reopened.batches():
        for row in batch.to_pylist():
            check([arrow.transcript_of(row)], [])


@contextmanager
def limited(what: str) -> Iterator[None]:
    """Stop what hangs: by an exception in Python, and with the process where that is not heard."""

    def stop(*_):
        raise TimeoutError(f"{what} took longer than {LIMIT} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    faulthandler.dump_traceback_later(LIMIT * 2, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def read(path: Path, specimen: Specimen) -> tuple[list[Transcript], list[str]]:
    """Read a file as an import does: its transcripts, and all that is said of it."""
    transcripts: list[Transcript] = []
    said: list[str] = []
    task = Task(bytes(path), format=specimen.asked, mapping=specimen.mapping)
    for piece in reading.read(task, datetime.now(UTC)):
        if isinstance(piece, Rows):
            transcripts += [arrow.transcript_of(row) for row in piece.batch.to_pylist()]
        else:
            said = [piece.error or "", piece.recovered or "", *piece.unmapped]
            said += [text for record in piece.skipped for text in (record.where, record.reason)]
    return transcripts, said


def check(transcripts: Sequence[Transcript], said: Sequence[str]) -> None:
    for sentence in said:
        assert "please report it" not in sentence, sentence
        assert len(sentence) < SENTENCE, sentence[:2000]
        sentence.encode()
    for found in transcripts:
        assert found.content_hash == content_hash(found.messages)
        assert found.transcript_id == transcript_id(found.source_identity, found.content_hash)
        for column in (found.scores, found.metadata, found.provenance):
            assert isinstance(json.loads(column, parse_constant=refuse, parse_int=str), dict)


def refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
