"""`allegiance scan --scanner import`: what an outside instrument said, under its own name."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from allegiance.cli.app import console, note, print_json, printable
from allegiance.cli.codebook import book_of
from allegiance.cli.progress import shown_progress
from allegiance.cli.record import on_record
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from allegiance.corpus import Corpus
    from allegiance.scanners.outside import Imported, Source

FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="WHAT",
        help="import: score:NAME[.KEY], scout:FOLDER of a scan, column:NAME, metadata:a.b, or a table: "
        "FILE.csv, .jsonl, .parquet.",
    ),
]
InstrumentOption = Annotated[
    str | None,
    typer.Option("--instrument", metavar="NAME", help="import: who said so, such as gpt-5-judge."),
]
KeyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="FIELD=COLUMN",
        help="import of a table: the field of transcripts and the column that name the same; may be repeated.",
    ),
]
ValueOption = Annotated[
    str, typer.Option("--value", metavar="COLUMN", help="import of a table: what was said.")
]
ScoreOption = Annotated[
    str, typer.Option("--score", metavar="COLUMN", help="import of a table: the score beside it.")
]
StatusOption = Annotated[
    str,
    typer.Option(
        "--status",
        metavar="COLUMN",
        help="import of a table: ok, refused, ..., or 0 for unreadable.",
    ),
]
SelectOption = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="COLUMN=VALUE",
        help="import: the rows that count, such as judge=gpt-5 or scanner=NAME; may be repeated.",
    ),
]
ValuesOption = Annotated[
    str,
    typer.Option(
        "--values",
        metavar="SAID=VALUE,...",
        help="import: what was said and what it means: 1=yes,0=no. '*' is all else.",
    ),
]


@dataclass(frozen=True)
class Asked:
    """What was asked for on the command line."""

    what: str | None
    instrument: str | None
    keys: Sequence[str]
    value: str
    score: str
    status: str
    select: Sequence[str]
    values: str
    cut: float | None

    @property
    def given(self) -> bool:
        """Whether anything was."""
        return any((self.what, self.instrument, self.keys, self.value, self.score)) or any(
            (self.status, self.select, self.values)
        )


def scan_by_import(workspace: str, categories: Sequence[str], asked: Asked, as_json: bool) -> None:
    """Import what an outside instrument said in one category."""
    from allegiance.corpus import Workspace
    from allegiance.scanners.outside import checked_instrument, import_verdicts
    from allegiance.scanners.outside_values import value_rule

    if len(categories) != 1:
        raise UsageError("--scanner import fills one category: name it with --category.")
    if not asked.what:
        raise UsageError(
            "--scanner import: say with --from where the verdicts are: score:NAME, scout:FOLDER, "
            "column:NAME, metadata:a.b, or a table."
        )
    place = Workspace(workspace)
    category = categories[0]
    name = checked_instrument(asked.instrument)
    rule = value_rule(category, asked.values, asked.cut, book_of(place))
    corpus = place.corpus(create=False)
    total = corpus.count()
    with shown_progress("importing", quiet=as_json) as tell:
        source = _source(asked, lambda looked_at: tell(looked_at, total))
        done = import_verdicts(corpus, name, category, source, rule)
    if done.scanned.verdicts:
        body = {
            "scanner": done.outside.scanner,
            "digest": done.outside.digest,
            "transcripts": done.scanned.transcripts,
            "version": corpus.version,
            "source": dict(done.outside.source),
            "values": dict(rule.pairs) if rule.cut is None else f"{rule.cut:g} and more: yes",
            "rows": done.rows,
            "unmatched": done.unmatched,
            "without": done.without,
        }
        on_record(place, "scan", category, body)
    _tell(corpus, done, as_json)


def _source(asked: Asked, progress: "Callable[[int], None]") -> "Source":
    """Find where the verdicts are; what belongs to another kind of source is refused."""
    from allegiance.scanners.outside_fields import Held, Score
    from allegiance.scanners.outside_scout import scout_scan
    from allegiance.scanners.outside_tables import Columns, Table, read_pairs

    assert asked.what is not None
    kind, colon, name = asked.what.partition(":")
    if colon and kind in ("score", "column", "metadata", "scout") and not name:
        raise UsageError(f"--from {asked.what}: name the {kind} after the colon.")
    chosen = read_pairs("--select", asked.select)
    of_table = bool(asked.keys or asked.value or asked.score or asked.status)
    if kind in ("score", "column", "metadata") and colon:
        if of_table or chosen:
            raise UsageError("--key, --value, --score, --status and --select are of tables.")
        if kind == "score":
            return Score(name, progress)
        return Held(name if kind == "column" else f"metadata.{name}", progress)
    if kind == "scout" and colon:
        if of_table:
            raise UsageError(
                "--key, --value, --score and --status are of tables, and not of scans."
            )
        return scout_scan(Path(name), chosen)
    path = Path(asked.what)
    if not path.is_file():
        raise UsageError(
            f"--from {asked.what}: there is no such file; it may also be score:NAME, scout:FOLDER, "
            "column:NAME or metadata:a.b."
        )
    if not asked.value:
        raise UsageError(f"--from {asked.what}: say with --value COLUMN what was said.")
    keys = read_pairs("--key", asked.keys) or (("transcript_id", "transcript_id"),)
    return Table(path, Columns(asked.value, asked.score, asked.status, keys=keys, chosen=chosen))


def _tell(corpus: "Corpus", done: "Imported", as_json: bool) -> None:
    from allegiance.scanners import counts_of

    outside = done.outside
    values = counts_of(corpus, outside.category, outside.digest)
    values.pop(cast(Any, None), None)
    if as_json:
        print_json(
            {
                "n_transcripts": done.scanned.transcripts,
                "new_verdicts": done.scanned.verdicts,
                "rows": done.rows,
                "unmatched": done.unmatched,
                "unreadable": done.unreadable,
                "repeated": done.repeated,
                "without": done.without,
                "statuses": dict(done.statuses),
                "categories": {
                    outside.category: {
                        "scanner": outside.scanner,
                        "scanner_digest": outside.digest,
                        "values": values,
                    }
                },
            }
        )
        return
    missing = {status: n for status, n in done.statuses.items() if status != "ok"}
    shown = ", ".join(f"{name} {count:,}" for name, count in {**values, **missing}.items())
    console().print(f"{printable(outside.category)}: {printable(shown)}", markup=False)
    console().print(
        f"{done.scanned.verdicts:,} new verdicts of {outside.name} on {done.scanned.transcripts:,} "
        f"transcripts, from {done.rows:,} rows. These are counts of what it said, and no rate.",
        markup=False,
        soft_wrap=True,
    )
    for number, what in (
        (done.unmatched, "rows belong to no transcript of this corpus"),
        (done.unreadable, "rows can't be read"),
        (done.repeated, "rows say again what another row says"),
        (done.without, "transcripts have no verdict of it"),
    ):
        if number:
            note(f"{number:,} {what}")
