"""`allegiance scan`: categories for every transcript of the corpus."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, cast

import typer

from allegiance.cli.app import (
    JsonOption,
    RayOption,
    WorkspaceOption,
    app,
    console,
    print_json,
    result_alone,
)
from allegiance.cli.codebook import book_of
from allegiance.cli.judge_options import (
    BaseUrlOption,
    ConnectionsOption,
    DryRunOption,
    JudgeOptions,
    LimitCostOption,
    LimitOption,
    MaxTokensOption,
    ModelArgOption,
    ModelOption,
    OverlapOption,
    PriceOption,
    ReasksOption,
    RetriesOption,
    SchemaOption,
    SelftestOption,
    TemperatureOption,
    TimeoutOption,
    VotesOption,
    WhereOption,
    WindowOption,
)
from allegiance.cli.progress import shown_progress
from allegiance.cli.record import on_record
from allegiance.cli.scan_classifier import CutOption, LearnFromOption, scan_by_classifier
from allegiance.cli.scan_import import (
    Asked,
    FromOption,
    InstrumentOption,
    KeyOption,
    ScoreOption,
    SelectOption,
    StatusOption,
    ValueOption,
    ValuesOption,
    scan_by_import,
)
from allegiance.cli.scan_judge import scan_with_judge, selftest
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.corpus import Corpus, Workspace
    from allegiance.corpus.patterns import Within
    from allegiance.scanners import Rules, Scanned

_INSTRUMENTS = ("rules", "judge", "classifier", "import")


@app.command(
    epilog=(
        "Example: allegiance scan --category outcome --category doubts -w watched · allegiance scan "
        "--pattern 'free-tier=(?i)free[- ]tier' --in reasoning · allegiance scan --category doubts --scanner judge "
        "--model openai/gpt-4o --dry-run · allegiance scan --selftest --model openai/gpt-4o · allegiance scan "
        "--category doubts --scanner classifier · allegiance scan --category doubts --scanner import --from "
        "judge.csv --instrument gpt-5 --value said"
    )
)
def scan(
    category: Annotated[
        list[str] | None,
        typer.Option(
            "--category", "-c", help="A category of the codebook; may be repeated. All by default."
        ),
    ] = None,
    scanner: Annotated[
        str,
        typer.Option("--scanner", help="The instrument: rules, judge, classifier or import."),
    ] = "rules",
    pattern: Annotated[
        list[str] | None,
        typer.Option(
            "--pattern",
            help="NAME=REGEX: yes where the regular expression matches, else no; may be repeated.",
        ),
    ] = None,
    within: Annotated[
        str, typer.Option("--in", help="Where patterns are looked for: all, reasoning, output.")
    ] = "all",
    draw: LearnFromOption = None,
    cut: CutOption = None,
    from_: FromOption = None,
    instrument: InstrumentOption = None,
    key: KeyOption = None,
    value: ValueOption = "",
    score: ScoreOption = "",
    status: StatusOption = "",
    select: SelectOption = None,
    values: ValuesOption = "",
    model: ModelOption = None,
    votes: VotesOption = 1,
    where: WhereOption = None,
    limit: LimitOption = None,
    dry_run: DryRunOption = False,
    price: PriceOption = None,
    limit_cost: LimitCostOption = None,
    temperature: TemperatureOption = None,
    max_tokens: MaxTokensOption = 2000,
    window: WindowOption = 100_000,
    overlap: OverlapOption = 2,
    reasks: ReasksOption = 1,
    schema: SchemaOption = True,
    base_url: BaseUrlOption = None,
    model_arg: ModelArgOption = None,
    max_connections: ConnectionsOption = None,
    max_retries: RetriesOption = 5,
    timeout: TimeoutOption = 300,
    self_test: SelftestOption = False,
    workspace: WorkspaceOption = ".",
    ray: RayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Assign categories to every transcript that does not have them yet."""
    from allegiance.corpus import Workspace
    from allegiance.scanners import rule_categories, rule_scanner

    judge = JudgeOptions(
        model=model,
        where=where,
        limit=limit,
        votes=votes,
        temperature=temperature,
        max_tokens=max_tokens,
        window=window,
        overlap=overlap,
        reasks=reasks,
        schema=schema,
        price=price,
        limit_cost=limit_cost,
        base_url=base_url,
        model_arg=model_arg,
        max_connections=max_connections,
        max_retries=max_retries,
        timeout=timeout,
        dry_run=dry_run,
    )
    if self_test:
        selftest(judge, as_json)
        return
    told = Asked(from_, instrument, key or [], value, score, status, select or [], values, cut)
    _check_options(scanner, bool(pattern) or ray is not None, draw, told)
    if scanner == "judge":
        scan_with_judge(workspace, category, judge, as_json)
        return
    judge.check_unused()
    if scanner == "import":
        scan_by_import(workspace, category or [], told, as_json)
        return
    if scanner == "classifier":
        scan_by_classifier(workspace, category or [], draw, cut, as_json)
        return
    if pattern and category:
        raise UsageError("--category and --pattern are two scans; do one after the other.")
    if ray is not None and not pattern:
        raise UsageError("--ray: a cluster looks for patterns alone; give some with --pattern.")
    if pattern:
        _scan_patterns(workspace, pattern, within, ray, as_json)
        return
    place = Workspace(workspace)
    book = book_of(place)
    scanners = [rule_scanner(name, book) for name in category or rule_categories(book)]
    corpus = place.corpus(create=False)
    done = scan_with_progress(corpus, scanners, quiet=as_json)
    asked = [("rules", scanner.category.name, scanner.digest) for scanner in scanners]
    scanned_on_record(place, corpus, done, asked)
    _tell(corpus, done, asked, as_json)


