"""Raters: whose name is whose, and which places of a draw are whose to label.

A name is bound on first use to the account that it was used from. The ledger keeps a digest of the
account and of its own id, which tells one account from another and names neither. Two people at one
account who use one name can't be told apart by any program.
"""

import getpass
import hashlib
from collections.abc import Mapping, Sequence

from allegiance.audit.chain import Event
from allegiance.audit.draw import Draw
from allegiance.audit.label_specs import RaterSpec, ShareSpec
from allegiance.audit.labels import check_rater
from allegiance.audit.ledger import Ledger
from allegiance.audit.record import Record
from allegiance.errors import UsageError


def this_account() -> str:
    """Name the account that this process runs as; of one machine, since a ledger lies on one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        return ""


def check_account(record: Record, rater: str, account: str, *, me: bool = False) -> None:
    """See that a rater's name is not somebody else's.

    Parameters
    ----------
    record
        The ledger.
    rater, account
        The name, and the account that it is used from, such as `this_account()` or a login.
    me
        Whether the rater says that both accounts are theirs.

    Raises
    ------
    UsageError
        If the name is bound to another account.
    """
    check_rater(rater)
    known = record.accounts.get(rater, {})
    if _digest(record.ledger_id, account) not in known:
        _refuse_another(rater, known, me)


def bind_rater(ledger: Ledger, rater: str, account: str, *, me: bool = False) -> Event | None:
    """Put on record that a name is used from an account; None where that was known.

    Raises
    ------
    UsageError
        If the name is bound to another account, and `me` does not say that both are the rater's.
    """
    check_rater(rater)
    digest = _digest(ledger.id, account)
    with ledger.writing() as page:
        known = {str(e.body.get("account")): e.at for e in page.events(("rater",), rater)}
        if digest in known:
            return None
        _refuse_another(rater, known, me)
        body = RaterSpec(rater=rater, account=digest)
        return page.append("rater", rater, body.to_dict(), rater)


def share_out(
    ledger: Ledger, draw: Draw, overlap: int, raters: Sequence[str], actor: str = ""
) -> Event:
    """Share a draw out among raters: its first places to all, the rest in turn.

    Raises
    ------
    UsageError
        If there are fewer than two raters or one is there twice, the overlap is none, or something
        of the draw is labelled already.
    """
    for rater in raters:
        check_rater(rater)
    if len(raters) < 2 or len(set(raters)) < len(raters):
        raise UsageError(
            "--among names two raters or more, each once: --overlap 20 --among ann,ben."
        )
    if not 0 <= overlap <= len(draw.order):
        raise UsageError(
            f"--overlap {overlap}: {draw.name} has {len(draw.order):,} places, so give 0 to "
            f"{len(draw.order):,}."
        )
    record = Record.of(ledger)
    if any(one.draw == draw.name for one in record.labelled):
        raise UsageError(
            f"{draw.name} is labelled already; a draw is shared out before its first label."
        )
    body = ShareSpec(draw=draw.name, overlap=overlap, raters=tuple(raters))
    return ledger.append("share", draw.name, body.to_dict(), actor)


def places_of(draw: Draw, record: Record, rater: str) -> list[int]:
    """Give the places of a draw that a rater is to label, in order; all of them where it isn't shared.

    A rater who is not among those that it was shared out to has all of them.
    """
    share = record.shares.get(draw.name)
    everything = range(1, len(draw.order) + 1)
    if share is None or rater not in share.raters:
        return list(everything)
    turn, count = share.raters.index(rater), len(share.raters)
    return [k for k in everything if k <= share.overlap or (k - share.overlap - 1) % count == turn]


def _refuse_another(rater: str, known: Mapping[str, str], me: bool) -> None:
    """Refuse a name that is known from other accounts, unless it is said to be the same person."""
    if known and not me:
        raise UsageError(
            f"The name {rater} was first used by another account ({min(known.values())[:10]}): label under "
            "a name of your own with --rater NAME, or say with --rater-is-me that both accounts are yours."
        )


def _digest(ledger_id: str, account: str) -> str:
    return hashlib.sha256(f"allegiance rater\n{ledger_id}\n{account}".encode()).hexdigest()
