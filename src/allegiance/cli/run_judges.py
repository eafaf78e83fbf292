"""The judges of a study: asked about the transcripts of a run beside the rules, whose verdicts stand as they are."""

from typing import TYPE_CHECKING, Any

from allegiance.cli.app import note
from allegiance.cli.judge_options import JudgeOptions
from allegiance.errors import AllegianceError, UsageError

if TYPE_CHECKING:
    from allegiance.corpus import Corpus, Workspace
    from allegiance.study import Study
    from allegiance.study.fields import Judge


def check_judges(place: "Workspace", study: "Study") -> None:
    """See that every judge of a study can be had, before anything is asked.

    Raises
    ------
    UsageError
        Where a category or a model is none, or a price or a limit makes no sense.
    """
    from allegiance.cli.codebook import book_of
    from allegiance.scanners.judging import find_model, price_of, read_price

    book = book_of(place)
    for number, judge in enumerate(study.judges):
        where = f"{place.study_file}: judges.{number}"
        try:
            for name in judge.categories:
                book.find(name)
            model = find_model(judge.model, judge.base_url, {})
            price = read_price(judge.price) if judge.price else price_of(model)
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from None
        if judge.limit_cost is not None and price is None:
            raise UsageError(
                f"{where}: limit_cost needs a price, and that of {judge.model} is not known; add price: IN,OUT"
            )


def ask_judges(
    place: "Workspace", corpus: "Corpus", study: "Study", *, quiet: bool
) -> tuple[list[dict[str, Any]], str | None]:
    """Scan a study's transcripts with rules and with its judges, and say where the two differ.

    Returns
    -------
    said : list of dict
        One for each judge and category: scanner and digest, new verdicts, statuses, what was not answered, and on how
        many of how many transcripts it differs from the rule.
    problem : str or None
        Why some have no verdict yet.
    """
    from allegiance.cli.codebook import book_of
    from allegiance.cli.scan import scan_with_progress, scanned_on_record
    from allegiance.scanners import rule_categories, rule_scanner

    book = book_of(place)
    asked = [(judge, name) for judge in study.judges for name in judge.categories]
    ruled = [
        name for name in dict.fromkeys(name for _, name in asked) if name in rule_categories(book)
    ]
    scanners = [rule_scanner(name, book) for name in ruled]
    done = scan_with_progress(corpus, scanners, quiet=quiet)
    scanned_on_record(
        place, corpus, done, [("rules", one.category.name, one.digest) for one in scanners]
    )
    rules = {one.category.name: (one.name, one.digest) for one in scanners}
    said: list[dict[str, Any]] = []
    problem: str | None = None
    for judge, name in asked:
        found, trouble = _one(place, corpus, study, judge, name, rules.get(name), quiet=quiet)
        said.append(found)
        problem = problem or trouble
    return said, problem


def _one(
    place: "Workspace",
    corpus: "Corpus",
    study: "Study",
    judge: "Judge",
    name: str,
    rule: tuple[str, str] | None,
    *,
    quiet: bool,
) -> tuple[dict[str, Any], str | None]:
    """Ask one judge for one category."""
    from allegiance.cli.codebook import book_of
    from allegiance.cli.scan_judge import judge_category
    from allegiance.scanners.beside import judges_beside

    judged = judge_category(
        place, corpus, book_of(place).find(name), _options(study, judge), quiet=quiet
    )
    asked = judged.asked
    said: dict[str, Any] = {
        "category": name,
        "scanner": judged.scanner.name,
        "scanner_digest": judged.scanner.digest,
        "new_verdicts": asked.verdicts if asked else 0,
        "statuses": dict(asked.statuses) if asked else {},
        "unanswered": asked.unanswered if asked else 0,
        "stopped": (asked.stopped or None) if asked else None,
        "compared": None,
        "differ": None,
    }
    for beside in judges_beside(corpus, name, *rule) if rule else ():
        if beside.digest == judged.scanner.digest:
            said |= {"compared": beside.compared, "differ": beside.differ}
            if not quiet:
                note(beside.sentence)
    try:
        judged.check()
    except AllegianceError as error:
        return said, f"{judged.scanner.name}, {name}: {error}"
    return said, None


def _options(study: "Study", judge: "Judge") -> JudgeOptions:
    """Ask as `allegiance scan --scanner judge` does by itself, about the transcripts of the study."""
    return JudgeOptions(
        model=judge.model,
        where=f"study = '{study.name}'",
        limit=None,
        votes=judge.votes,
        temperature=None,
        max_tokens=2000,
        window=100_000,
        overlap=2,
        reasks=1,
        schema=True,
        price=judge.price,
        limit_cost=judge.limit_cost,
        base_url=judge.base_url,
        model_arg=None,
        max_connections=None,
        max_retries=5,
        timeout=300,
        dry_run=False,
    )
