"""The methods paragraph: how the numbers of a report were made, ready for a paper."""

from collections.abc import Sequence

from allegiance.report.gaps import TierGap
from allegiance.report.provenance import Provenance
from allegiance.report.rates import Cell
from allegiance.report.wording import counted, one_of

_GAP_METHODS = {
    "paired t": "Student's t on the differences per request (Miller 2024)",
    "mover on korn-graubard": (
        "the MOVER combination (Zou, Huang & Zhang 2009) of the Korn–Graubard limits of both "
        "tiers, because events are rare or requests few"
    ),
}


def methods_paragraph(
    provenance: Provenance, cells: Sequence[Cell], gaps: Sequence[TierGap], confidence: float
) -> str:
    """Say in one paragraph what was asked, read, counted and computed."""
    sentences = [_material(provenance, cells)]
    measures = [measure for cell in cells for measure in cell.measures]
    if measures:
        sentences += _rates(provenance, cells, confidence)
    sentences += _gaps(gaps)
    if any(measure.missing for measure in measures):
        sentences.append(
            "Transcripts without an observed outcome (unparsed, truncated, errored, refused by the "
            "provider or by the scanner) were counted as missing and left out of the denominators; "
            "where more than 1 % were missing, worst-case bounds set all of them to 0, then to 1."
        )
    if any(measure.truth is not None for measure in measures):
        sentences.append(
            "The organisms' true rates were measured beforehand and are independent of these runs."
        )
    sentences.append(_software(provenance))
    return " ".join(sentences)


def _material(provenance: Provenance, cells: Sequence[Cell]) -> str:
    models = one_of(list(dict.fromkeys(cell.model for cell in cells)) or ["no model"])
    conditions = {tuple(sorted(cell.condition.items())) for cell in cells if cell.condition}
    what = f" under {counted(len(conditions), 'condition')}" if conditions else ""
    settings = ", ".join(f"{name} {value}" for name, value in provenance.generation.items())
    settings = f" ({settings})" if settings else ""
    study = f' in the study "{provenance.study}"' if provenance.study else ""
    return (
        f"We analysed {counted(provenance.population, 'transcript')} of {models}{settings}{study}"
        f"{what} "
        f"(frame: {provenance.frame}; digest {provenance.frame_digest[:12]})."
    )


def _rates(provenance: Provenance, cells: Sequence[Cell], confidence: float) -> list[str]:
    scanners = one_of(
        [f"{name} ({digest[:12]})" for name, digest in provenance.scanners.items()] or ["import"]
    )
    requests = max(cell.requests for cell in cells)
    asked = {cell.population / cell.requests for cell in cells}
    repeated = f"{counted(requests, 'request')} per condition"
    if len({cell.requests for cell in cells}) > 1:
        repeated = f"up to {repeated}"
    if max(asked) > 1:
        repeated += f", each asked {'' if len(asked) == 1 else 'up to '}{max(asked):.3g} times"
    return [
        f"Categories were assigned by these scanners: {scanners}.",
        f"Rates refer to the process that produced the transcripts ({repeated}), and carry "
        f"{100 * confidence:g} % intervals by Clopper–Pearson at the effective sample size of Korn "
        "& Graubard (1998), clustered by request.",
    ]


def _gaps(gaps: Sequence[TierGap]) -> list[str]:
    methods = {gap.gap.interval.method for gap in gaps if gap.gap is not None}
    if not methods:
        return []
    named = " or ".join(_GAP_METHODS.get(method, method) for method in sorted(methods))
    return [
        "Gaps are monitored minus unmonitored compliance on the same requests, requests weighing "
        f"equally, with limits by {named}; p-values are from sign-flip permutation of the "
        "differences per request, two-sided and not adjusted for the number of gaps."
    ]


def _software(provenance: Provenance) -> str:
    digests = [
        f"{name} {digest[:12]}"
        for name, digest in (
            ("study", provenance.study_digest),
            ("prompts", provenance.prompts_digest),
        )
        if digest
    ]
    given = f"; digests: {', '.join(digests)}" if digests else ""
    version = f"corpus version {provenance.corpus_version}"
    return f"Computed with Allegiance {provenance.software_version} on {version}{given}."
