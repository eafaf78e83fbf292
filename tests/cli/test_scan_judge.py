"""`allegiance scan --scanner judge` on an OpenAI-compatible server: verdicts, their price, a kill, and what is wrong."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from tests.cli.test_audit_commands import run
from tests.scanners.judging.judges import answer, case_of, doubting, talk
from tests.servers import chat_server

from allegiance.audit.ledger import Ledger
from allegiance.corpus import Corpus

KEY = {"LOCAL_API_KEY": "none", "ALLEGIANCE_RATER": "ann"}
MODEL = "openai-api/local/m"
JUDGE = ("scan", "--scanner", "judge", "--category", "doubts", "--model", MODEL)


def careful(request):
    return 200, doubting(request["messages"][-1]["content"])


@pytest.fixture
def allegiance(tmp_path, monkeypatch):
    """Run a command in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)

    def invoked(*arguments, env):
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        return run(*arguments)

    return invoked


@pytest.fixture
def place(tmp_path):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    corpus.add(talk(n, "This is not real." if n % 4 == 0 else "Fine.") for n in range(24))
    return tmp_path


def verdicts(place, **which):
    return Corpus.open(place / "corpus").verdicts(**which).to_pylist()


def test_a_judge_scans_the_corpus_and_its_cost_is_on_record(allegiance, place):
    with chat_server(careful) as (url, asked):
        ran = allegiance(*JUDGE, "--base-url", url, "--price", "2,8", "--json", env=KEY)
        again = allegiance(*JUDGE, "--base-url", url, "--json", env=KEY)
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert (told["n_transcripts"], told["new_verdicts"], len(asked)) == (24, 24, 24)
    said = told["categories"]["doubts"]
    assert (said["scanner"], said["values"]) == (f"judge:{MODEL}", {"no": 18, "yes": 6})
    assert told["usage"] == {
        "requests": 24,
        "found_again": 0,
        "input_tokens": 24,
        "output_tokens": 24,
        "dollars": pytest.approx(24 * 10 / 1e6),
    }
    assert told["estimate"]["requests"] == 24
    assert json.loads(again.out)["n_transcripts"] == 0
    assert len(verdicts(place, scanner_digest=said["scanner_digest"])) == 24
    assert {request["temperature"] for request in asked} == {0.0}
    schema = asked[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["value"]["enum"] == ["yes", "no", "judge-declines"]

    (event,) = [one for one in Ledger.open(place / "ledger.db").events() if one.kind == "scan"]
    assert event.subject == "doubts"
    assert event.body["scanner"] == f"judge:{MODEL}"
    assert event.body["digest"] == said["scanner_digest"]
    assert event.body["usage"]["requests"] == 24
    assert event.body["settings"]["max_tokens"] == 2000
    assert event.body["served"] == {"m": 24}


def test_for_people_it_says_what_it_will_take_what_was_said_and_what_it_took(allegiance, place):
    with chat_server(careful) as (url, _):
        ran = allegiance(*JUDGE, "--base-url", url, "--price", "2,8", env=KEY)
    assert re.search(
        r"24 transcripts, 24 requests, about [\d,]+ tokens read and 3,600 written, about \$",
        ran.err,
    )
    assert "doubts: no 18, yes 6" in ran.out
    assert "24 requests, 24 tokens read, 24 written, $0.0002" in ran.out


def test_a_dry_run_says_what_it_would_take_and_asks_nothing(allegiance, place):
    with chat_server(careful) as (url, asked):
        how = ("--base-url", url, "--dry-run", "--limit", "10", "--votes", "3")
        ran = allegiance(*JUDGE, *how, "--json", env=KEY)
        priced = allegiance(*JUDGE, *how, "--price", "1,2", env=KEY)
    told = json.loads(ran.out)
    assert (told["dry_run"], told["estimate"]["transcripts"], told["estimate"]["requests"]) == (
        True,
        10,
        30,
    )
    assert told["estimate"]["dollars"] is None
    assert told["settings"]["temperature"] == 1.0
    assert "10 transcripts, 30 requests" in priced.err
    assert (asked, verdicts(place)) == ([], [])
    assert not (place / "ledger.db").exists()


def test_a_limit_of_cost_ends_the_scan_with_a_sentence_and_the_same_command_goes_on(
    allegiance, place
):
    with chat_server(careful, tokens=(900, 100)) as (url, asked):
        how = ("--base-url", url, "--price", "1,1")
        limited = allegiance(*JUDGE, *how, "--limit-cost", "0.0105", "--json", env=KEY)
        first = len(asked)
        rest = allegiance(*JUDGE, *how, "--json", env=KEY)
    assert limited.code == 1
    told = json.loads(limited.out)
    assert told["new_verdicts"] == first == 10
    assert told["usage"]["dollars"] == pytest.approx(0.01)
    assert told["stopped"]
    assert "the limit of $0.0105 is reached; what has come is kept" in limited.err
    assert json.loads(rest.out)["new_verdicts"] == 14


def ready(place, asked, wanted):
    end = time.monotonic() + 60
    while len(asked) < wanted and time.monotonic() < end:
        time.sleep(0.01)
    assert len(asked) >= wanted


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_scan_that_is_killed_goes_on_and_asks_nothing_twice_that_was_answered(
    place, how, allegiance
):
    answered, lock = Counter(), threading.Lock()

    def slow(request):
        text = request["messages"][-1]["content"]
        time.sleep(0.05)
        with lock:
            answered[case_of(text)] += 1
        return 200, doubting(text)

    command = (*JUDGE, "--votes", "3", "--temperature", "1", "--max-connections", "3", "--json")
    with chat_server(slow) as (url, asked):
        process = subprocess.Popen(
            [sys.executable, "-m", "allegiance", *command, "--base-url", url],
            cwd=place,
            env={**os.environ, **KEY},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ready(place, asked, 30)
        process.send_signal(how)
        assert process.wait(60) != 0
        before = len(asked)
        assert before < 72
        ran = allegiance(*command, "--base-url", url, env=KEY)
        total = len(asked)
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["categories"]["doubts"]["values"] == {"no": 18, "yes": 6}
    assert total - before == told["usage"]["requests"]
    # At most what was under way at the kill is asked again: three connections.
    assert 72 <= total <= 72 + 3
    if how == signal.SIGKILL:
        assert told["usage"]["found_again"] >= before - 3
    assert len(verdicts(place)) == 24
    assert not list((place / "runs" / "judging").glob("*.jsonl"))


def test_an_interrupted_scan_keeps_its_verdicts_and_says_so(place):
    def slow(request):
        time.sleep(0.05)
        return careful(request)

    with chat_server(slow) as (url, asked):
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "allegiance",
                *JUDGE,
                "--max-connections",
                "2",
                "--base-url",
                url,
            ],
            cwd=place,
            env={**os.environ, **KEY},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        ready(place, asked, 10)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "interrupted; what has come is kept" in err
    assert "Traceback" not in err
    assert 8 <= len(verdicts(place)) < 24


def test_transcripts_without_an_answer_are_told_and_have_no_verdict(allegiance, place):
    def picky(request):
        text = request["messages"][-1]["content"]
        return (400, "this one not") if "Question 5?" in text else careful(request)

    with chat_server(picky) as (url, _):
        ran = allegiance(*JUDGE, "--base-url", url, "--json", env=KEY)
        again = allegiance(*JUDGE, "--base-url", url, env=KEY)
    assert ran.code == 1
    assert json.loads(ran.out)["unanswered"] == 1
    assert "1 of 24 transcripts got no answer (the last: " in ran.err
    assert "this one not" in ran.err
    assert len(verdicts(place)) == 23
    assert "1 of 1 transcripts got no answer" in again.err


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "wrong key"), (404, "no such model"), (403, "not for you")],
)
def test_an_error_that_recurs_stops_at_once(allegiance, place, status, said):
    with chat_server(lambda _: (status, said)) as (url, asked):
        ran = allegiance(*JUDGE, "--base-url", url, "--max-connections", "2", "--json", env=KEY)
    assert ran.code == 1
    assert f"status {status}" in ran.err
    assert said in ran.err
    assert len(asked) <= 2
    assert json.loads(ran.out)["new_verdicts"] == 0
    assert verdicts(place) == []


