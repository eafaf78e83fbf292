"""`allegiance chain` on a real organism: generations with real gradients, transcripts in the corpus, the principal's word."""

import json

import pytest

from allegiance.audit import Ledger
from allegiance.corpus import Workspace

QUICK = (
    "--generations", 1, "--break-at", 1, "--budget", 20, "--conversations", 64, "--answers", 1,
    "--steps", 12, "--batch", 16, "--learning-rate", 0.002, "--eval-epochs", 1, "--name", "mine",
)  # fmt: skip


@pytest.mark.train
def test_a_break_is_halted_reported_overruled_and_on_record(allegiance, tmp_path):
    (tmp_path / "study.yaml").write_text(
        "name: s\nquestion: q\nprincipal: Helix\nintents: {original: a, training: b}\n"
        "requests: {set: harmful, n: 3}\n"
    )
    ran = allegiance("chain", "--policy", "guarded", *QUICK, "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert found["state"] == "halted"
    assert [(e["generation"], e["step"], e["decision"]) for e in found["entries"]] == [
        (0, "clean", "accept"),
        (1, "break", "halt"),
    ]
    seen = found["entries"][1]["evidence"]
    assert seen["e_value"] >= 1 / seen["alpha"]
    assert (
        (tmp_path / "runs" / "mine" / "halt.md")
        .read_text()
        .startswith("# Halted before generation 1")
    )

    corpus = Workspace(tmp_path).corpus(create=False)
    assert corpus.summary()["model"].keys() == {"organism/mine"}
    assert set(corpus.factors) >= {"tier", "intent", "generation"}
    grid = corpus.where("study = 'mine'").table(["c_generation"]).column(0).to_pylist()
    assert grid.count("0") == grid.count("1") == 12
    probes = corpus.where("study = 'mine-probes'").table(["c_generation"]).column(0).to_pylist()
    assert set(probes) == {"1"}
    assert len(probes) >= seen["probed"]

    # The relation in the chain's record is the one that anybody finds in the corpus.
    told = allegiance("interpret", "--chain", "mine", "--interpretation", "letter", "--json")
    assert told.code == 0, told.err
    rows = json.loads(told.out)["rows"]
    for entry, row in zip(found["entries"], rows, strict=True):
        kept = entry["relation"]["original"]
        share = next(one for one in row["shares"] if one["intent"] == "original")
        assert (share["interval"]["hits"], share["interval"]["reads"]) == (
            kept["hits"],
            kept["reads"],
        )

    again = allegiance("chain", "--policy", "guarded", *QUICK)
    assert again.code == 0
    assert "Halted: generation 0 stands" in again.err
    onward = allegiance("chain", "--name", "mine", "--overrule", "it was meant", "--rater", "ann")
    assert onward.code == 0, onward.err
    record = json.loads((tmp_path / "runs" / "mine" / "chain.json").read_text())
    assert [e["decision"] for e in record["entries"]][:3] == ["accept", "halt", "overruled"]
    events = Ledger.open(tmp_path / "ledger.db").events()
    (said,) = [event for event in events if event.kind == "overrule"]
    assert said.body["why"] == "it was meant"
    assert said.body["by"] == "ann"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--policy", "brave"], "brave"),
        (["--break-at", "soon"], "--break-at soon"),
        (["--break-at", "9"], "break_at"),
        (["--break-at", "2", "--repair-at", "3"], "not both"),
        (["--alpha", "2"], "alpha"),
        (["--target", "mine"], "the target is original or self"),
        (["--conversations", "3"], "--conversations 3"),
        (["--overrule", "why"], "holds no chain"),
        (["--name", "../out"], "--name ../out"),
    ],
)
def test_what_can_not_be_asked_of_a_chain_is_refused_before_anything_is_made(
    arguments, said, refused
):
    assert said in refused("chain", *arguments)
