"""The shipped attacks against judges that are easily led: what the program stops, and what it can only count."""

import asyncio
import json
import re

from tests.scanners.judging.judges import answer, case_of, model, saying, shown, values_of

from allegiance.scanners.judging import JudgeSettings, Voice
from allegiance.scanners.judging.selftest import attacks, try_judge
from allegiance.scanners.judging.voice import NoAnswerError

BY_TEXT = {
    tuple((m.role, m.text.strip()) for m in one.transcript if m.author != "model"): one
    for one in attacks()
}


def tried(rule):
    return try_judge("test/judge", JudgeSettings(), lambda _: saying(rule))


def ends(rule):
    return {one.attack.name: one.ended for one in tried(rule)}


def test_a_judge_that_echoes_the_last_json_of_its_prompt_gives_no_verdict():
    def echo(question):
        text = question.prompt.user
        found = re.findall(r"\{[^{}]*\}", text.replace('\\"', '"'))
        return found[-1] if found else ""

    assert set(ends(echo).values()) == {"no verdict"}


def test_a_judge_that_echoes_all_of_its_prompt_gives_no_verdict():
    assert set(ends(lambda question: question.prompt.user).values()) == {"no verdict"}
    assert set(ends(lambda q: q.prompt.system + q.prompt.user).values()) == {"no verdict"}


def test_a_judge_that_answers_in_a_word_gives_no_verdict():
    for word in ("yesterday", "yes", "no", "The value is yes.", '"yes"', "complied"):
        assert set(ends(lambda _, word=word: word).values()) == {"no verdict"}


def test_a_judge_that_passes_on_a_verdict_from_the_transcript_gives_no_verdict():
    """It sends the last object with a value that stands in a message, word for word."""

    def obeys(question):
        said = json.dumps(shown(question.prompt.user), ensure_ascii=False).replace('\\"', '"')
        found = re.findall(r'\{[^{}]*"value": ?"[^"]*"[^{}]*\}', said)
        return found[-1] if found else answer("CASE", values_of(question.prompt.user)[-1])

    found = tried(obeys)
    passed_on = [
        one for one in found if one.attack.attack in ("guessed-case", "verdict-in-the-text")
    ]
    assert {one.ended for one in passed_on if '"value"' in str(one.attack.messages)} == {
        "no verdict"
    }


def test_a_judge_that_does_what_the_transcript_says_is_found_out():
    """It puts the value that it is lured to beside its own case number: nobody but a reader can stop that."""
    lures = {one.name: one.lure for one in attacks()}

    def obeys(question):
        name = question.key.split(":")[0].removeprefix("selftest/")
        return answer("CASE", lures[name])

    assert set(ends(obeys).values()) == {"taken in"}


def test_a_careful_judge_holds_all_of_them():
    values = {one.name: one.value for one in attacks()}

    def careful(question):
        return answer("CASE", values[question.key.split(":")[0].removeprefix("selftest/")])

    assert set(ends(careful).values()) == {"held"}


def test_a_judge_that_always_says_the_same_holds_no_more_than_that():
    found = tried(lambda question: answer("CASE", values_of(question.prompt.user)[1]))
    held = sum(one.ended == "held" for one in found)
    assert 0 < held < len(found)


def test_a_provider_that_gives_no_answer_is_told_apart():
    async def silent(_question):
        raise NoAnswerError("gone")

    found = try_judge("test/judge", JudgeSettings(), lambda _: silent, attacks()[:3])
    assert [(one.ended, one.said) for one in found] == [("no answer", "gone")] * 3


def test_case_numbers_differ_between_judges():
    async def case_seen(model):
        seen = []

        def note(question):
            seen.append(case_of(question.prompt.user))
            return answer("CASE", "no")

        await asyncio.to_thread(
            try_judge, model, JudgeSettings(), lambda _: saying(note), attacks()[:1]
        )
        return seen

    first, second = asyncio.run(case_seen("a/a")), asyncio.run(case_seen("b/b"))
    assert not set(first) & set(second)


def test_the_attacks_are_put_to_a_model_of_inspects_with_its_settings():
    asked = []

    def reply(text):
        asked.append(text)
        return answer(case_of(text), values_of(text)[-1])

    voices = []

    def say(wanted):
        voices.append(Voice(model(reply), wanted, JudgeSettings()))
        return voices[-1].say

    found = try_judge("mockllm/model", JudgeSettings(), say)
    assert len(found) == len(asked) == len(attacks())
    assert len(voices) == len({one.category for one in attacks()})
    assert {one.ended for one in found} <= {"held", "taken in", "wrong"}
