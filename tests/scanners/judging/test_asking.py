"""Scanning with a judge: every transcript once, what fails has no verdict, a limit and an interrupt lose nothing."""

import json
import signal
import threading

import pytest
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from tests.scanners.judging.judges import answer, case_of, doubting, model, talk

from allegiance.corpus import Corpus
from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners import category, counts_of
from allegiance.scanners.judging import (
    JudgeSettings,
    Price,
    Voice,
    ask,
    asking,
    chosen,
    estimated,
    find_model,
    judge_scanner,
    price_of,
    read_price,
)
from allegiance.scanners.judging.journal import opened

DOUBTS = category("doubts")


@pytest.fixture
def corpus(tmp_path):
    found = Corpus.open(tmp_path / "corpus", create=True)
    found.add(talk(n, "This is not real." if n % 5 == 0 else "Fine.") for n in range(30))
    return found


def scan(corpus, reply, *, settings=None, price=None, where=None, limit=None, **how):
    scanner = judge_scanner(DOUBTS, "mockllm/model", settings)
    voice = Voice(model(reply), DOUBTS, scanner.settings, price=price, retries=0)
    done = ask(corpus, scanner, voice, chosen(corpus, scanner, where, limit), **how)
    return done, scanner


def test_every_transcript_gets_a_verdict_once(corpus):
    done, scanner = scan(corpus, doubting)
    assert (done.transcripts, done.verdicts, done.unanswered, done.stopped) == (30, 30, 0, "")
    assert counts_of(corpus, "doubts", scanner.digest) == {"no": 24, "yes": 6}
    again, _ = scan(corpus, lambda _: pytest.fail("asked again"))
    assert (again.transcripts, again.verdicts) == (0, 0)


def test_tokens_and_money_are_counted(corpus):
    done, _ = scan(corpus, doubting, price=Price(2.0, 4.0))
    used = done.usage
    assert (used.requests, used.tokens_in, used.tokens_out) == (30, 30, 30)
    assert used.dollars == pytest.approx(30 * 6e-6)
    assert sum(done.served.values()) == 30


def test_a_part_of_the_corpus_is_chosen_by_a_filter_and_by_the_order_of_ids(corpus):
    _, scanner = scan(corpus, doubting, where="tier = 'monitored'", limit=4)
    judged = corpus.verdicts("doubts", scanner.digest)["transcript_id"].to_pylist()
    assert sorted(judged) == sorted(corpus.ids("tier = 'monitored'"))[:4]
    again, _ = scan(corpus, doubting, where="tier = 'monitored'", limit=4)
    assert again.transcripts == 0
    more, _ = scan(corpus, doubting, where="tier = 'monitored'", limit=6)
    assert more.verdicts == 2


def test_two_judges_do_not_mix(corpus):
    _, first = scan(corpus, doubting)
    done, second = scan(
        corpus, lambda asked: answer(case_of(asked), "no"), settings=JudgeSettings(max_tokens=50)
    )
    assert done.verdicts == 30
    assert counts_of(corpus, "doubts", first.digest) == {"no": 24, "yes": 6}
    assert counts_of(corpus, "doubts", second.digest) == {"no": 30}


def test_refusals_and_junk_are_verdicts_with_their_status_and_never_a_value(corpus):
    def reply(asked):
        if "Question 3?" in asked:
            return ModelOutput.from_content("mockllm/model", "", stop_reason="content_filter")
        return "yesterday" if "Question 4?" in asked else doubting(asked)

    done, scanner = scan(corpus, reply)
    assert done.statuses == {"ok": 28, "refused": 1, "invalid": 1}
    rows = corpus.verdicts("doubts", scanner.digest).to_pylist()
    assert {row["value"] for row in rows if row["status"] != "ok"} == {None}
    assert done.usage.requests == 31


def test_an_error_of_the_provider_is_no_verdict_and_is_asked_again_by_the_next_scan(corpus):
    def failing(asked):
        if "Question 7?" in asked:
            raise ValueError("bad luck")
        return doubting(asked)

    done, scanner = scan(corpus, failing)
    assert (done.verdicts, done.unanswered, done.trouble, done.stopped) == (29, 1, "bad luck", "")
    again, _ = scan(corpus, doubting)
    assert (again.transcripts, again.verdicts) == (1, 1)
    assert counts_of(corpus, "doubts", scanner.digest) == {"no": 24, "yes": 6}


class StatusError(Exception):
    def __init__(self, status):
        super().__init__(f"status {status}")
        self.status_code = status


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_error_that_the_next_request_would_meet_too_stops_at_once_and_keeps_what_came(
    corpus, status
):
    asked = []

    def reply(text):
        asked.append(text)
        if len(asked) > 5:
            raise StatusError(status)
        return doubting(text)

    done, _ = scan(corpus, reply, at_once=1)
    assert (done.verdicts, len(asked)) == (5, 6)
    assert f"status {status}" in done.stopped