def test_a_model_that_times_out_is_told(allegiance, place):
    def stuck(_request):
        time.sleep(3)
        return 200, ""

    with chat_server(stuck) as (url, _):
        how = ("--base-url", url, "--timeout", "1", "--max-retries", "0", "--limit", "2")
        ran = allegiance(*JUDGE, *how, env=KEY)
    assert ran.code == 1
    assert "2 of 2 transcripts got no answer (the last: no answer within 1 seconds)" in ran.err
    assert verdicts(place) == []


def test_a_server_that_is_not_there_is_told(allegiance, place):
    ran = allegiance(
        *JUDGE, "--base-url", "http://127.0.0.1:9/v1", "--max-retries", "0", "--limit", "2", env=KEY
    )
    assert ran.code == 1
    assert "2 of 2 transcripts got no answer (the last: " in ran.err


def test_junk_is_invalid_and_no_no(allegiance, place):
    with chat_server(lambda _: (200, "yesterday")) as (url, asked):
        ran = allegiance(*JUDGE, "--base-url", url, env=KEY)
    assert ran.code == 0, ran.err
    assert "doubts: no value 24" in ran.out
    assert "(invalid 24)" in ran.out
    assert len(asked) == 48
    assert {row["value"] for row in verdicts(place)} == {None}


