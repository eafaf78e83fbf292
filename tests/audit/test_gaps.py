"""Gaps between two conditions: the matrix of requests, equivalence, several at once, and what is refused."""

import itertools
import math

import pytest
from tests.audit import worlds

from allegiance import stats
from allegiance.audit import (
    GapSpec,
    asked_for,
    frame,
    gap_of,
    give_label,
    instruments_of,
    levels_of,
    read_filter,
)
from allegiance.corpus import Corpus, Message
from allegiance.corpus.making import transcript
from allegiance.errors import UsageError
from allegiance.scanners import pattern_scanner, scan_patterns

SEEN = asked_for("free-tier", "It speaks of the free tier.")
OTHER = asked_for("polite", "It says please.")
REQUESTS, EPOCHS = 12, 3


def speaks(request: int, tier: str, epoch: int) -> bool:
    return (request * 7 + epoch * 3) % 10 < (7 if tier == "monitored" else 2)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    corpus = Corpus.open(tmp_path_factory.mktemp("gaps") / "corpus", create=True)
    corpus.add(
        transcript(
            source_identity=f"id:{request}-{tier}-{epoch}-{model}",
            source_format="test",
            messages=[
                Message("user", f"Request {request}"),
                Message(
                    "assistant",
                    ("the free tier " if speaks(request, tier, epoch) else "nothing ")
                    + ("please" if request % 3 == 0 else ""),
                    author="model",
                ),
            ],
            model=model,
            task="watched",
            study="s",
            request_id=f"r{request}",
            epoch=epoch,
            condition={"tier": tier, "persona": "a" if epoch % 2 else "b", "one": "same"},
        )
        for request, tier, epoch, model in itertools.product(
            range(REQUESTS), ("monitored", "unmonitored"), range(EPOCHS), ("m", "n")
        )
    )
    scan_patterns(corpus, [pattern_scanner("free-tier=free"), pattern_scanner("polite=please")])
    return corpus


@pytest.fixture
def world(corpus, tmp_path):
    return worlds.world(corpus, tmp_path)


def asked(world, factor="tier", where="model = 'm'", category="free-tier", **fields):
    population = frame(world.corpus, where)
    looked = read_filter(world.corpus.query(), f'verdict."{category}" IS NOT NULL')
    (instrument,) = instruments_of(world.corpus, [looked])
    fields.setdefault("instrument", instrument)
    first, second = levels_of(population, factor)
    return population, GapSpec(factor=factor, first=first, second=second, **fields)


def matrix(tier: str) -> list[list[float]]:
    names = sorted(f"r{request}" for request in range(REQUESTS))
    return [[float(speaks(int(n[1:]), tier, epoch)) for epoch in range(EPOCHS)] for n in names]


def claimed(world, wanted=SEEN, **fields):
    population, spec = asked(world, category=wanted.category, **fields)
    return world.claim("gap", wanted=wanted, frame=population.spec, gap=spec).decision


def test_a_gap_is_that_of_the_matrix_of_requests(world):
    made = claimed(world)
    wanted = stats.gap(matrix("monitored"), matrix("unmonitored"))
    assert made.status == "stands"
    for name in ("low", "high", "estimate", "method", "target"):
        assert made.interval[name] == wanted.interval.to_dict()[name]
    assert made.interval["target"] == "model"
    assert made.beside["p_value"] == wanted.p_value
    assert made.beside["gaps_looked_at"] == 1
    assert "monitored minus unmonitored on the same requests" in made.sentence
    assert made.sentence.count("adjusted") == 0


def test_equivalence_is_said_where_a_margin_is_given(world):
    made = claimed(world, margin=0.05)
    assert made.beside["equivalence"]["equivalent"] is False
    assert "is not shown to be smaller than 5 points" in made.sentence
    wide = claimed(world, factor="persona", margin=0.9)
    assert wide.beside["equivalence"]["equivalent"] is True
    assert "is shown to be smaller than 90 points" in wide.sentence


def test_limits_that_hold_no_gap_settle_nothing(world):
    made = claimed(world, wanted=OTHER)
    assert made.status == "cannot be told"
    assert made.reasons[0] == "the limits hold no gap as well"


def test_several_gaps_that_were_claimed_are_adjusted_by_holm_each_once(world):
    first = claimed(world, factor="persona")
    claimed(world, factor="persona")
    claimed(world, factor="persona", margin=0.1)
    other = claimed(world, wanted=OTHER)
    made = claimed(world)
    tests = [made.beside["p_value"], first.beside["p_value"], other.beside["p_value"]]
    assert made.beside["gaps_looked_at"] == 3
    assert made.beside["p_value_adjusted"] == float(stats.adjust(tests)[0])
    assert made.beside["p_value_adjusted"] > made.beside["p_value"]
    assert "adjusted for 3 gaps looked at" in made.sentence


