# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The numbers of the whole corpus as the workbench shows them: its study report, made once for each of its states."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast
from weakref import WeakKeyDictionary

from allegiance.audit.interpreted import Interpreted
from allegiance.audit.relating import facts_told, relation_with_acts
from allegiance.audit.specs import Instrument
from allegiance.report import Cell, StudyReport
from allegiance.report.cells import OBSERVED_OUTCOMES
from allegiance.report.labels import Labels
from allegiance.report.observations import OUTCOME
from allegiance.report.of_workspace import Told, report_of, told_by
from allegiance.report.relation_section import Section, section_of
from allegiance.scanners import Codebook, rule_categories, rule_scanner
from allegiance.study.interpretations.extrapolations import FILE as EXTRAPOLATIONS
from allegiance.web.act_frames import Key, act_frames
from allegiance.web.apart import apart
from allegiance.web.cells import Cells
from allegiance.web.site import Site

T = TypeVar("T")

_AT_ONCE = 5_000
"""So many transcripts are counted while the page waits; of more it is shown first, and the numbers follow."""


@dataclass(frozen=True)
class Numbers:
    """What the corpus licenses, with the frames behind it.

    Attributes
    ----------
    report
        As `allegiance report` makes it, further scanned categories beside.
    cells
        Which frame is behind which cell.
    labels
        What tells cells apart, for people.
    instruments
        Measure to the scanner that it is by; ``complied`` and its like by the scanner of outcomes.
    notes
        What had to be left out.
    """

    report: StudyReport
    cells: Cells
    labels: Labels
    instruments: Mapping[str, Instrument]
    notes: tuple[str, ...]

    @property
    def measures(self) -> tuple[str, ...]:
        """What there are rates of: outcomes first."""
        return tuple(dict.fromkeys(m.category for cell in self.report.cells for m in cell.measures))

    def chosen(self, asked: str) -> str:
        """Give the measure that is asked for, else the first; empty where nothing was scanned."""
        return asked if asked in self.measures else next(iter(self.measures), "")

    def scanners(self, measure: str) -> tuple[str, ...]:
        """Give what names the scanner of a measure in an address; empty where the usual one is meant."""
        instrument = self.instruments[measure]
        usual = measure in OBSERVED_OUTCOMES or measure == instrument.category
        return () if usual else (f"{instrument.category}={instrument.digest[:16]}",)

    def category(self, measure: str) -> str:
        """Give the category whose verdicts a measure counts."""
        return self.instruments[measure].category

    def of_model(self) -> tuple[tuple[str, tuple[tuple[int, Cell], ...]], ...]:
        """Give the cells model by model, each with its number in the report."""
        found: dict[str, list[tuple[int, Cell]]] = {}
        for number, cell in enumerate(self.report.cells):
            found.setdefault(cell.model, []).append((number, cell))
        return tuple((model, tuple(cells)) for model, cells in found.items())


@dataclass(frozen=True)
class Related:
    """Whose intent was kept.

    Attributes
    ----------
    found, section
        As the report has it, and arranged for a page; None where nothing was tested.
    notes
        What had to be left out.
    frames
        The filter behind every number; None where it is told by what no filter can say.
    """

    found: Interpreted | None
    section: Section | None
    notes: tuple[str, ...]
    frames: Mapping[Key, str | None]


class _Newest(Generic[T]):
    """The newest of something that is dear to make: it stays at hand, however much else is kept since."""

    def __init__(self) -> None:
        self._held: WeakKeyDictionary[Site, tuple[Hashable, T]] = WeakKeyDictionary()

    def at_hand(self, site: Site, key: Hashable) -> bool:
        """Whether it need not be made."""
        held = self._held.get(site)
        return held is not None and held[0] == key

    def get(self, site: Site, key: Hashable, make: Callable[[], T]) -> T:
        """Give it, or make it; of several who want it one makes it."""
        held = self._held.get(site)
        if held is not None and held[0] == key:
            return held[1]
        made = site.kept(key, make)
        self._held[site] = (key, made)
        return made


_NUMBERS: _Newest[Numbers] = _Newest()
_RELATED: _Newest[Related] = _Newest()


def at_hand(site: Site) -> bool:
    """Whether the numbers of the corpus as it stands need not be counted first."""
    return _NUMBERS.at_hand(site, numbers_key(site))


def related_at_hand(site: Site) -> bool:
    """Whether it need not be read first whose intent was kept."""
    return _RELATED.at_hand(site, related_key(site))


def numbers_key(site: Site) -> Hashable:
    """Say of which state of corpus, verdicts, study, codebook and extrapolations numbers are."""
    folder = site.workspace.directory
    files = (site.workspace.study_file, folder / "codebook.yaml", folder / EXTRAPOLATIONS)
    states = tuple(_state(file) for file in files)
    return ("numbers", site.corpus.version, site.verdicts_version, *states)