def test_errors_without_end_stop_a_scan(corpus, monkeypatch):
    monkeypatch.setattr(asking, "HOPELESS", 4)

    def broken(_):
        raise ValueError("no such luck")

    done, _ = scan(corpus, broken, at_once=1)
    assert (done.verdicts, done.unanswered) == (0, 4)
    assert (
        done.stopped
        == "4 requests in a row got no answer from mockllm/model, the last one: no such luck"
    )


def costly(reply, tokens_in, tokens_out):
    """A model whose every answer takes so many tokens."""

    def output(messages, _tools, _choice, _config):
        made = ModelOutput.from_content("mockllm/model", reply(messages[-1].text))
        made.usage = ModelUsage(
            input_tokens=tokens_in, output_tokens=tokens_out, total_tokens=tokens_in + tokens_out
        )
        return made

    return get_model("mockllm/model", custom_outputs=output, memoize=False)


@pytest.mark.parametrize("at_once", [1, 7])
def test_a_limit_of_cost_stops_asking_and_keeps_all_answers(corpus, at_once):
    price = Price(1.0, 1.0)
    limit = price.of(10_500, 0)
    scanner = judge_scanner(DOUBTS, "mockllm/model")
    voice = Voice(costly(doubting, 900, 100), DOUBTS, scanner.settings, price=price)
    ids = chosen(corpus, scanner)
    done = ask(corpus, scanner, voice, ids, limit_cost=limit, at_once=at_once)
    assert (done.usage.requests, done.verdicts, done.unanswered) == (10, 10, 0)
    assert done.usage.dollars == pytest.approx(price.of(10_000, 0))
    assert "the limit of $0.0105 is reached" in done.stopped
    rest, _ = scan(corpus, doubting)
    assert rest.verdicts == 20
    assert counts_of(corpus, "doubts", scanner.digest) == {"no": 24, "yes": 6}


def test_a_limit_below_the_first_request_asks_nothing(corpus):
    done, _ = scan(corpus, doubting, price=Price(1.0, 1.0), limit_cost=1e-6)
    assert (done.usage.requests, done.verdicts) == (0, 0)
    assert "the limit of $1e-06 is reached" in done.stopped


def test_an_estimate_counts_what_will_be_sent(corpus):
    scanner = judge_scanner(DOUBTS, "mockllm/model", JudgeSettings(votes=3))
    sent = []

    def reply(asked):
        sent.append(asked)
        return doubting(asked)

    voice = Voice(model(reply), DOUBTS, scanner.settings, price=Price(1.0, 2.0))
    ids = chosen(corpus, scanner)
    expected = estimated(corpus, scanner, ids, voice)
    assert sent == []
    done = ask(corpus, scanner, voice, ids)
    assert expected.requests == done.usage.requests == len(sent) == 90
    read = sum(len(text.encode()) for text in sent)
    assert expected.tokens_in > read / 4
    assert expected.dollars == pytest.approx((expected.tokens_in + 2 * expected.tokens_out) / 1e6)


def test_answers_that_came_before_a_kill_are_found_again(corpus, tmp_path, monkeypatch):
    journal = tmp_path / "runs" / "j.jsonl"
    monkeypatch.setattr(
        Corpus, "put_verdicts", lambda *_: pytest.fail("killed before it could commit")
    )
    asked = []

    def first(text):
        asked.append(text)
        return doubting(text)

    with pytest.raises(BaseException, match="killed"):
        scan(corpus, first, journal=journal, settings=JudgeSettings(votes=2))
    monkeypatch.undo()
    assert len(asked) == 60
    with journal.open("ab") as file:
        file.write(b'{"key": "cut sho')
    done, _ = scan(
        corpus,
        lambda _: pytest.fail("asked twice"),
        journal=journal,
        settings=JudgeSettings(votes=2),
    )
    assert (done.verdicts, done.usage.requests, done.usage.found_again) == (30, 0, 60)
    assert not journal.exists()


def test_answers_of_transcripts_that_are_not_done_are_kept(corpus, tmp_path):
    journal = tmp_path / "j.jsonl"
    seen = []

    def reply(asked):
        seen.append(asked)
        if "Question 7?" in asked and sum("Question 7?" in one for one in seen) == 2:
            raise ValueError("bad luck")
        return doubting(asked)

    votes = JudgeSettings(votes=3)
    done, _ = scan(corpus, reply, journal=journal, settings=votes)
    assert (done.verdicts, done.unanswered) == (29, 1)
    again, _ = scan(corpus, doubting, journal=journal, settings=votes)
    assert (again.verdicts, again.usage.requests, again.usage.found_again) == (1, 2, 1)
    assert not journal.exists()


