"""Draws and labels in a workspace of the workbench's tests, made as somebody at the keyboard makes them."""

from allegiance.audit import asked_for, give_label, make_draw, open_position
from allegiance.corpus import Workspace
from tests.web.serving import Client, client


def drawn(
    place: Workspace,
    name: str = "first",
    n: int = 10,
    category: str = "doubts",
    hits: tuple[int, ...] = (2,),
    rater: str = "ben",
    labelled: int | None = None,
    **more,
) -> Client:
    """Make a draw, open and label the first places of it, and come to the workbench."""
    ann = client(place)
    corpus, ledger, wanted = ann.site.corpus, ann.site.ledger, asked_for(category)
    draw = make_draw(corpus, ledger, name, n=n, properties=[wanted], actor="ann", **more)
    for position in range(1, (n if labelled is None else labelled) + 1):
        transcript = corpus.get(open_position(draw, ledger, position, rater))
        other = next(value for value in wanted.values if value != wanted.value)
        value = wanted.value if position in hits else other
        give_label(ledger, transcript, wanted, value, rater, draw=draw, hidden=("verdicts",))
    return ann
