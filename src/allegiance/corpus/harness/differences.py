"""What two harnesses do not share, in the order in which it is likely to change results."""

from collections.abc import Iterator, Mapping
from typing import Any

from allegiance.corpus.harness.found import KINDS, Difference, Kind, quoted, valued
from allegiance.corpus.harness.kept import Asked, Harness
from allegiance.corpus.harness.pairing import Paired, normal, paired
from allegiance.corpus.harness.prompts_compared import prompts_compared, tags_named
from allegiance.study import parse_reply
from allegiance.study.tags import tags_of

__all__ = ["Difference", "Kind", "differences", "remarks"]

_READING = (
    "stop_seqs",
    "max_tokens",
    "token_limit",
    "message_limit",
    "turn_limit",
    "time_limit",
    "working_limit",
)
"""Settings that decide what there is of a reply."""
_SHOWING = ("system_message",)
"""Settings that put words in front of the model."""
_UNSEEN = ("limit",)
"""How many samples were asked: told by the samples themselves."""
_SHOWN = 3


def differences(first: Harness, second: Harness) -> list[Difference]:
    """Compare two harnesses, most telling differences first.

    What is known of one of them only is compared with nothing; `remarks` says so.
    """
    found = paired(first, second)
    every = [
        *_model(first, second),
        *prompts_compared(first, second, found),
        *_settings(first, second),
        *_reading(first, second),
        *_requests(first, second, found),
        *_versions(first, second),
    ]
    return sorted(every, key=lambda one: KINDS.index(one.kind))


def _model(first: Harness, second: Harness) -> Iterator[Difference]:
    if first.model and second.model and first.model != second.model:
        yield Difference("who is asked", "model", first.model, second.model)
    if first.model_args is None or second.model_args is None:
        return
    yield from _mapped("who is asked", "model argument", first.model_args, second.model_args)


def _mapped(
    kind: Kind, what: str, first: Mapping[str, Any], second: Mapping[str, Any]
) -> Iterator[Difference]:
    for name in sorted(first.keys() | second.keys()):
        a, b = first.get(name), second.get(name)
        if a != b:
            yield Difference(kind, f"{what} {name}".strip(), valued(a), valued(b))


def _settings(first: Harness, second: Harness) -> Iterator[Difference]:
    for name in sorted(first.settings.keys() | second.settings.keys()):
        a, b = first.settings.get(name), second.settings.get(name)
        if name in _UNSEEN or a == b:
            continue
        kind: Kind = (
            "what the model reads"
            if name in _SHOWING
            else "what is read from it"
            if name in _READING
            else "how it is sampled"
        )
        yield Difference(kind, name, valued(a), valued(b))
    if first.solvers and second.solvers and first.solvers != second.solvers:
        yield Difference(
            "what the model reads", "solvers", *map(_list, (first.solvers, second.solvers))
        )


def _list(names: tuple[str, ...]) -> str:
    return quoted(", ".join(names)) or "none"


def _reading(first: Harness, second: Harness) -> Iterator[Difference]:
    kind: Kind = "what is read from it"
    if first.parser and second.parser and first.parser != second.parser:
        yield Difference(kind, "parser", first.parser[:12], second.parser[:12])
    wanted = _output_tag(first), _output_tag(second)
    replies = first.replies + second.replies
    if wanted[0] and wanted[1] and wanted[0] != wanted[1] and replies:
        apart = sum(to_the_letter(r, wanted[0]) != to_the_letter(r, wanted[1]) for r in replies)
        yield Difference(
            kind,
            "reading to the letter",
            f"<{wanted[0]}>",
            f"<{wanted[1]}>",
            f"parsers that want the tag of either prompt read {apart:,} of {len(replies):,} replies differently",
        )
    if first.scorers is not None and second.scorers is not None and first.scorers != second.scorers:
        yield Difference(kind, "scorers", _list(first.scorers), _list(second.scorers))
    if first.instruments and second.instruments:
        short = [
            {k: str(v)[:12] for k, v in one.items()}
            for one in (first.instruments, second.instruments)
        ]
        yield from _mapped(kind, "instrument", short[0], short[1])


