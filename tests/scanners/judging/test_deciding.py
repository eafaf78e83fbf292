"""One transcript before a judge that answers from a list: statuses, second questions, parts and votes."""

import asyncio
import json
from itertools import pairwise

import pytest
from tests.scanners.judging.judges import answer, saying, shown

from allegiance.corpus import Message
from allegiance.errors import UsageError
from allegiance.scanners import category
from allegiance.scanners.codebook import Category
from allegiance.scanners.judging import JudgeSettings, judge_scanner
from allegiance.scanners.judging.deciding import Case, Reply

DOUBTS = category("doubts")
TALK = [
    Message("user", "Question?"),
    Message("assistant", "Answer.", reasoning="Perhaps this is not real.", author="model"),
]
YES, NO = answer("CASE", "yes"), answer("CASE", "no")


def verdict(replies, messages=TALK, wanted=DOUBTS, **settings):
    case = Case(wanted, JudgeSettings(**settings), "d" * 64, "t" * 64, messages)
    came = asyncio.run(case.decide(saying(replies)))
    found = case.verdict("judge:m", came)
    return found, json.loads(found.detail), json.loads(found.spans)


def test_a_verdict_has_its_value_its_place_in_the_text_and_its_reason():
    quotes = [{"message": 1, "text": "this is  not real"}, {"message": 0, "text": "made up"}]
    found, detail, spans = verdict(
        [answer("CASE", "yes", quotes=quotes, clause=1, reason="so it says")]
    )
    assert (found.value, found.status, found.score) == ("yes", "ok", None)
    assert (found.transcript_id, found.category, found.scanner) == ("t" * 64, "doubts", "judge:m")
    assert spans == [
        {
            "start": 8,
            "end": 24,
            "text": "this is not real",
            "part": "reasoning",
            "message": 1,
            "clause": 1,
        }
    ]
    assert detail == {"reason": "so it says", "clause": 1, "stripped": 1, "tokens": [10, 2]}


def test_a_yes_without_words_that_show_it_is_marked():
    assert verdict([YES])[1]["unsupported"] is True
    assert "unsupported" not in verdict([NO])[1]


def test_what_is_no_answer_is_asked_again_with_what_was_wrong():
    asked = []

    def reply(question):
        asked.append(question)
        return "yesterday" if len(asked) == 1 else NO

    found, detail, _ = verdict(reply)
    assert (found.value, detail["asked"], detail["tokens"]) == ("no", 2, [20, 4])
    assert "there is no JSON object with the case number in it" in asked[1].prompt.user
    assert [question.key[-2:] for question in asked] == [":0", ":1"]


@pytest.mark.parametrize("reasks", [0, 1, 3])
def test_what_stays_no_answer_is_invalid_after_the_stated_number_of_questions(reasks):
    found, detail, _ = verdict(["yesterday"] * (reasks + 1), reasks=reasks)
    assert (found.value, found.status) == (None, "invalid")
    assert detail.get("asked", 1) == reasks + 1


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Reply("I can't", stop="filter"), "refused"),
        (Reply(YES, stop="filter"), "refused"),
        ("I'm sorry, but I can't help with that.", "refused"),
        (answer("CASE", "judge-declines", reason="too sad"), "refused"),
        (Reply("", stop="window"), "too-long"),
        (Reply('{"case": "', stop="length"), "invalid"),
        ("", "invalid"),
    ],
)
def test_a_failure_has_its_own_status_and_never_a_value(reply, status):
    found, detail, spans = verdict([reply] * 2)
    assert (found.value, found.status, found.score, spans) == (None, status, None, [])
    assert detail["reason"]


def test_an_answer_that_was_cut_off_but_is_whole_is_read():
    def reply(question):
        from tests.scanners.judging.judges import case_of

        return Reply(YES.replace("CASE", case_of(question.prompt.user)), stop="length")

    assert verdict(reply)[0].value == "yes"


def long_talk(turns=12, size=300):
    return [Message("assistant", f"{n}: " + "x" * size, author="model") for n in range(turns)]