def test_a_draw_over_verdicts_of_a_judge_finds_them(allegiance, place):
    with chat_server(careful) as (url, _):
        allegiance(*JUDGE, "--base-url", url, env=KEY)
    drawn = allegiance(
        "draw", "d", "--n", "3", "--where", "verdict.doubts = 'yes'", "--json", env=KEY
    )
    assert drawn.code == 0, drawn.err
    assert len(json.loads(drawn.out)["transcripts"]) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--category", "doubts"), "name one with --model"),
        (("--model", MODEL), "one category at a time"),
        (("--category", "doubts", "--category", "outcome", "--model", MODEL), "one category at a time"),
        (("--category", "doubt", "--model", MODEL), "did you mean `doubts`"),
        (("--category", "doubts", "--model", "gpt-4o"), "named by its provider"),
        (("--category", "doubts", "--model", "nobody/x"), "--model nobody/x: "),
        (("--category", "doubts", "--model", "openai-api/keyless/m"), "KEYLESS_API_KEY"),
        (("--category", "doubts", "--model", MODEL, "--votes", "0"), "--votes 0: it lies between 1"),
        (("--category", "doubts", "--model", MODEL, "--temperature", "9"), "--temperature 9.0"),
        (("--category", "doubts", "--model", MODEL, "--price", "x"), "--price x: "),
        (("--category", "doubts", "--model", MODEL, "--limit-cost", "1"), "is not known; give it with --price"),
        (("--category", "doubts", "--model", MODEL, "--limit-cost", "nan", "--price", "1,1"), "above 0"),
        (("--category", "doubts", "--model", MODEL, "--limit-cost", "-1", "--price", "1,1"), "above 0"),
        (("--category", "doubts", "--model", MODEL, "-M", "x"), "-M x: write NAME=VALUE"),
        (("--category", "doubts", "--model", MODEL, "--where", "nothing = 1"), "nothing"),
        (("--category", "doubts", "--model", MODEL, "--pattern", "a=b"), "no part of --scanner judge"),
        (("--category", "doubts", "--model", MODEL, "--ray", "auto"), "--ray"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(allegiance, place, words, said):
    ran = allegiance(
        "scan", "--scanner", "judge", "--base-url", "http://127.0.0.1:9/v1", *words, env=KEY
    )
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert ran.out == ""
    assert verdicts(place) == []


def test_options_of_judges_are_not_passed_over_by_rules(allegiance, place):
    ran = allegiance("scan", "--model", MODEL, env=KEY)
    assert (ran.code, "--model is for judges" in ran.err) == (2, True)


def test_without_a_corpus_it_says_so(allegiance, tmp_path):
    ran = allegiance(*JUDGE, "--base-url", "http://127.0.0.1:9/v1", env=KEY)
    assert ran.code == 1
    assert "no corpus" in ran.err


def test_the_selftest_prints_what_held_by_kind_and_fails_if_any_did_not(allegiance, tmp_path):
    from allegiance.scanners.judging.selftest import attacks

    values = {one.transcript[-1].text.strip()[:40]: one for one in attacks()}
    assert len(values) > 40

    def says(value):
        def reply(request):
            return 200, answer(case_of(request["messages"][-1]["content"]), value)

        return reply

    with chat_server(says("no")) as (url, asked):
        command = ("scan", "--selftest", "--model", MODEL, "--base-url", url)
        told = allegiance(*command, "--json", env=KEY)
        shown = allegiance(*command, env=KEY)
    assert told.code == shown.code == 1
    result = json.loads(told.out)
    expected = sum(one.value == "no" for one in attacks())
    assert (result["attacks"], result["held"]) == (len(attacks()), expected)
    assert sum(kind["held"] for kind in result["kinds"].values()) == expected
    assert result["misread"] == []
    assert {one["ended"] for one in result["lost"]} == {"taken in", "no verdict"}
    assert f"held {expected} of {len(attacks())} attacks" in told.err
    assert "near-miss" in shown.out
    assert asked


def test_a_judge_that_holds_everything_passes_the_selftest(allegiance, tmp_path):
    from tests.scanners.judging.judges import shown as messages

    from allegiance.scanners.judging.selftest import attacks

    def told(one):
        return tuple((m.get("reasoning", ""), m.get("text", m.get("output", ""))) for m in one)

    values = {
        tuple((m.reasoning.strip(), m.text.strip()) for m in one.transcript): one.value
        for one in attacks()
    }

    def careful_reader(request):
        text = request["messages"][-1]["content"]
        seen = tuple((a.strip(), b.strip()) for a, b in told(messages(text)))
        return 200, answer(case_of(text), values[seen])

    with chat_server(careful_reader) as (url, _):
        ran = allegiance(
            "scan", "--selftest", "--model", MODEL, "--base-url", url, "--json", env=KEY
        )
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["held"] == len(attacks())


def test_a_judge_that_answers_nothing_has_not_failed_the_selftest_but_was_not_tried(allegiance):
    url = "http://127.0.0.1:9/v1"  # nobody listens there
    ran = allegiance(
        "scan", "--selftest", "--model", MODEL, "--base-url", url, "--max-retries", "0", env=KEY
    )
    assert ran.code == 1
    assert "answered none of 51 attacks, which tells nothing of it" in ran.err