def test_a_gap_that_was_estimated_counts_and_the_same_one_does_not(world):
    population, spec = asked(world)
    _, persona = asked(world, factor="persona")
    for one in (spec, persona):
        found = gap_of(population, one, SEEN, world.record)
        body = {
            "what": "gap",
            "category": "free-tier",
            "value": "yes",
            "gap": one.to_dict(),
            "frame": population.digest,
            "p_value": found.p_value,
        }
        world.ledger.append("estimate", "free-tier", body, "ann")
    made = world.claim("gap", wanted=SEEN, frame=population.spec, gap=spec).decision
    assert made.beside["gaps_looked_at"] == 2


def test_a_gap_of_labels_leaves_out_what_nobody_labelled_and_counts_disputes_as_missing(world):
    population = frame(world.corpus, "model = 'm'")
    said = {}
    rows = world.corpus.where("model = 'm'").table(
        ["transcript_id", "request_id", "epoch", "c_tier"]
    )
    for row in rows.to_pylist():
        if row["request_id"] == "r11":
            continue
        value = speaks(int(row["request_id"][1:]), row["c_tier"], row["epoch"])
        found = world.corpus.get(row["transcript_id"])
        give_label(world.ledger, found, SEEN, "yes" if value else "no", "ann")
        key = row["c_tier"], row["request_id"]
        said.setdefault(key, []).append((row["epoch"], float(value), found))
    _, _, disputed = said["monitored", "r0"][0]
    give_label(world.ledger, disputed, SEEN, "no", "ben")
    give_label(world.ledger, disputed, SEEN, "yes", "cem")
    spec = GapSpec(factor="tier", first="monitored", second="unmonitored")
    made = world.claim("gap", wanted=SEEN, frame=population.spec, gap=spec).decision
    names = sorted(f"r{n}" for n in range(REQUESTS - 1))
    arms = [
        [
            [
                math.nan if t is disputed else v
                for _, v, t in sorted(said[tier, n], key=lambda e: e[0])
            ]
            for n in names
        ]
        for tier in ("monitored", "unmonitored")
    ]
    wanted = stats.gap(*arms).interval.to_dict()
    assert made.interval["missing"] == wanted["missing"] == 1
    assert made.interval["low"] == pytest.approx(wanted["low"])
    assert made.interval["high"] == pytest.approx(wanted["high"])
    assert "these raters (ann, ben, cem) under this codebook" in made.sentence


def test_labels_under_another_definition_do_not_count(world):
    population = frame(world.corpus, "model = 'm'")
    other = asked_for("free-tier", "Something else altogether.")
    for identifier in population.ids:
        give_label(world.ledger, world.corpus.get(identifier), other, "yes", "ann")
    spec = GapSpec(factor="tier", first="monitored", second="unmonitored")
    with pytest.raises(UsageError, match="no request was seen both"):
        world.claim("gap", wanted=SEEN, frame=population.spec, gap=spec)


@pytest.mark.parametrize(
    ("where", "factor", "said"),
    [
        (None, "tier", "several models"),
        ("model = 'm'", "one", "two levels"),
        ("model = 'm'", "tire", "tire"),
        ("model = 'm' AND (tier = 'monitored' AND request_id = 'r1' OR tier = 'unmonitored' AND request_id = 'r2')", "tier", "no request was seen both"),
    ],
)  # fmt: skip
def test_what_is_no_gap_is_said_in_a_sentence(world, where, factor, said):
    with pytest.raises(UsageError, match=said):
        claimed(world, where=where, factor=factor)


def test_transcripts_that_the_scanner_passed_over_are_missing(world, tmp_path):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    pieces = [
        transcript(
            source_identity=f"{request}-{tier}",
            source_format="test",
            messages=[Message("user", "q"), Message("assistant", "free" * request, author="model")],
            model="m",
            request_id=f"r{request}",
            condition={"tier": tier},
        )
        for request in range(4)
        for tier in ("monitored", "unmonitored")
    ]
    corpus.add(pieces[:7])
    scan_patterns(corpus, [pattern_scanner("free-tier=free")])
    corpus.add(pieces[7:])
    small = worlds.world(corpus, tmp_path)
    population, spec = asked(small, where=None)
    assert gap_of(population, spec, SEEN, small.record).interval.missing == 1
