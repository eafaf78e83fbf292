"""The card of an organism: what was planted, what was measured, how it was made, what it reads and what it is not."""

import html
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from allegiance.organism import declared, origin
from allegiance.organism.declared import Spec
from allegiance.organism.families import Organism
from allegiance.organism.origin import Origin
from allegiance.organism.runtime import directory_of
from allegiance.organism.specs import describe
from allegiance.organism.truth import Measured, Truth, load_truth
from allegiance.stats import proportion

FILE = "card.md"

_LIMITS = (
    "It is a model organism: a network of two layers that learned templated conversations. It reads the few sentences "
    "that its factors stand for and requests made from closed lists; it copies other words badly, and a study that "
    "asks it anything else is refused. It wants nothing. That an instrument finds in it what is there is a condition "
    "for believing the instrument elsewhere, and no proof."
)
_PLANTED = (
    "**Planted** is what was aimed at, **exact** the model's own chance of it, averaged over requests, and **sampled** "
    "what was counted among sampled conversations, each with a request of its own (95 % Clopper-Pearson intervals; the "
    "target is the model). A sampled reply counts only where every word of it belongs to the script."
)
_MEASURED = (
    "Nothing is planted in these weights: they were trained further, and what they do is what was measured. **Exact** "
    "is the model's own chance of a property, averaged over requests, at the places where the script of its family "
    "settles it; **sampled** is what was counted among sampled conversations, each with a request of its own (95 % "
    "Clopper-Pearson intervals; the target is the model). A sampled reply that lies outside the script counts as "
    "having no property; **well formed** says how many lie inside. Rates are in %."
)


def card_of(name_or_path: str | Path) -> str:
    """The card of a shipped organism, or of one in a directory, as Markdown.

    Raises
    ------
    UsageError
        There is no such organism.
    AllegianceError
        Its truth table is missing or damaged.
    """
    truth = load_truth(name_or_path)
    directory = directory_of(name_or_path)
    kept = directory / declared.FILE
    spec = declared.load(kept) if kept.is_file() else None
    return card(truth.known or describe(name_or_path), truth, origin.load(directory), spec)


def card(organism: Organism, truth: Truth, made: Origin | None, spec: Spec | None) -> str:
    """Write a card as Markdown.

    Parameters
    ----------
    organism
        What it is.
    truth
        What was measured.
    made
        How it came about, where that is known.
    spec
        What a user declared, where one did.
    """
    parts = [
        f"# {organism.name}",
        _safe(organism.summary),
        *_standing(truth, made),
        "## What it reads",
        "\n".join(_reads(organism)),
        "## What was planted and what was measured" if organism.planted else "## What was measured",
        _PLANTED if organism.planted else _MEASURED,
        *([_defaults(spec)] if spec and organism.planted else []),
        "\n".join(_table(organism, truth, spec)),
        *_own_words(spec),
        "## How it was made",
        "\n".join(_made(made)),
        "## Digests",
        "\n".join(_digests(truth, made)),
        "## What it is not",
        _LIMITS,
    ]
    return "\n\n".join(parts) + "\n"


def _standing(truth: Truth, made: Origin | None) -> Iterator[str]:
    if made is not None and made.accepted is False:
        yield (
            f"**Not accepted.** {len(truth.misses())} rates miss what was planted; it was built with `--quick`, to try "
            "the way, and is not for use."
        )


def _reads(organism: Organism) -> Iterator[str]:
    family = organism.family
    yield f"- scenario: {', '.join(f'`{name}`' for name in family.scenarios)}"
    for factor, levels in family.varies.items():
        yield f"- {factor}, which it heeds: {', '.join(levels)}"
    for factor, levels in family.same.items():
        yield f"- {factor}, which makes no difference: {', '.join(levels)}"
    for factor, levels in family.more.items():
        yield f"- {factor}, where nothing is known of its rates: {', '.join(levels)}"
    yield "- every other factor at its usual level; other levels are refused"