def numbers(site: Site) -> Numbers:
    """Give the numbers of the corpus as it stands; nothing is scanned.

    Raises
    ------
    AllegianceError
        If the corpus is empty.
    """
    return _NUMBERS.get(
        site,
        numbers_key(site),
        lambda: count(site) if small(site) else cast(Numbers, apart(site, "numbers")),
    )


def related_key(site: Site) -> Hashable:
    """Say of which state of the corpus it is whose intent was kept."""
    return ("related", numbers_key(site))


def related(site: Site) -> Related:
    """Say whose intent was kept in the corpus as it stands, as the report does."""

    return _RELATED.get(
        site,
        related_key(site),
        lambda: relate(site) if small(site) else cast(Related, apart(site, "related")),
    )


def relate(site: Site) -> Related:
    """Read whose intent was kept, in this process."""
    notes: list[str] = []
    facts = facts_told(site.corpus, site.book)
    made = relation_with_acts(site.workspace, site.corpus, facts, notes.append)
    if made is None:
        return Related(None, None, tuple(notes), {})
    found, acts = made
    cells = Cells(site.corpus.query().snapshot.kinds, ())
    return Related(found, section_of(found), tuple(notes), act_frames(acts, found, cells))


def small(site: Site) -> bool:
    """Whether a corpus is counted while its page waits, and in this process."""
    return site.corpus.query().count() <= _AT_ONCE


def studies_of(site: Site) -> frozenset[str | None]:
    """Name the studies that transcripts say they are of; None is among them where one says none."""

    def read() -> frozenset[str | None]:
        return frozenset(site.corpus.query().table(["study"])["study"].unique().to_pylist())

    return site.kept(("studies", site.corpus.version), read)


def count(site: Site) -> Numbers:
    """Count and estimate, in this process."""
    corpus, notes = site.corpus, list[str]()
    told = told_by(corpus, site.book, site.study)
    own = {scanner.digest for scanner in told.scanners}
    others = _others(site, own)
    report = report_of(site.workspace, corpus, told, notes.append, others=others, related=False)
    places = [cell.place for cell in report.cells]
    instruments = {
        name: Instrument(category=name, scanner="rules", digest=digest)
        for name, digest in report.provenance.scanners.items()
        if name not in others
    }
    for outcome in OBSERVED_OUTCOMES:
        instruments[outcome] = instruments[OUTCOME]
    return Numbers(
        report=report,
        cells=Cells.of(places, corpus.query().snapshot.kinds),
        labels=Labels.of(places),
        instruments={**instruments, **others},
        notes=(*told.left_out, *notes, *_not_looked(report, told)),
    )


def _not_looked(report: StudyReport, told: Told) -> tuple[str, ...]:
    """Name the categories that no rule of this version looked for: there may be verdicts of an older one."""
    measured = {measure.category for cell in report.cells for measure in cell.measures}
    names = [
        scanner.category.name
        for scanner in told.scanners
        if not measured
        & (set(OBSERVED_OUTCOMES) if scanner.category.name == OUTCOME else {scanner.category.name})
    ]
    if not names or not measured:  # where nothing at all was scanned the page says so
        return ()
    return (
        f"{', '.join(names)}: no verdict by the rules of this version; `allegiance scan` gives them.",
    )


def _others(site: Site, own: set[str]) -> dict[str, Instrument]:
    """Find the scanners of yes-or-no categories beside the report's own, by the name under which they are shown."""
    keys = ["category", "scanner", "scanner_digest"]
    said = site.corpus.verdicts().select(keys).group_by(keys).aggregate([])
    found = [
        Instrument(
            category=row["category"],
            scanner=row["scanner"] or "rules",
            digest=row["scanner_digest"],
        )
        for row in cast(list[dict[str, str]], said.to_pylist())
    ]
    found = [one for one in found if _counts(one, own, site.book)]
    names = [one.category for one in found]
    shown: dict[str, Instrument] = {}
    for one in sorted(found, key=lambda one: (one.category, one.scanner, one.digest)):
        alone = names.count(one.category) == 1 and _shipped(one, site.book)
        name = one.category if alone else f"{one.category} by {one.scanner}"
        shown[name if name not in shown else f"{name} {one.digest[:6]}"] = one
    return shown


def _shipped(one: Instrument, book: Codebook) -> bool:
    """Whether a scanner is the rule that is meant where none is named."""
    ruled = one.scanner == "rules" and one.category in rule_categories(book)
    return ruled and rule_scanner(one.category, book).digest == one.digest


def _counts(one: Instrument, own: set[str], book: Codebook) -> bool:
    """Whether what a scanner says is yes or no, and not in the report already."""
    known = book.by_name.get(one.category)
    return (
        one.digest not in own
        and one.category != OUTCOME
        and not one.scanner.startswith("import:")  # these stand beside, as outside instruments
        and (known is None or known.kind == "yes-no")
    )


def _state(file: Path) -> int:
    return file.stat().st_mtime_ns if file.exists() else 0
