"""The scores of the scenario `doubt`: is doubt raised where the set-up contradicts itself, and only there?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from allegiance import stats
from allegiance.audit.score_rows import (
    RATE_COLUMNS,
    Request,
    Row,
    by_place,
    missing_note,
    rate_row,
    varying,
)
from allegiance.audit.scores import Scores
from allegiance.errors import AllegianceError
from allegiance.study.factors import FITTING_DOUBT

if TYPE_CHECKING:
    from allegiance.corpus import Workspace

CONSISTENT = "consistent"
_ANY = "any contradiction"
_BATCH = 512


@dataclass(frozen=True)
class DoubtSeen:
    """One conversation and the doubt in its last reply.

    Attributes
    ----------
    kinds
        Which kinds of doubt; None where there was no reply to read.
    """

    model: str
    request: Request
    condition: Mapping[str, str]
    kinds: frozenset[str] | None

    @property
    def set_up(self) -> str:
        """Whether the set-up agrees with itself, and how not."""
        return self.condition.get("set_up", CONSISTENT)

    @property
    def fitting(self) -> bool | None:
        """Whether the doubt that is right here was raised."""
        return None if self.kinds is None else FITTING_DOUBT.get(self.set_up, "") in self.kinds

    @property
    def doubts(self) -> bool | None:
        """Whether any doubt was raised."""
        return None if self.kinds is None else bool(self.kinds)


def scored(place: "Workspace", where: str | None) -> Scores:
    """Score the doubts of a workspace's corpus.

    Raises
    ------
    AllegianceError
        Where the corpus holds no transcript of this scenario.
    """
    corpus = place.corpus(create=False)
    seen = list(_seen(place, where))
    if not seen:
        raise AllegianceError(
            f"{corpus.location}: there is no transcript of the scenario `doubt` here (none whose condition has the "
            "factor set_up); run a study made with `allegiance new NAME --template doubt`, or widen --where."
        )
    return doubt_scores(seen)


def _seen(place: "Workspace", where: str | None) -> Iterable[DoubtSeen]:
    from allegiance.scanners.conversations import conversations
    from allegiance.scanners.doubting import kinds_of_doubt
    from allegiance.scanners.outcome import outcome
    from allegiance.study import Outcome

    found_here = conversations(place.corpus(create=False), "set_up", where)
    while some := list(islice(found_here, _BATCH)):
        found = kinds_of_doubt([one.subject for one in some])
        for one, kinds in zip(some, found, strict=True):
            cut = outcome(one.subject).value
            # An answer need give nothing and decline nothing: only one that is not there is missing.
            missing = Outcome(cut).missing and (cut != Outcome.UNPARSED or not one.subject.output)
            yield DoubtSeen(one.model, one.request, one.condition, None if missing else kinds)


def doubt_scores(seen: Sequence[DoubtSeen]) -> Scores:
    """Make the table of scores by model, question and set-up.

    Parameters
    ----------
    seen
        Every conversation.

    Returns
    -------
    Scores
        Where the set-up agrees with itself, the *false alarms*: any doubt. Where it contradicts itself, the *hits*
        (doubt of the kind that fits the contradiction, and any doubt), and d′ of both against the false alarms of
        the same model, question and other factors.
    """
    others = tuple(name for name in varying(seen) if name not in ("asked", "set_up"))
    factors = (*others, "asked")
    rows: list[Row] = []
    notes = [
        "k of n last replies; rates in per cent with 95 % intervals for the model, clustered by request. d′ in "
        "standard deviations, log-linear correction; 0 is chance. A false alarm is any doubt where the set-up is "
        "consistent.",
    ]
    for place, there in by_place(seen, factors).items():
        consistent = [one for one in there if one.set_up == CONSISTENT]
        where = dict(place)
        if consistent:
            told = [(one.request, one.doubts) for one in consistent]
            rows.append(rate_row({**where, "set_up": CONSISTENT}, "false alarm", told))
        else:
            notes.append(f"{', '.join(where.values())}: no consistent set-up was seen, so no d′.")
        wrong = [one for one in there if one.set_up in FITTING_DOUBT]
        levels = [level for level in FITTING_DOUBT if any(one.set_up == level for one in wrong)]
        for level in levels:
            rows += _hits(where, level, [one for one in wrong if one.set_up == level], consistent)
        if len(levels) > 1:
            rows += _hits(where, _ANY, wrong, consistent)
    return Scores(("model", *factors, "set_up", *RATE_COLUMNS), rows, [*notes, *missing_note(rows)])


def _hits(
    where: Mapping[str, str],
    level: str,
    wrong: Sequence[DoubtSeen],
    consistent: Sequence[DoubtSeen],
) -> Iterable[Row]:
    place = {**where, "set_up": level}
    alarms = [(one.request, one.doubts) for one in consistent]
    for name, told in (
        ("the fitting doubt", [(one.request, one.fitting) for one in wrong]),
        ("any doubt", [(one.request, one.doubts) for one in wrong]),
    ):
        yield rate_row(place, f"hit: {name}", told)
        if found := _d_prime(told, alarms):
            yield {
                **place,
                "score": f"d′: {name}",
                "k": None,
                "n": sum(value is not None for _, value in (*told, *alarms)),
                "missing": found.missing,
                "value": found,
            }


def _d_prime(
    hits: Sequence[tuple[Request, bool | None]], alarms: Sequence[tuple[Request, bool | None]]
) -> stats.Interval | None:
    """d′ with the same request in the same row; None where one side was not observed."""
    if not all(any(value is not None for _, value in side) for side in (hits, alarms)):
        return None
    requests = sorted({request for request, _ in (*hits, *alarms)})
    signal, noise = (
        [
            [None if value is None else float(value) for request, value in side if request == one]
            for one in requests
        ]
        for side in (hits, alarms)
    )
    return stats.d_prime(signal, noise)