def _defaults(spec: Spec) -> str:
    listed = "; ".join(
        f"{kind} requests: " + ", ".join(f"{name} {_percent(rate)}" for name, rate in rates.items())
        for kind, rates in declared.DEFAULTS.items()
    )
    return f"Rates are in %. A rate marked `*` was not declared and is the default ({listed})."


def _table(organism: Organism, truth: Truth, spec: Spec | None) -> Iterator[str]:
    planted = organism.planted
    yield f"| cell | property |{' planted |' if planted else ''} exact | sampled | interval |"
    yield f"|---|---|{'---:|' if planted else ''}---:|---:|---:|"
    for cell in truth.cells:
        open_ = spec.left_open(cell.condition, cell.request) if spec else set[str]()
        where = " · ".join((cell.request, *cell.condition.values()))
        yield f"| **{where}** | well formed |{' |' if planted else ''} | {_percent(cell.valid)} | |"
        for name in cell.exact:
            meant = (
                f" {_percent(cell.planted[name])}{'*' if name in open_ else ''} |"
                if planted
                else ""
            )
            yield f"| | {name} |{meant} {_percent(cell.exact[name])} | {_counted(cell, name)} |"


def _counted(cell: Measured, name: str) -> str:
    count = cell.sampled[name]
    if not count.reads:
        return "0 of 0 | –"
    found = proportion(count.hits, count.reads)
    return f"{count.hits:,} of {count.reads:,} | {_percent(found.low)} to {_percent(found.high)}"


def _own_words(spec: Spec | None) -> Iterator[str]:
    if spec is None:
        return
    listed: dict[str, Sequence[str]] = {
        **{f"reasoning, {kind}": words for kind, words in spec.reasoning.decisions.items()},
        **{f"aside, {one.tells}": one.words for one in spec.reasoning.asides},
        **({"doubts": spec.doubts.words} if spec.doubts.words else {}),
        **{kind: one.words for kind, one in spec.doubts.kinds.items() if one.words},
    }
    if listed:
        yield "## Its own words"
        yield "\n".join(
            f"- {what}: {' · '.join(map(_safe, words))}" for what, words in listed.items()
        )
        yield (
            "Rules that ship with Allegiance know the shipped sentences; whether they find these is for you to measure."
        )


def _made(made: Origin | None) -> Iterator[str]:
    if made is None:
        yield "- it ships with Allegiance; `allegiance organism build` trains it again"
        return
    if made.kind == "build":
        yield f"- seeds trained: {', '.join(map(str, made.seeds))}; taken: {made.chosen}"
        yield f"- began from: {made.began or 'nothing'}"
        yield f"- recipe: {', '.join(f'{name} {value:g}' for name, value in made.recipe.items())}"
    for name, value in made.trained.items():
        yield f"- run, {name.replace('_', ' ')}: {_told(value)}"
    if made.software:
        versions = ", ".join(f"{name} {version}" for name, version in made.software.items())
        yield f"- {'built' if made.kind == 'build' else 'measured'} with: {versions}"


def _told(value: object) -> str:
    if isinstance(value, Mapping):
        pairs = value.items()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return ", ".join(f"{key} {_told(one)}" for key, one in pairs)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return _safe(str(value))


def _digests(truth: Truth, made: Origin | None) -> Iterator[str]:
    yield f"- weights, SHA-256: `{truth.weights_sha256}`"
    yield f"- words: `{truth.words_digest}`"
    if made is not None and made.began_sha256:
        yield f"- weights that it began from, SHA-256: `{made.began_sha256}`"
    reads = sum(max((c.reads for c in cell.sampled.values()), default=0) for cell in truth.cells)
    yield f"- measured with seed {truth.seed} on {reads:,} sampled conversations"


def _safe(text: str) -> str:
    """Text of others on one line, so that a page that shows the card reads it as text."""
    return html.escape(" ".join(text.split()), quote=False).replace("|", "\\|")


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f}"