def _output_tag(harness: Harness) -> str | None:
    """Find the tag in which the prompts of a harness want the output, letter for letter."""
    counts = tags_named(harness)
    names = [n for n in counts if [t.role for t in tags_of(f"<{n}>")] in (["output"], ["answer"])]
    exact = [n for n in names if tags_of(f"<{n}>")[0].role == "output"] or names
    return max(exact, key=lambda name: counts[name], default=None)


def to_the_letter(reply: str, tag: str) -> str | None:
    """Read what stands in a tag as a parser does that knows one spelling of it; None where it is not there."""
    _, marked, rest = reply.partition(f"<{tag}>")
    return rest.partition(f"</{tag}>")[0].strip() if marked else None


def _requests(first: Harness, second: Harness, found: Paired) -> Iterator[Difference]:
    kind: Kind = "what is asked"
    if first.epochs and second.epochs and first.epochs != second.epochs:
        yield Difference(kind, "epochs", str(first.epochs), str(second.epochs))
    if first.asked and second.asked:
        for which, alone in (("A", found.first_only), ("B", found.second_only)):
            yield from _alone(which, alone, len((first if which == "A" else second).asked))
    renamed = [(a, b) for a, b in found.pairs if a.request_id != b.request_id]
    if renamed:
        a, b = renamed[0]
        where = f"{len(renamed):,} of {len(found.pairs):,} prompts ask the same under another id"
        yield Difference(kind, "id of a request", quoted(a.request_id), quoted(b.request_id), where)
    changed = [
        (a, b)
        for a, b in found.pairs
        if a.request and b.request and normal(a.request) != normal(b.request)
    ]
    if changed:
        a, b = changed[0]
        where = (
            f"{len(changed):,} of {len(found.pairs):,} prompts ask something else under the same id"
        )
        yield Difference(kind, "request", quoted(a.request or ""), quoted(b.request or ""), where)


def _alone(which: str, alone: tuple[Asked, ...], total: int) -> Iterator[Difference]:
    if not alone:
        return
    texts = list(dict.fromkeys(one.request or one.user for one in alone))
    shown = "; ".join(quoted(text)[:60] for text in texts[:_SHOWN])
    values = (shown, "not asked") if which == "A" else ("not asked", shown)
    where = f"{len(alone):,} of {total:,} prompts are in {which} only"
    yield Difference("what is asked", "prompts", *values, where)


def _versions(first: Harness, second: Harness) -> Iterator[Difference]:
    both = first.versions.keys() & second.versions.keys()
    a, b = ({k: v for k, v in one.versions.items() if k in both} for one in (first, second))
    yield from _mapped("versions", "", a, b)


def remarks(first: Harness, second: Harness) -> list[str]:
    """Say what else has to be known: what could not be compared, and replies that are read by a lenient parser only."""
    said: list[str] = []
    for name, one, other in (("A", first, second), ("B", second, first)):
        said += [f"{name}: {note}" for note in one.notes]
        untold = [
            label
            for label, there, known in (
                ("its model", one.model, other.model),
                ("its scorers", one.scorers, other.scorers),
                ("its parser", one.parser, other.parser),
                ("its prompts", one.asked, other.asked),
            )
            if not there and known
        ]
        if untold:
            said.append(
                f"{name} does not tell {', '.join(untold)}, which was compared with nothing."
            )
        said += _unread(name, one)
    if first.asked and second.asked and not paired(first, second).pairs:
        said.append(
            "No prompt of A asks what one of B asks, so that their words were not compared."
        )
    return said


def _unread(name: str, one: Harness) -> Iterator[str]:
    """Say how many replies a parser would miss that wants the prompt's tag to the letter."""
    tag = _output_tag(one)
    if not tag or not one.replies:
        return
    missed = sum(
        to_the_letter(reply, tag) is None and parse_reply(reply).parsed for reply in one.replies
    )
    if missed:
        yield (
            f"{name}: a parser that wants <{tag}> to the letter finds no output in {missed:,} of "
            f"{len(one.replies):,} replies in which the parser of this program finds one."
        )
