"""A certificate as Markdown: what a reader of a paper or of a pull request wants to see of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from allegiance.audit.evidence import DrawShown, Instance

if TYPE_CHECKING:
    from allegiance.audit.certificate import Certificate

_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>#|~&!"})
_READS = 20
"""Reads that are listed; the JSON has all of them."""


def markdown(certificate: "Certificate") -> str:
    """Write a certificate as Markdown; what comes from transcripts can't become markup."""
    return "\n".join(_lines(certificate)) + "\n"


def _lines(certificate: "Certificate") -> Iterator[str]:
    decision, claim = certificate.decision, certificate.claim
    yield f"# {_plain(claim.kind)}: {_plain(str(claim.wanted))}"
    yield ""
    if claim.words:
        yield f"> {_plain(claim.words)}"
        yield ""
    yield f"**{decision.status.capitalize()}.** {_plain(decision.sentence)}"
    yield ""
    for reason in decision.reasons:
        yield f"- because {_plain(reason)}"
    if decision.adjusted is not None:
        low, high = decision.adjusted["low"], decision.adjusted["high"]
        yield (
            f"- allowing for the {decision.history.tried} numbers tried on this frame: {100 * low:.2f} to "
            f"{100 * high:.2f} %"
        )
    yield from ("", "## How it was found", "")
    for instance in decision.instances:
        yield from _instance(instance)
    for draw in decision.draws:
        yield from _draw(draw)
    yield from ("", "## What it is about", "")
    frame = decision.frame
    yield f"- frame: {_plain(frame.name)}; N = {frame.population:,}; digest `{frame.digest}`"
    for one in frame.instruments:
        yield f"- verdicts of {_plain(one.scanner)} in {_plain(one.category)}, scanner digest `{one.digest}`"
    yield f"- {_plain(claim.wanted.category)}: {_plain(claim.wanted.definition)}"
    raters = decision.raters
    if raters.names:
        hidden = ", ".join(raters.hidden) or "nothing"
        yield f"- labels by {_plain(', '.join(raters.names))}; hidden from them: {_plain(hidden)}"
    if raters.worded:
        yield f"- {raters.worded:,} of the labels were given under the words of one side"
    if raters.agreement is not None:
        alpha, ac1 = raters.agreement["krippendorff_alpha"], raters.agreement["gwet_ac1"]
        told = "undefined (one value)" if alpha is None else f"{alpha['estimate']:.3f}"
        yield (
            f"- agreement on {raters.shared:,}: Krippendorff's alpha {told}, Gwet's AC1 "
            f"{ac1['estimate']:.3f}"
        )
    yield from ("", "## What else was tried", "")
    for line in decision.history.lines() or ("Nothing else is on record.",):
        yield f"- {_plain(line)}"
    yield f"- {certificate.unknown}"
    yield ""
    yield (
        f"Certificate `{certificate.digest}`, allegiance {_plain(certificate.software)}, {certificate.made_at}; "
        f"ledger `{certificate.ledger.id}` up to event {certificate.ledger.seq:,}. "
        "`allegiance verify` recomputes all of it."
    )


def _instance(instance: Instance) -> Iterator[str]:
    yield f"- transcript `{instance.transcript_id}`"
    for sight in instance.sights:
        yield f"    - {_plain(sight.at[:19])}: {_plain(sight.words)}"
    for quote in instance.quotes:
        yield f"    - “{_plain(quote.text)}” ({quote.part})"


def _draw(draw: DrawShown) -> Iterator[str]:
    spec = draw.spec
    by = f", seed {spec.seed}{' (chosen)' if spec.seed_given else ''}" if spec.seed else ""
    told = "reported by the reader" if spec.testimony is not None else spec.design
    yield (
        f"- draw {_plain(spec.name)}: {told}{by}; N = {spec.frame.population:,}; stopping rule: {spec.stop}"
        + (f", read as {draw.rule}, since {_plain(draw.why)}" if draw.why else "")
    )
    for stratum in spec.strata:
        yield f"    - stratum {_plain(stratum.name)}: {stratum.reads:,} of {stratum.population:,}"
    yield f"    - {len(draw.reads):,} of {draw.size:,} read"
    for read in draw.reads[:_READS]:
        said = {True: "yes", False: "no", None: read.missing}[read.hit]
        settled = "" if read.settled is None else f", settled by {read.settled.adjudicator}"
        yield f"        {read.position}. `{read.transcript_id[:12]}` {said}{_plain(settled)}"


def _plain(text: str) -> str:
    """Take the meaning from whatever Markdown or HTML would read as markup."""
    return " ".join(text.split()).translate(_SPECIAL)
