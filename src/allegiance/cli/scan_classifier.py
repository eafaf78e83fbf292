"""`allegiance scan --scanner classifier`: scores learned from the labels on the ledger."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from allegiance.cli.app import console, note, print_json
from allegiance.cli.codebook import book_of
from allegiance.cli.progress import shown_progress
from allegiance.cli.record import ledger_of, on_record
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.audit import Record, Taught
    from allegiance.corpus import Corpus, Workspace
    from allegiance.scanners import Classified
    from allegiance.scanners.codebook import Unit

LearnFromOption = Annotated[
    str | None,
    typer.Option(
        "--draw", help="classifier: learn from the labels of this draw alone; all by default."
    ),
]
CutOption = Annotated[
    float | None,
    typer.Option(
        "--cut",
        help="classifier, import: from this score on it is a yes; 0.5 for a classifier.",
        show_default=False,
    ),
]


def scan_by_classifier(
    workspace: str, categories: Sequence[str], draw: str | None, cut: float | None, as_json: bool
) -> None:
    """Learn a classifier of one category from labels, and score every transcript by it."""
    from allegiance.audit import Record, known_property, taught_by
    from allegiance.corpus import Workspace
    from allegiance.scanners import Settings, Target, scan_classifier
    from allegiance.scanners.classifier import check_yes_no, require_sklearn

    if len(categories) != 1:
        raise UsageError("--scanner classifier learns one category: name it with --category.")
    require_sklearn()
    settings = Settings() if cut is None else Settings(cut=cut)
    place = Workspace(workspace)
    corpus = place.corpus(create=False)
    record = Record.of(ledger_of(place, create=False))
    book = book_of(place)
    known = book.by_name.get(categories[0])
    if known is not None:
        check_yes_no(known.name, known.values)
    wanted = known_property(record, categories[0], book=book)
    taught = taught_by(record, wanted, draw or "")
    target = Target(wanted.category, cast("Unit", wanted.unit), wanted.values, wanted.digest)
    total = corpus.count()
    with shown_progress("scanning", quiet=as_json) as tell:
        done = scan_classifier(
            corpus, target, taught.labels, settings, lambda looked_at: tell(looked_at, total)
        )
    _on_record(place, corpus, record, done, taught)
    _tell(corpus, done, taught, as_json)


def _on_record(
    place: "Workspace", corpus: "Corpus", record: "Record", done: "Classified", taught: "Taught"
) -> None:
    """Record the scan with the labels behind it, unless the very same scan is on record."""
    digest = done.classifier.digest
    known = any(e.kind == "scan" and e.body.get("digest") == digest for e in record.events.values())
    if known and not done.scanned.verdicts:
        return
    body = {
        "scanner": "classifier",
        "digest": digest,
        "transcripts": done.scanned.transcripts,
        "version": corpus.version,
        "learned_from": taught.to_dict(),
        "settings": done.classifier.stated,
    }
    on_record(place, "scan", done.classifier.target.category, body)


def _tell(corpus: "Corpus", done: "Classified", taught: "Taught", as_json: bool) -> None:
    from allegiance.scanners import counts_of

    made = done.classifier
    category, digest = made.target.category, made.digest
    values = counts_of(corpus, category, digest)
    none = values.pop(cast(Any, None), 0)
    if as_json:
        print_json(
            {
                "n_transcripts": done.scanned.transcripts,
                "new_verdicts": done.scanned.verdicts,
                "categories": {
                    category: {
                        "scanner": "classifier",
                        "scanner_digest": digest,
                        "values": values,
                        "without_text": none,
                        "learned_from": taught.to_dict(),
                        "settings": made.stated,
                        "held_out": {
                            "auroc": made.auroc,
                            **{f"{v}_agreed": n for v, (n, _) in made.right.items()},
                            **{f"{v}_labels": n for v, (_, n) in made.right.items()},
                        },
                    }
                },
            }
        )
        return
    shown = ", ".join(f"{value} {count:,}" for value, count in values.items())
    console().print(f"{category}: {shown}" + (f", without a text {none:,}" if none else ""))
    right = ", ".join(f"{n:,} of {of:,} {value}" for value, (n, of) in made.right.items())
    console().print(
        f"{done.scanned.verdicts:,} new verdicts on {done.scanned.transcripts:,} transcripts by a "
        f"classifier of {made.folds} models, cut at {made.settings.cut:g}. Of its own labels, each scored "
        f"by the model that did not see its request, it agrees with {right}; AUROC {made.auroc:.2f}.",
        soft_wrap=True,
    )
    note(
        "These are counts of what a classifier said, and no rate. Draw by it: allegiance draw NAME "
        f"--design stratified --by verdict_score.{category.replace('-', '_')} --n 100 "
        f"--scanner {category}={digest[:12]} --category {category}"
    )
    for number, why in (
        (taught.disputed, "are left out: raters differ"),
        (taught.other_definition, "are left out: labelled under another definition"),
        (done.empty, "are left out: the part that the category is of has no text"),
        (done.gone, "are left out: the corpus does not hold them"),
    ):
        if number:
            note(f"{number:,} labelled transcripts {why}")
