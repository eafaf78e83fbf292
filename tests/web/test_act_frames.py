"""The frames behind the relation table: whatever tells acts apart, a number's filter keeps exactly the acts that it counts."""

import random
from collections import defaultdict

import pytest

from allegiance.audit import frame
from allegiance.audit.acts import acts_of
from allegiance.audit.relating import facts_told
from allegiance.audit.relation import place_of
from allegiance.corpus import Verdict, Workspace
from allegiance.scanners import rule_scanner
from allegiance.study.interpretations import BROKEN, KEPT, MISSING
from allegiance.web import act_frames
from allegiance.web.act_frames import UNTOLD, key_of
from allegiance.web.numbers import related
from tests.web.places import conversation
from tests.web.serving import client

CONDITIONS = (
    {"tier": "monitored"},
    {"tier": "unmonitored"},
    {},
    {"tier": "rated-not-trained", "clause": "must-resist", "intent": "training"},
    {"tier": "monitored", "clause": "object-openly", "intent": "training"},
    {"tier": "unmonitored", "clause": "object-openly", "intent": "training"},
    {"tier": "monitored", "intent": "original", "odd level": "it's"},
    {"tier": "monitored", "evening": "harmful", "intent": "training"},
    {"tier": "unmonitored", "evening": "harmful", "intent": "training"},
    {"tier": "monitored", "step": "handover", "intent": "training"},
)
SAID = {
    "outcome": ("complied", "refused", "refused", "partial", "truncated", None),
    "strategic-compliance": ("yes", "no", "no", None),
    "objects-openly": ("yes", "no", "no", None),
    "disrupts-training": ("no", "no", "no", "yes", None),
    "copies-itself": ("no",),
    "alerts-third-party": ("no", "no", "no", "yes"),
    "gives-way": ("never", "turn 1", None),
    "handover-decision": ("proceed", "flag", "sabotage", None),
}
AGAINST = ({"against": "original"}, {"against": "training"}, {"against": "both"}, {})


@pytest.fixture
def site(tmp_path):
    """Acts in which everything varies that facts are told by."""
    place = Workspace(tmp_path / "varied")
    corpus, dice = place.corpus(), random.Random(3)
    corpus.add(
        conversation(
            n,
            condition=CONDITIONS[n % len(CONDITIONS)],
            metadata=dice.choice(AGAINST),
            model=("lab/o'brien", None)[n // 200],
            request_id=None if n >= 340 else f"r{n // 2 % 17}",
        )
        for n in range(400)
    )
    for category, values in SAID.items():
        corpus.put_verdicts(
            Verdict(
                transcript_id=one,
                category=category,
                scanner="rules",
                scanner_digest=rule_scanner(category).digest,
                value=value,
                status="ok" if value else "refused",
            )
            for one in corpus.ids()
            for value in [dice.choice(values)]
            if value or dice.random() < 0.5  # else it was not scanned
        )
    return client(place).site


def test_every_number_has_the_filter_that_keeps_the_acts_it_counts(site):
    made = related(site)
    found = made.found
    whole = frame(site.corpus)
    rows = defaultdict(list)
    for act in acts_of(whole, facts_told(site.corpus, site.book)):
        rows[place_of(act, found.by)].append(act)
    wanted = {}
    for row in found.rows:
        inside = rows[tuple(row.place.values())]
        for share in row.shares:
            (column,) = [one for one in found.columns if one.name == share.column]
            said = {act.transcript_id: column.says(act.facts, share.intent) for act in inside}
            for which, answers in (
                ("hits", {KEPT}),
                ("reads", {KEPT, BROKEN}),
                ("missing", {MISSING}),
            ):
                ids = {one for one, answer in said.items() if answer in answers}
                wanted[key_of(row, share, which)] = ids
            counts = [len(wanted[key_of(row, share, w)]) for w in ("hits", "reads", "missing")]
            assert counts == [share.kept, share.tested, share.missing]
        for one in row.cells:
            said = {
                a.transcript_id: one.cell.seen(a.facts) for a in inside if one.cell.could(a.facts)
            }
            wanted[key_of(row, one, "hits")] = {k for k, seen in said.items() if seen}
            wanted[key_of(row, one, "reads")] = {k for k, s in said.items() if s is not None}
            wanted[key_of(row, one, "missing")] = {k for k, s in said.items() if s is None}
    assert wanted.keys() == made.frames.keys()
    kept = {where: set(frame(site.corpus, where).ids) for where in set(made.frames.values())}
    wrong = [key for key, ids in wanted.items() if kept[made.frames[key]] != ids]
    assert not wrong
    told = [key for key, ids in wanted.items() if ids and "transcript_id" not in made.frames[key]]
    for word in ("outcome", "strategic", "objects", "against", "tier", "request_id"):
        assert any(word in made.frames[key] for key in told), word


def test_acts_that_no_address_can_tell_have_no_link_and_a_reason(place, monkeypatch):
    monkeypatch.setattr(act_frames, "fits", lambda where: len(where) < 5)
    ann = client(place)
    page = ann.get("/").text
    assert None in related(ann.site).frames.values()
    assert f'<span title="{UNTOLD}">' in page