def _check_options(scanner: str, patterns: bool, draw: str | None, told: Asked) -> None:
    """See that options go with the instrument that they are given for."""
    if scanner not in _INSTRUMENTS:
        raise UsageError(
            f"--scanner {scanner}: there is no such instrument; there are {', '.join(_INSTRUMENTS)}."
        )
    if told.given and scanner != "import":
        raise UsageError("--from, --instrument and what belongs to them go with --scanner import.")
    if draw is not None and scanner != "classifier":
        raise UsageError("--draw names the labels of a classifier: add --scanner classifier.")
    if told.cut is not None and scanner not in ("classifier", "import"):
        raise UsageError("--cut goes with --scanner classifier or import.")
    if patterns and scanner != "rules":
        raise UsageError(
            f"--pattern and --ray are no part of --scanner {scanner}; scan in two steps."
        )


def _scan_patterns(
    workspace: str, rules: list[str], within: str, ray: str | None, as_json: bool
) -> None:
    from allegiance.corpus import Workspace
    from allegiance.scanners import pattern_scanner, scan_patterns

    place = Workspace(workspace)
    scanners = [pattern_scanner(rule, cast("Within", within), book_of(place)) for rule in rules]
    corpus = place.corpus(create=False)
    with result_alone(elsewhere=ray is not None), _progress(corpus, quiet=as_json) as tell:
        done = scan_patterns(corpus, scanners, ray, tell)
    asked = [("pattern", scanner.category, scanner.digest) for scanner in scanners]
    scanned_on_record(place, corpus, done, asked)
    _tell(corpus, done, asked, as_json)


def scanned_on_record(
    place: "Workspace", corpus: "Corpus", done: "Scanned", asked: list[tuple[str, str, str]]
) -> None:
    """Record what scanners (instrument, category, digest) were asked, if they said anything new."""
    if not done.verdicts:
        return
    for instrument, category, digest in asked:
        body = {
            "scanner": instrument,
            "digest": digest,
            "transcripts": done.transcripts,
            "version": corpus.version,
        }
        on_record(place, "scan", category, body)


def _tell(
    corpus: "Corpus", done: "Scanned", asked: list[tuple[str, str, str]], as_json: bool
) -> None:
    """Print what scanners (instrument, category, digest) said of the corpus."""
    from allegiance.scanners import counts_of

    found = {category: counts_of(corpus, category, digest) for _, category, digest in asked}
    if as_json:
        print_json(
            {
                "n_transcripts": done.transcripts,
                "new_verdicts": done.verdicts,
                "categories": {
                    category: {
                        "scanner": instrument,
                        "scanner_digest": digest,
                        "values": found[category],
                    }
                    for instrument, category, digest in asked
                },
            }
        )
        return
    for name, values in found.items():
        shown = ", ".join(f"{value} {count:,}" for value, count in values.items())
        console().print(f"{name}: {shown}")
    console().print(
        f"{done.verdicts:,} new verdicts on {done.transcripts:,} transcripts. These are counts of what a rule said; "
        "for rates with intervals: allegiance report"
    )


def scan_with_progress(corpus: "Corpus", scanners: "Sequence[Rules]", *, quiet: bool) -> "Scanned":
    """Scan a corpus, with a bar on standard error where a person looks on."""
    from allegiance.scanners import scan as run

    with _progress(corpus, quiet=quiet) as tell:
        return run(corpus, scanners, tell)


@contextmanager
def _progress(corpus: "Corpus", *, quiet: bool) -> Generator[Callable[[int], None]]:
    total = corpus.count()
    with shown_progress("scanning", quiet=quiet) as tell:
        yield lambda done: tell(done, total)