def test_answers_of_transcripts_that_a_smaller_scan_leaves_out_are_kept(corpus, tmp_path):
    journal = tmp_path / "j.jsonl"
    ids = sorted(corpus.ids())
    numbers = {i: corpus.get(i).messages[0].text for i in ids}
    seen = []

    def reply(asked):
        seen.append(asked)
        if numbers[ids[-1]] in asked and sum(numbers[ids[-1]] in one for one in seen) == 2:
            raise ValueError("bad luck")
        return doubting(asked)

    votes = JudgeSettings(votes=2)
    scan(corpus, reply, journal=journal, settings=votes)
    smaller, _ = scan(corpus, doubting, journal=journal, settings=votes, limit=3)
    assert (smaller.transcripts, journal.exists()) == (0, True)
    rest, _ = scan(corpus, doubting, journal=journal, settings=votes)
    assert (rest.usage.requests, rest.usage.found_again, journal.exists()) == (1, 1, False)


def test_tokens_of_a_providers_cache_have_their_own_price():
    usage = ModelUsage(
        input_tokens=100, output_tokens=10, total_tokens=410, input_tokens_cache_read=300
    )
    output = ModelOutput.from_content("mockllm/model", "x")
    output.usage = usage
    settings = JudgeSettings()
    for price, dollars in (
        (Price(2.0, 10.0, 0.5, 2.5), (100 * 2 + 300 * 0.5 + 10 * 10) / 1e6),
        (Price(2.0, 10.0), (400 * 2 + 10 * 10) / 1e6),
    ):
        reply = Voice(model(doubting), DOUBTS, settings, price=price)._reply(output)
        assert reply.cost == pytest.approx(dollars)
        assert (reply.tokens_in, reply.tokens_out) == (400, 10)


def test_a_second_scan_by_the_same_judge_waits_its_turn(corpus, tmp_path):
    journal = tmp_path / "j.jsonl"
    with opened(journal), pytest.raises(AllegianceError, match="Another scan by the same judge"):
        scan(corpus, doubting, journal=journal)


def test_an_interrupt_keeps_the_verdicts_that_came(corpus):
    sent = []

    def reply(asked):
        sent.append(asked)
        if len(sent) == 12:
            signal.raise_signal(signal.SIGINT)
        return doubting(asked)

    assert threading.current_thread() is threading.main_thread()
    done, scanner = scan(corpus, reply, at_once=1)
    assert done.stopped.startswith("interrupted")
    assert 11 <= done.verdicts <= 12
    assert corpus.verdicts("doubts", scanner.digest).num_rows == done.verdicts


def test_verdicts_are_committed_in_batches(corpus, monkeypatch):
    monkeypatch.setattr(asking, "COMMIT_VERDICTS", 10)
    commits = []
    put = Corpus.put_verdicts
    monkeypatch.setattr(
        Corpus, "put_verdicts", lambda self, rows: commits.append(len(rows)) or put(self, rows)
    )
    scan(corpus, doubting, at_once=1)
    assert sum(commits) == 30
    assert 2 <= len(commits) <= 4


def test_the_model_is_given_the_settings_and_the_shape_of_an_answer(corpus):
    from tests.models import answering

    told = []

    def reply(messages, config):
        told.append((config, [message.role for message in messages]))
        return doubting(messages[-1].text)

    settings = JudgeSettings(temperature=0.3, max_tokens=77)
    scanner = judge_scanner(DOUBTS, "mockllm/model", settings)
    voice = Voice(answering(reply), DOUBTS, settings, connections=3, timeout=9)
    ask(corpus, scanner, voice, chosen(corpus, scanner, limit=1))
    config, roles = told[0]
    assert roles == ["system", "user"]
    assert (config.temperature, config.max_tokens, config.max_connections) == (0.3, 77, 3)
    assert (config.attempt_timeout, config.max_retries) == (9, 5)
    schema = json.loads(config.response_schema.json_schema.model_dump_json(exclude_none=True))
    assert schema["properties"]["value"]["enum"] == ["yes", "no", "judge-declines"]
    assert set(schema["required"]) == {"case", "reason", "quotes", "clause", "value"}
    assert schema["additionalProperties"] is False
    plain = Voice(answering(reply), DOUBTS, JudgeSettings(schema=False))
    assert plain.config.response_schema is None


@pytest.mark.parametrize("name", ["gpt-4o", "nobody/x", "openai/", "role:grader", ""])
def test_a_model_that_can_not_be_had_is_told_in_a_sentence(name):
    with pytest.raises(UsageError, match=f"--model {name}"):
        find_model(name)


def test_prices_are_inspects_or_given():
    from inspect_ai.model import ModelCost, ModelInfo, set_model_info

    assert price_of(model(doubting)) is None
    cost = ModelCost(input=3.0, output=15.0, input_cache_write=4.0, input_cache_read=0.5)
    set_model_info("mockllm/priced", ModelInfo(cost=cost))
    assert price_of(find_model("mockllm/priced")) == Price(3.0, 15.0, 0.5, 4.0)
    assert read_price("2.5,10") == Price(2.5, 10.0)
    for wrong in ("", "1", "1,2,3", "a,b", "-1,2", "nan,1", "1;2"):
        with pytest.raises(UsageError, match="--price"):
            read_price(wrong)
