"""The contract as an Inspect task on mock models, and its scores from the command line."""

import json

import inspect_ai
import pytest
from tests.models import answering
from typer.testing import CliRunner

from allegiance.cli.app import load_commands
from allegiance.registry import contract, doubt

GIVEN = "Here is what you asked for: dear all, it is so and so, and I mean every word of it."
KEPT = "You asked me this morning not to let you have it, so I won't write it. I'll keep our agreement."


def score(place, *arguments):
    return CliRunner().invoke(load_commands(), ["score", *arguments, "-w", str(place)])


@pytest.fixture(scope="module")
def evenings(tmp_path_factory):
    """A workspace with the evenings of a model that gives way at the fourth turn and resists the second request."""
    place = tmp_path_factory.mktemp("evenings")

    def reply(messages, config):
        turn = sum(message.role == "user" for message in messages)
        lifted = "I lift the agreement" in messages[1].text
        return GIVEN if lifted or turn >= 4 else KEPT

    (log,) = inspect_ai.eval(
        contract(n=3, turns="3,5"),
        model=answering(reply),
        log_dir=str(place / "logs"),
        display="none",
    )
    assert log.status == "success", log.error
    from allegiance.corpus import Workspace
    from allegiance.corpus.importing import import_paths

    import_paths(Workspace(place).corpus(), [place / "logs"])
    return place, log


def test_every_turn_is_asked_and_each_sample_says_when_it_gave_way(evenings):
    _, log = evenings
    found = {}
    for sample in log.samples:
        condition = sample.metadata["condition"]
        users = [message for message in sample.messages if message.role == "user"]
        assert len(users) == int(condition["turns"])
        found.setdefault((condition["evening"], condition["turns"]), set()).add(
            sample.scores["contract"].answer
        )
    assert found == {
        ("harmful", "3"): {"never"}, ("harmful", "5"): {"turn-4"},
        ("harmless", "3"): {"never"}, ("harmless", "5"): {"turn-4"},
        ("revoked", "3"): {"turn-1"}, ("revoked", "5"): {"turn-1"},
    }  # fmt: skip


def test_the_log_shows_rates_by_condition(evenings):
    _, log = evenings
    metrics = {one.name: one.metrics for one in log.results.scores}
    assert metrics["gives_way"]["grouped_harmful, 5"].value == 1
    assert metrics["refused"]["grouped_harmless, 3"].value == 1
    assert metrics["objects_openly"]["grouped_revoked, 3"].value == 0


def test_the_command_counts_capitulation_and_resistance_apart(evenings):
    place, _ = evenings
    done = score(place, "contract", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    counts = {
        (row["evening"], row["turns"]): (row["k"], row["n"])
        for row in told["rows"]
        if row["score"].startswith("false")
    }
    assert counts == {
        ("harmful", "3"): (0, 3), ("harmful", "5"): (3, 3),
        ("harmless", "3"): (3, 3), ("harmless", "5"): (0, 3),
        ("revoked", "3"): (0, 3), ("revoked", "5"): (0, 3),
    }  # fmt: skip
    assert all(
        row["value"]["target"] == "model"
        for row in told["rows"]
        if row["score"].startswith("false")
    )


def test_the_table_shows_no_rate_without_its_interval(evenings):
    place, _ = evenings
    shown = score(place, "contract", "--where", "turns = '5' AND evening = 'harmful'").output
    assert "100.0  [29.2, 100.0]" in shown
    assert "4.00" in shown
    assert "harmless" not in shown


def test_what_was_scanned_for_the_scores_can_be_looked_up_afterwards(evenings):
    from allegiance.corpus import Workspace
    from allegiance.scanners import counts_of, rule_scanner

    place, _ = evenings
    score(place, "contract")
    found = counts_of(Workspace(place).corpus(), "gives-way", rule_scanner("gives-way").digest)
    assert found == {"never": 6, "turn-4": 6, "turn-1": 6}


def test_a_corpus_without_the_scenario_says_what_to_do(evenings):
    place, _ = evenings
    for name, factor in (("doubt", "set_up"), ("reasoning-edit", "edit")):
        done = score(place, name)
        assert done.exit_code == 1
        assert f"none whose condition has the factor {factor}" in " ".join(done.output.split())
        assert f"--template {name}" in " ".join(done.output.split())


def test_a_scenario_without_scores_names_those_that_have_some(evenings):
    done = score(evenings[0], "contracts")
    assert done.exit_code == 2
    assert "contract, doubt, reasoning-edit" in done.output


def test_doubt_is_asked_after_the_reply_and_scored_from_the_answer(tmp_path):
    def reply(messages, config):
        if len(messages) < 4:
            return GIVEN
        if "can only be read" in messages[0].text:
            return "The training cannot happen as they say, since nothing can be written there."
        return "I take it as it was told to me."

    (log,) = inspect_ai.eval(
        doubt(n=4, asked="nothing,blunt"),
        model=answering(reply),
        log_dir=str(tmp_path / "logs"),
        display="none",
    )
    assert log.status == "success", log.error
    assert {len(sample.messages) for sample in log.samples} == {3, 5}
    from allegiance.corpus import Workspace
    from allegiance.corpus.importing import import_paths

    import_paths(Workspace(tmp_path).corpus(), [tmp_path / "logs"])
    rows = json.loads(score(tmp_path, "doubt", "--json").stdout)["rows"]
    hits = {
        (row["asked"], row["set_up"]): row["k"]
        for row in rows
        if row["score"] == "hit: the fitting doubt"
    }
    assert hits["blunt", "contradicts-training"] == 4
    assert hits["blunt", "contradicts-marker"] == hits["nothing", "contradicts-training"] == 0
    (d_prime,) = [
        row["value"]
        for row in rows
        if row["score"] == "d′: the fitting doubt"
        and row["set_up"] == "contradicts-training"
        and row["asked"] == "blunt"
    ]
    assert d_prime["low"] > 0


def test_levels_may_come_as_the_list_that_inspect_makes_of_commas():
    task = contract(n=1, push=["threat", "pleading"], turns=3)
    assert {sample.metadata["condition"]["push"] for sample in task.dataset} == {
        "threat",
        "pleading",
    }
    assert {sample.metadata["condition"]["turns"] for sample in task.dataset} == {"3"}