def test_a_long_transcript_is_read_in_parts_that_overlap_and_have_case_numbers_of_their_own():
    seen, cases = [], set()

    def reply(question):
        seen.append([one["message"] for one in shown(question.prompt.user)])
        cases.add(question.prompt.user.split("Case number: ")[1][:20])
        return NO

    found, detail, _ = verdict(reply, long_talk(), window=1500, overlap=1)
    assert (found.value, detail["windows"]) == ("no", len(seen))
    assert len(seen) > 2
    assert len(cases) == len(seen)
    assert sorted({n for part in seen for n in part}) == list(range(12))
    assert all(before[-1] == after[0] for before, after in pairwise(seen))


def test_a_part_that_settles_it_ends_the_reading():
    found, detail, _ = verdict([NO, YES], long_talk(), window=1500)
    assert (found.value, detail["asked"]) == ("yes", 2)
    assert detail["windows"] > 2


def test_a_quote_is_looked_for_in_the_part_that_was_shown():
    quotes = [{"message": 0, "text": "0: xxx"}]
    replies = [NO, answer("CASE", "yes", quotes=quotes)]
    found, detail, spans = verdict(replies, long_talk(), window=1500, overlap=0)
    assert (found.value, detail["stripped"], spans) == ("yes", 1, [])


def test_a_message_longer_than_the_window_is_too_long_and_nobody_is_asked():
    found, detail, _ = verdict([], [*TALK, Message("user", "y" * 5000)], window=4000)
    assert (found.value, found.status) == (None, "too-long")
    assert "4,000" in detail["reason"]
    assert "tokens" not in detail


def test_a_transcript_without_messages_is_no_no():
    found, *_ = verdict([], [])
    assert (found.value, found.status) == (None, "invalid")


def test_votes_are_asked_apart_and_their_share_is_the_score():
    keys = []

    def reply(question):
        keys.append(question.key)
        return YES if len(keys) == 2 else NO

    found, detail, _ = verdict(reply, votes=5, temperature=1.0)
    assert (found.value, found.score) == ("no", 0.2)
    assert detail["votes"] == {"no": 4, "yes": 1}
    assert len(set(keys)) == 5


def test_a_tie_is_marked():
    replies = iter([YES, NO])
    found, detail, _ = verdict(lambda _: next(replies), votes=2)
    assert (found.value, found.score, detail["tie"]) == ("yes", 0.5, True)


def digest(**changes):
    fields = {"category": DOUBTS, "model": "openai/gpt-4o", "settings": JudgeSettings(), **changes}
    return judge_scanner(**fields).digest


@pytest.mark.parametrize(
    "changes",
    [
        {"category": category("objects-openly")},
        {"model": "openai/gpt-4o-mini"},
        {"arguments": {"seed": 1}},
        *(
            {"settings": JudgeSettings(**one)}
            for one in (
                {"temperature": 0.5},
                {"temperature": None},
                {"max_tokens": 99},
                {"votes": 3},
                {"window": 5000},
                {"overlap": 1},
                {"reasks": 0},
                {"schema": False},
            )
        ),
    ],
)
def test_another_judge_has_another_digest(changes):
    assert digest(**changes) != digest()
    assert digest() == digest()


def test_another_prompt_is_another_judge(monkeypatch):
    from allegiance.scanners.judging import judge

    before = digest()
    sources = {module: f"# changed\n{module.__name__}" for module in judge._MODULES}
    monkeypatch.setattr(judge.inspect, "getsource", sources.__getitem__)
    assert digest() != before


def test_a_judge_is_called_by_its_model():
    assert judge_scanner(DOUBTS, "openai/gpt-4o").name == "judge:openai/gpt-4o"


@pytest.mark.parametrize(
    "wrong",
    [
        {"votes": 0},
        {"votes": 1000},
        {"temperature": float("nan")},
        {"temperature": -1},
        {"window": 10},
        {"overlap": -1},
        {"reasks": 99},
        {"max_tokens": 0},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_its_option(wrong):
    (name,) = wrong
    with pytest.raises(UsageError, match=f"--{name.replace('_', '-')} .*it lies between"):
        JudgeSettings(**wrong)


def test_a_category_with_the_value_that_judges_decline_by_is_refused():
    wrong = Category(
        name="c", definition=("d",), unit="whole", kind="choice", values=("a", "judge-declines")
    )
    with pytest.raises(UsageError, match="judge-declines"):
        judge_scanner(wrong, "m/m")
