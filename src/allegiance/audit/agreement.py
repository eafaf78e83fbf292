"""Agreement of raters by category: from the labels as they were given, whatever was settled later."""

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from msgspec import structs

from allegiance.audit.citing import known_property
from allegiance.audit.coefficients import ONE_VALUE, Coefficients, coefficients
from allegiance.audit.properties import asked_for
from allegiance.audit.record import Labelled, Record
from allegiance.audit.specs import Property
from allegiance.audit.terms import Shift, shift
from allegiance.scanners.codebook import Codebook


@dataclass(frozen=True)
class Agreement:
    """How far raters agree in a category, under one definition.

    Attributes
    ----------
    wanted
        The category and its definition.
    ordinal
        Whether its values have an order.
    raters, items
        Who labelled in it, and how many transcripts have a label.
    shared
        Transcripts that two raters or more labelled.
    coefficients
        On those; None where there are none.
    pairs
        Two values that two raters gave to one transcript, with how many times.
    differing, settled
        Transcripts on which raters differ, and those of them that an adjudicator settled.
    revised
        Labels that replaced one before, perhaps after raters had talked.
    terms
        How labels differ under the words of either side; None where none were given so.
    """

    wanted: Property
    ordinal: bool
    raters: tuple[str, ...]
    items: int
    shared: int
    coefficients: Coefficients | None
    pairs: tuple[tuple[str, str, int], ...]
    differing: int
    settled: int
    revised: int
    terms: Shift | None

    def to_dict(self) -> dict[str, Any]:
        """Return the agreement as JSON can carry it."""
        found = self.coefficients
        alpha = None if found is None else found.alpha
        undefined = found is not None and alpha is None
        return {
            "category": self.wanted.category,
            "definition": self.wanted.digest,
            "ordinal": self.ordinal,
            "raters": list(self.raters),
            "items": self.items,
            "shared": self.shared,
            "krippendorff_alpha": None if alpha is None else alpha.to_dict(),
            "alpha_undefined": ONE_VALUE if undefined else "",
            "gwet_ac1": None if found is None else found.ac1.to_dict(),
            "same": None if found is None else found.same.to_dict(),
            "pairs": [{"values": [one, other], "n": n} for one, other, n in self.pairs],
            "differing": self.differing,
            "settled": self.settled,
            "revised": self.revised,
            "terms": None if self.terms is None else self.terms.to_dict(),
        }


def agreement_of(
    record: Record,
    wanted: Property,
    *,
    ordinal: bool = False,
    draw: str | None = None,
    confidence: float = 0.95,
) -> Agreement:
    """Say how far raters agree in a category.

    Parameters
    ----------
    record
        The ledger; labels of persons that stand count, settlements don't.
    wanted
        The category; labels under another definition don't count, and `value` is that whose share
        the words of two sides are compared by.
    ordinal
        Whether its values have an order.
    draw
        Only labels given in this draw.
    confidence
        Nominal coverage.
    """
    labels = [
        one
        for one in record.labels(wanted.category, draw=draw)
        if one.label.definition == wanted.digest and one.label.source == "person"
    ]
    by_item: dict[str, list[Labelled]] = {}
    for one in labels:
        by_item.setdefault(one.label.transcript_id, []).append(one)
    shared = [
        {one.label.rater: one.label.value for one in said}
        for said in by_item.values()
        if len(said) > 1
    ]
    # A definition that is on record and not in the codebook any more may have had other values.
    said_once = {one.label.value for one in labels}
    values = (*wanted.values, *sorted(said_once.difference(wanted.values)))
    place = {value: k for k, value in enumerate(values)}
    pairs = Counter(
        tuple(sorted(pair, key=place.__getitem__))
        for said in shared
        for pair in combinations(said.values(), 2)
    )
    differing = [said for said in by_item.values() if len({o.label.value for o in said}) > 1]
    return Agreement(
        wanted=wanted,
        ordinal=ordinal,
        raters=tuple(sorted({one.label.rater for one in labels})),
        items=len(by_item),
        shared=len(shared),
        coefficients=coefficients(shared, values if ordinal else None, confidence)
        if shared
        else None,
        pairs=tuple(
            (one, other, pairs[(one, other)])
            for one, other in sorted(pairs, key=lambda pair: [place[value] for value in pair])
        ),
        differing=len(differing),
        settled=sum(record.settlement(said) is not None for said in differing),
        revised=sum(one.label.revises is not None for one in labels),
        terms=shift(labels, wanted, confidence),
    )


def labelled_in(
    record: Record, book: Codebook, draw: str | None = None, category: str | None = None
) -> list[Property]:
    """Give the categories that are labelled, each in the definition of its newest label.

    Parameters
    ----------
    draw, category
        Only labels of this draw, and only this category.

    Raises
    ------
    UsageError
        If nobody defines the category.
    """
    names = dict.fromkeys(one.label.category for one in record.labels(draw=draw))
    if category is not None:
        known = known_property(record, category, book=book)
        names = {known.category: None}
    found: list[Property] = []
    for name in names:
        labels = list(record.labels(name, draw=draw))
        drawn = record.draws.get(draw or "")
        declared = None if drawn is None else drawn.spec.property_of(name)
        known = declared or record.property_of(name) or _looked_up(book, name, labels)
        digests = [one.label.definition for one in labels]
        if digests and known.digest not in digests:
            known = structs.replace(known, digest=digests[-1])
        found.append(known)
    return found


def is_ordinal(book: Codebook, wanted: Property) -> bool:
    """Whether the values of a category have an order."""
    found = book.by_name.get(wanted.category)
    return found is not None and found.kind == "ordinal" and found.values == wanted.values


def _looked_up(book: Codebook, name: str, labels: list[Labelled]) -> Property:
    """A category of the codebook; of one that it does not have any more, the values that were said."""
    found = book.by_name.get(name)
    values = found.values if found is not None else tuple({o.label.value: 0 for o in labels})
    value = "yes" if "yes" in values else values[0]
    if found is not None:
        return asked_for(f"{name}={value}", book=book)
    return Property(category=name, value=value, values=values, digest=labels[-1].label.definition)
