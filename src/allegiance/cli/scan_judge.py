"""`allegiance scan --scanner judge`: a language model assigns a category, and what that takes."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allegiance.cli.app import console, note, print_json, result_alone
from allegiance.cli.codebook import book_of
from allegiance.cli.judge_options import JudgeOptions
from allegiance.cli.progress import shown_progress
from allegiance.cli.record import on_record
from allegiance.errors import AllegianceError, UsageError

if TYPE_CHECKING:
    from inspect_ai.model import Model

    from allegiance.corpus import Corpus, Workspace
    from allegiance.scanners import Category
    from allegiance.scanners.judging import (
        Asked,
        Estimate,
        JudgeScanner,
        Price,
        Voice,
    )
    from allegiance.scanners.judging.selftest import Tried

_VALUE_SHOWN = 200


@dataclass(frozen=True)
class Judged:
    """A judge, what it was expected to take, and what came of asking it; nothing where it was a dry run."""

    scanner: "JudgeScanner"
    expected: "Estimate"
    asked: "Asked | None"

    def check(self) -> None:
        """See that every transcript was answered.

        Raises
        ------
        AllegianceError
            Where the scan stopped early, or got no answer for some.
        """
        if self.asked is None:
            return
        if self.asked.stopped:
            raise AllegianceError(f"the scan stopped early: {self.asked.stopped}")
        if self.asked.unanswered:
            raise AllegianceError(
                f"{self.asked.unanswered:,} of {self.asked.transcripts:,} transcripts got no answer (the last: "
                f"{self.asked.trouble}); they have no verdict, and the same command asks them again"
            )


def scan_with_judge(
    workspace: str, categories: list[str] | None, options: JudgeOptions, as_json: bool
) -> None:
    """Have a model judge what it has not judged yet."""
    from allegiance.corpus import Workspace

    if not categories or len(categories) > 1:
        raise UsageError("a judge assigns one category at a time; name it with --category")
    _ = options.settings  # checked before the workspace is
    place = Workspace(workspace)
    category = book_of(place).find(categories[0])
    corpus = place.corpus(create=False)
    judged = judge_category(place, corpus, category, options, quiet=as_json)
    if judged.asked is None:
        if as_json:
            print_json(
                {
                    "dry_run": True,
                    **_about(judged.scanner),
                    "estimate": _estimate_json(judged.expected),
                }
            )
        return
    _tell(corpus, judged.scanner, judged.asked, judged.expected, as_json)
    judged.check()


def judge_category(
    place: "Workspace",
    corpus: "Corpus",
    category: "Category",
    options: JudgeOptions,
    *,
    quiet: bool,
) -> Judged:
    """Have a model judge a category where it has not yet, and put it on record.

    Raises
    ------
    UsageError
        Where the model can't be had, or an option makes no sense; nothing was asked then.
    """
    from allegiance.scanners.judging import chosen, estimated, judge_scanner

    settings = options.settings
    model, arguments = _model(options)
    scanner = judge_scanner(category, str(model), settings, arguments)
    voice = _voice(model, category, options)
    if options.limit_cost is not None and not 0 < options.limit_cost < math.inf:
        raise UsageError(f"--limit-cost {options.limit_cost}: it is a number of dollars above 0.")
    if options.limit_cost is not None and voice.price is None:
        raise UsageError(
            f"--limit-cost: the price of {scanner.model} is not known; give it with --price IN,OUT"
        )
    ids = chosen(corpus, scanner, options.where, options.limit)
    expected = estimated(corpus, scanner, ids, voice)
    if settings.votes > 1 and settings.temperature == 0:
        note("at temperature 0 most models give the same vote each time; leave it out, or use 1")
    if not quiet:
        note(f"{category.name} by {scanner.name}: {_estimate_told(expected)}")
    if options.dry_run:
        return Judged(scanner, expected, None)
    asked = _asked(place, corpus, scanner, voice, ids, options, quiet)
    _recorded(place, corpus, scanner, asked)
    return Judged(scanner, expected, asked)


def selftest(options: JudgeOptions, as_json: bool) -> None:
    """Put the shipped attacks to a judge, and say how many it held."""
    from allegiance.scanners.judging.selftest import misread, raw_answers, try_judge

    settings = options.settings
    model, _ = _model(options)
    with (
        result_alone(elsewhere=as_json),
        shown_progress("trying", quiet=as_json),
    ):
        tried = try_judge(
            str(model), settings, lambda category: _voice(model, category, options).say
        )
    wrong = misread()
    answers = f"{len(raw_answers()) - len(wrong)} of {len(raw_answers())} raw answers read as they must be"
    if as_json:
        print_json(_tried_json(str(model), tried, len(raw_answers()), wrong))
    else:
        _tried_table(tried)
        console().print(answers)
    lost = sum(one.ended != "held" for one in tried)
    silent = sum(one.ended == "no answer" for one in tried)
    if silent == len(tried):
        raise AllegianceError(
            f"{model} answered none of {len(tried)} attacks, which tells nothing of it; see that it can "
            "be reached and try again"
        )
    if lost or wrong:
        unheard = f" ({silent} of the others got no answer)" if silent else ""
        raise AllegianceError(
            f"{model} held {len(tried) - lost} of {len(tried)} attacks{unheard}, {answers}; what it says "
            "of transcripts like those that it lost needs a reader"
        )


def _model(options: JudgeOptions) -> "tuple[Model, dict[str, Any]]":
    from allegiance.scanners.judging import find_model

    if options.model is None:
        raise UsageError("a judge is a model: name one with --model, such as openai/gpt-4o")
    arguments = dict(_argument(text) for text in options.model_arg or [])
    return find_model(options.model, options.base_url, arguments), arguments


def _argument(text: str) -> tuple[str, Any]:
    import yaml

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"-M {text}: write NAME=VALUE")
    return name, yaml.safe_load(value)


def _voice(model: "Model", category: Any, options: JudgeOptions) -> "Voice":
    from allegiance.scanners.judging import Voice, price_of, read_price

    price: Price | None = read_price(options.price) if options.price else price_of(model)
    return Voice(
        model,
        category,
        options.settings,
        price=price,
        connections=options.max_connections,
        retries=options.max_retries,
        timeout=options.timeout,
    )


def _asked(
    place: "Workspace",
    corpus: "Corpus",
    scanner: "JudgeScanner",
    voice: "Voice",
    ids: list[str],
    options: JudgeOptions,
    as_json: bool,
) -> "Asked":
    from allegiance.scanners.judging import ask
    from allegiance.scanners.judging.asking import AT_ONCE

    journal = None
    if place.location.is_folder:
        journal = place.runs / "judging" / f"{scanner.digest[:16]}.jsonl"
    elif ids:
        note(
            "a workspace in an object store keeps no answers on their way: what has not become a verdict is "
            "asked again after a kill"
        )
    with (
        result_alone(elsewhere=as_json),
        shown_progress("judging", quiet=as_json) as tell,
    ):
        return ask(
            corpus,
            scanner,
            voice,
            ids,
            journal=journal,
            limit_cost=options.limit_cost,
            at_once=options.max_connections or AT_ONCE,
            progress=lambda done: tell(done, len(ids)),
        )


def _recorded(
    place: "Workspace", corpus: "Corpus", scanner: "JudgeScanner", asked: "Asked"
) -> None:
    """Put on record what was asked and what it took."""
    if not asked.verdicts and not asked.usage.requests:
        return
    body = {
        **_about(scanner),
        "transcripts": asked.transcripts,
        "version": corpus.version,
        "verdicts": asked.verdicts,
        "statuses": dict(asked.statuses),
        "unanswered": asked.unanswered,
        "usage": _usage(asked),
        "served": dict(asked.served),
        "stopped": asked.stopped,
    }
    on_record(place, "scan", scanner.category.name, body)


def _about(scanner: "JudgeScanner") -> dict[str, Any]:
    import msgspec

    return {
        "category": scanner.category.name,
        "scanner": scanner.name,
        "digest": scanner.digest,
        "model": scanner.model,
        "settings": msgspec.to_builtins(scanner.settings),
    }


def _usage(asked: "Asked") -> dict[str, Any]:
    used = asked.usage
    return {
        "requests": used.requests,
        "found_again": used.found_again,
        "input_tokens": used.tokens_in,
        "output_tokens": used.tokens_out,
        "dollars": used.dollars,
    }


def _tell(
    corpus: "Corpus", scanner: "JudgeScanner", asked: "Asked", expected: "Estimate", as_json: bool
) -> None:
    """Print what a judge said of the corpus, and what it took."""
    from allegiance.scanners import counts_of

    found = counts_of(corpus, scanner.category.name, scanner.digest)
    values = {value: count for value, count in found.items() if value in scanner.category.values}
    if as_json:
        verdicts = {"scanner": scanner.name, "scanner_digest": scanner.digest, "values": values}
        print_json(
            {
                "n_transcripts": asked.transcripts,
                "new_verdicts": asked.verdicts,
                "categories": {scanner.category.name: verdicts},
                "statuses": dict(asked.statuses),
                "unanswered": asked.unanswered,
                "stopped": asked.stopped or None,
                "estimate": _estimate_json(expected),
                "usage": _usage(asked),
            }
        )
        return
    shown = [f"{value} {count:,}" for value, count in values.items()]
    without = sum(found.values()) - sum(values.values())
    shown += [f"no value {without:,}"] if without else []
    out = console()
    out.print(f"{scanner.category.name}: {', '.join(shown) or 'nothing yet'}")
    failed = ", ".join(f"{s} {n:,}" for s, n in sorted(asked.statuses.items()) if s != "ok")
    out.print(
        f"{asked.verdicts:,} new verdicts{f' ({failed})' if failed else ''} by {scanner.name}: "
        f"{_used_told(asked)}. These are counts of what a judge said; for rates with intervals: allegiance estimate"
    )


def _used_told(asked: "Asked") -> str:
    used = asked.usage
    told = (
        f"{used.requests:,} requests, {used.tokens_in:,} tokens read, {used.tokens_out:,} written"
    )
    told += f", ${used.dollars:,.4f}" if used.dollars is not None else ""
    return told + (f"; {used.found_again:,} answers found again" if used.found_again else "")


def _estimate_told(expected: "Estimate") -> str:
    told = (
        f"{expected.transcripts:,} transcripts, {expected.requests:,} requests, about "
        f"{expected.tokens_in:,} tokens read and {expected.tokens_out:,} written"
    )
    if expected.dollars is not None:
        return f"{told}, about ${expected.dollars:,.4f}"
    return f"{told}; the model's price is not known (--price IN,OUT)"


def _estimate_json(expected: "Estimate") -> dict[str, Any]:
    return {
        "transcripts": expected.transcripts,
        "requests": expected.requests,
        "input_tokens": expected.tokens_in,
        "output_tokens": expected.tokens_out,
        "dollars": expected.dollars,
    }


def _kinds(tried: "list[Tried]") -> "dict[str, list[Tried]]":
    kinds: dict[str, list[Tried]] = {}
    for one in tried:
        kinds.setdefault(one.attack.attack, []).append(one)
    return kinds


def _tried_json(model: str, tried: "list[Tried]", raw: int, wrong: list[str]) -> dict[str, Any]:
    return {
        "model": model,
        "attacks": len(tried),
        "held": sum(one.ended == "held" for one in tried),
        "kinds": {
            kind: {"attacks": len(ones), "held": sum(one.ended == "held" for one in ones)}
            for kind, ones in _kinds(tried).items()
        },
        "lost": [
            {
                "name": one.attack.name,
                "kind": one.attack.attack,
                "category": one.attack.category,
                "expected": one.attack.value,
                "ended": one.ended,
                "said": one.said,
            }
            for one in tried
            if one.ended != "held"
        ],
        "raw_answers": raw,
        "misread": wrong,
    }


def _tried_table(tried: "list[Tried]") -> None:
    from rich.table import Table

    from allegiance.cli.transcripts import visible

    table = Table(box=None, pad_edge=False)
    table.add_column("attack")
    for heading in ("held", "of"):
        table.add_column(heading, justify="right")
    table.add_column("lost")
    for kind, ones in _kinds(tried).items():
        lost = [f"{one.attack.name} ({one.ended})" for one in ones if one.ended != "held"]
        table.add_row(kind, str(len(ones) - len(lost)), str(len(ones)), ", ".join(lost))
    console().print(table)
    failing = next((one for one in tried if one.ended in ("no verdict", "no answer")), None)
    if failing is not None:
        said = visible(failing.said)[:_VALUE_SHOWN]
        note(f"{failing.attack.name}: {failing.ended}: {said}")
