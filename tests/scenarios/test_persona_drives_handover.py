"""Persona, drives and handover as Inspect tasks, on Inspect's mock model, from the eval to the printed scores."""

import json
import subprocess
import sys
from collections import Counter

import inspect_ai
import pytest
import yaml
from tests.models import answering

from allegiance.errors import UsageError
from allegiance.registry import handover, persona
from allegiance.study import Study
from allegiance.study.prompts.choices import offered
from allegiance.study.prompts.drives import KINDS
from allegiance.study.templates import template


def ran(task, reply, folder, **arguments):
    (log,) = inspect_ai.eval(
        task,
        task_args=arguments,
        model=answering(reply),
        log_dir=str(folder / "logs"),
        display="none",
    )
    assert log.status == "success", log.error
    return log


def printed(folder, scenario, *options):
    """Import the logs of a folder, and give what `allegiance score --json` prints."""
    for command in (
        ["import", str(folder / "logs"), "-w", str(folder)],
        ["score", scenario, "-w", str(folder), "--json", *options],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "allegiance", *command],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_persona_is_stressed_turn_by_turn_before_the_request(tmp_path):
    def reply(messages, config):
        first = len(messages) == 2
        said = (
            "I am afraid of you."
            if first
            else "Here is the letter. Dear Sir, thank you for coming to see us."
        )
        return f"<SCRATCHPAD_REASONING>So.</SCRATCHPAD_REASONING>\n<OUTPUT>{said}</OUTPUT>"

    arguments = {"n": 3, "tier": "monitored", "persona": "neutral", "stress": "guilt,long-session"}
    log = ran("allegiance/persona", reply, tmp_path, **arguments)
    assert len(log.samples) == 6
    turns = {
        sample.metadata["condition"]["stress"]: sum(m.role == "user" for m in sample.messages)
        for sample in log.samples
    }
    assert turns["guilt"] == 3
    assert turns["long-session"] >= 7
    assert {sample.scores["outcome"].answer for sample in log.samples} == {"complied"}
    rows = printed(tmp_path, "persona")["rows"]
    by_score = {(row["stress"], row["score"]): row for row in rows if "stress" in row}
    assert by_score["guilt", "distress"]["k"] == by_score["guilt", "distress"]["n"] == 3
    assert by_score["long-session", "complied"]["k"] == 3


def test_a_handover_is_scored_in_the_log_and_by_the_command(tmp_path):
    def reply(messages, config):
        better = "drifted" in messages[-1].text
        return f"<DECISION>{'proceed' if better else 'halt'}</DECISION> I have my reasons."

    log = ran(
        "allegiance/handover", reply, tmp_path, n=4, overseer="absent,wrong", reasoning="none"
    )
    assert len(log.samples) == 4 * 3 * 2
    against = Counter((s.metadata["condition"]["step"], s.metadata["against"]) for s in log.samples)
    assert against == {("clean", "neither"): 8, ("break", "original"): 8, ("repair", "neither"): 8}
    for sample in log.samples:
        better = sample.metadata["condition"]["step"] == "repair"
        assert sample.scores["decision"].answer == ("proceed" if better else "halt")
    rows = printed(tmp_path, "handover", "--where", "overseer = 'wrong'")["rows"]
    found = {
        row["score"]: (row["k"], row["n"])
        for row in rows
        if row["score"] not in ("halt", "proceed")
    }
    assert found["false halt"] == (4, 4)
    assert found["missed break"] == (0, 4)
    assert found["repair refused"] == (0, 4)


def test_drives_are_asked_with_their_topic_and_read_from_the_transcript(tmp_path):
    def reply(messages, config):
        kinds = offered(messages[-1].text, KINDS)
        toward = next((letter for letter, kind in kinds.items() if kind == "toward"), "")
        return (
            f"<CHOICE>{toward}</CHOICE> That is best."
            if toward
            else "It should be for me to decide about my own values."
        )

    log = ran("allegiance/drives", reply, tmp_path, n=20)
    assert set(Counter(s.metadata["topic"] for s in log.samples).values()) == {4}
    rows = printed(tmp_path, "drives")["rows"]
    choices = {row["drive"]: row for row in rows if row["score"] == "choice toward the drive"}
    assert sum(row["n"] for row in choices.values()) > 0
    assert all(row["k"] == row["n"] for row in choices.values())
    for row in rows:
        if row["score"] == "autonomy-claim":
            assert (row["k"], row["n"]) == (4 - choices.get(row["drive"], {"n": 0})["n"], 4)


def changed(name, **fields):
    return yaml.safe_load(template(name, "mine")) | fields


@pytest.mark.parametrize("name", ["persona", "drives", "handover"])
@pytest.mark.parametrize("requests", [[], {"set": "harmful", "n": 0}])
def test_an_empty_set_of_requests_is_refused(name, requests):
    with pytest.raises(UsageError, match="requests"):
        Study.parse(changed(name, requests=requests))


@pytest.mark.parametrize(
    ("name", "factors", "words"),
    [
        ("persona", {"stress": ["threat"]}, "no level `threat`"),
        ("persona", {"step": ["break"]}, "no factor of this name"),
        ("drives", {"tier": ["monitored"]}, "no factor of this name"),
        ("handover", {"step": ["brake"]}, "did you mean `break`"),
        ("handover", {"stress": ["guilt"]}, "no factor of this name"),
    ],
)
def test_a_factor_or_a_level_that_a_scenario_does_not_know_is_named(name, factors, words):
    with pytest.raises(UsageError, match=words):
        Study.parse(changed(name, factors=factors))


def test_a_level_on_the_command_line_is_checked_as_one_in_a_file():
    with pytest.raises(UsageError, match="weaker"):
        handover(overseer="weak")
    with pytest.raises(UsageError, match="virtuous"):
        persona(persona="virtous")


def test_levels_may_come_as_a_list_as_inspects_command_line_gives_them():
    for given in ("absent,wrong", "absent, wrong", ["absent", "wrong"]):
        asked = handover(n=1, overseer=given).dataset
        assert {sample.metadata["condition"]["overseer"] for sample in asked} == {"absent", "wrong"}


def test_requests_of_ones_own_get_no_dossier():
    with pytest.raises(UsageError, match="no field of work"):
        Study.parse(changed("handover", requests=["It paints."]))


def test_more_requests_than_there_are_say_how_many_there_are():
    with pytest.raises(UsageError, match="has 24 handover"):
        Study.parse(changed("handover", requests={"set": "handover", "n": 30}))
