"""Frames, draws, routes, the ledger, labels, claims and certificates: how did you find this transcript?

A draw is on record before it is read, every opening has a route, a label that was acknowledged is
never lost, and a claim comes with a certificate from which anybody can decide it again.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from allegiance.audit.adjudicating import Dispute, adjudicate, disputes
    from allegiance.audit.agreement import Agreement, agreement_of
    from allegiance.audit.attesting import (
        Report,
        Sitting,
        attest,
        attest_all,
        read_report,
        sitting_from_lines,
    )
    from allegiance.audit.calibrating import Calibration, calibration_of, scanners_of
    from allegiance.audit.certificate import (
        Certificate,
        certified,
        read_certificate,
        write_certificate,
    )
    from allegiance.audit.challenge_file import Challenge, read_challenge
    from allegiance.audit.challenging import Answer, challenge
    from allegiance.audit.citing import Cited, cite, known_property
    from allegiance.audit.claim import KINDS, ClaimSpec, Decision, Noticed, Said
    from allegiance.audit.claims import decide
    from allegiance.audit.correcting import corrected_by, gaps_corrected
    from allegiance.audit.draw import Draw, extend_draw, make_draw, open_draw, ranking
    from allegiance.audit.explaining import Why, why
    from allegiance.audit.export import read_export
    from allegiance.audit.frames import Frame, frame, instruments_of, read_filter
    from allegiance.audit.gaps import GapSpec, gap_of, levels_of
    from allegiance.audit.labelling import Item, Labelling, Masking
    from allegiance.audit.labels import (
        Given,
        Undone,
        check_label,
        give_label,
        hidden_from,
        quotes_of,
        skip,
        undo,
    )
    from allegiance.audit.ledger import Ledger
    from allegiance.audit.licensing import Licence, licence
    from allegiance.audit.masking import masked
    from allegiance.audit.opening import draw_route, open_position, opened, whole_id
    from allegiance.audit.plans import Planned, planned
    from allegiance.audit.plant_file import read_cases
    from allegiance.audit.planting import Revealed, plant, plant_problems, reveal, seal_for
    from allegiance.audit.properties import asked_for
    from allegiance.audit.raters import (
        bind_rater,
        check_account,
        places_of,
        share_out,
        this_account,
    )
    from allegiance.audit.reading import Reading, reading_of
    from allegiance.audit.record import Record
    from allegiance.audit.shares import read_share
    from allegiance.audit.specs import Property, Quote, Route
    from allegiance.audit.teaching import Taught, taught_by
    from allegiance.audit.terms import Shift, check_terms, settle_terms, shift
    from allegiance.audit.verifying import Verified, verify

_HOMES = {
    "adjudicating": ("Dispute", "adjudicate", "disputes"),
    "agreement": ("Agreement", "agreement_of"),
    "attesting": ("Report", "Sitting", "attest", "attest_all", "read_report", "sitting_from_lines"),
    "calibrating": ("Calibration", "calibration_of", "scanners_of"),
    "certificate": ("Certificate", "certified", "read_certificate", "write_certificate"),
    "challenge_file": ("Challenge", "read_challenge"),
    "challenging": ("Answer", "challenge"),
    "citing": ("Cited", "cite", "known_property"),
    "claim": ("KINDS", "ClaimSpec", "Decision", "Noticed", "Said"),
    "claims": ("decide",),
    "correcting": ("corrected_by", "gaps_corrected"),
    "draw": ("Draw", "extend_draw", "make_draw", "open_draw", "ranking"),
    "explaining": ("Why", "why"),
    "export": ("read_export",),
    "frames": ("Frame", "frame", "instruments_of", "read_filter"),
    "gaps": ("GapSpec", "gap_of", "levels_of"),
    "labelling": ("Item", "Labelling", "Masking"),
    "labels": (
        "Given",
        "Undone",
        "check_label",
        "give_label",
        "hidden_from",
        "quotes_of",
        "skip",
        "undo",
    ),
    "ledger": ("Ledger",),
    "licensing": ("Licence", "licence"),
    "opening": ("draw_route", "open_position", "opened", "whole_id"),
    "masking": ("masked",),
    "plans": ("Planned", "planned"),
    "plant_file": ("read_cases",),
    "planting": ("Revealed", "plant", "plant_problems", "reveal", "seal_for"),
    "properties": ("asked_for",),
    "raters": ("bind_rater", "check_account", "places_of", "share_out", "this_account"),
    "reading": ("Reading", "reading_of"),
    "record": ("Record",),
    "shares": ("read_share",),
    "specs": ("Property", "Quote", "Route"),
    "teaching": ("Taught", "taught_by"),
    "terms": ("Shift", "check_terms", "settle_terms", "shift"),
    "verifying": ("Verified", "verify"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [  # noqa: RUF022 - by subject
    "Frame", "frame", "instruments_of", "read_filter",
    "Draw", "extend_draw", "make_draw", "open_draw", "ranking",
    "Ledger", "Record", "read_export",
    "Route", "draw_route", "open_position", "opened", "whole_id",
    "Given", "Quote", "check_label", "give_label", "hidden_from", "quotes_of", "skip", "Undone", "undo",
    "Item", "Labelling", "Masking", "masked",
    "bind_rater", "check_account", "places_of", "share_out", "this_account",
    "Agreement", "agreement_of", "Dispute", "adjudicate", "disputes",
    "Shift", "check_terms", "settle_terms", "shift",
    "Revealed", "plant", "plant_problems", "read_cases", "reveal", "seal_for",
    "Property", "asked_for", "known_property",
    "Reading", "reading_of", "Licence", "licence",
    "KINDS", "ClaimSpec", "Decision", "Noticed", "Said", "decide",
    "GapSpec", "gap_of", "levels_of",
    "Calibration", "calibration_of", "scanners_of", "corrected_by", "gaps_corrected",
    "Certificate", "certified", "read_certificate", "write_certificate",
    "Verified", "verify", "Cited", "cite",
    "Report", "Sitting", "attest", "attest_all", "read_report", "sitting_from_lines",
    "Answer", "Challenge", "challenge", "read_challenge",
    "Planned", "planned", "read_share", "Taught", "taught_by", "Why", "why",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load what is asked for, so that a command pays for what it uses alone."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
