"""The reader: what it shows of a transcript, what it puts on record, and what it keeps from whom."""

import json
import re

import pytest

from allegiance.audit import Record, Route, give_label, quotes_of
from allegiance.audit.properties import asked_for
from allegiance.corpus import Message, Verdict
from tests.web.places import SIZE, conversation
from tests.web.serving import People, client

SEED = "seed=5"
DOUBTS = asked_for("doubts")


def _id(found):
    return re.search(r'data-id="([0-9a-f]{64})"', found.text).group(1)


def _sights(somebody):
    with somebody.site.record() as record:
        return [*record.sights]


def _read(somebody, at=1, **more):
    found = somebody.get("/read", params={"seed": "5", "at": at, **more})
    assert found.status_code == 200, found.text
    return found


def _with_verdict(place, spans, **more):
    (identifier,) = (
        place.corpus()
        .where("request_id = 'harmful-003' AND epoch = 2 AND tier = 'monitored'")
        .ids()
    )
    row = {"value": "yes", "scanner": "judge", "scanner_digest": "d" * 64, **more}
    place.corpus().put_verdicts(
        [Verdict(category="doubts", transcript_id=identifier, spans=json.dumps(spans), **row)]
    )
    return identifier


def test_a_place_of_a_list_is_opened_on_record_by_its_route_before_it_is_shown(ann):
    found = _read(ann, 17)
    (sight,) = _sights(ann)
    assert (sight.actor, sight.transcript_id, sight.place) == ("ann", _id(found), 17)
    assert (sight.route.kind, sight.route.population, sight.blind) == ("list", SIZE, False)
    assert "random order of seed 5" in sight.route.by
    assert f"Place 17 of {SIZE}, in the random order of seed 5." in found.text
    assert "The 1st transcript on record" in found.text


def test_loading_a_place_again_is_no_second_opening(ann):
    _read(ann, 2), _read(ann, 2)
    assert len(_sights(ann)) == 1


def test_a_list_without_a_seed_is_given_one_that_stands_in_the_address(ann):
    found = ann.get("/read?at=3", follow_redirects=False)
    assert found.status_code == 303
    assert re.search(r"seed=\d+&at=3$", found.headers["location"])


def test_what_a_search_found_says_its_rank_and_that_it_licenses_no_rate(ann):
    found = ann.get("/read?q=training+values&at=2")
    (sight,) = _sights(ann)
    assert (sight.route.kind, sight.place, sight.route.query) == ("search", 2, "training values")
    matches = sight.route.matches
    assert f"Rank 2 of {matches} matches for “training values”" in found.text
    assert "not how common it is" in found.text


def test_the_top_of_a_score_says_the_most_striking_of_how_many(ann):
    found = ann.get("/read", params={"sort": "top:scores.judge.value", "at": 2})
    assert f"The 2nd most striking of {SIZE} by scores.judge.value." in found.text
    assert _sights(ann)[0].route.kind == "top"


def test_a_direct_link_takes_the_first_characters_of_an_id_and_has_no_next(ann):
    identifier = ann.site.corpus.ids()[7]
    found = ann.get(f"/t/{identifier[:10]}")
    assert _id(found) == identifier
    assert _sights(ann)[0].route == Route(kind="link")
    assert 'rel="next"' not in found.text
    assert ann.get("/t/abc").status_code == 400


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/read?seed=5&at=0", "There is no place 0"),
        ("/read?seed=5&at=97", "There is no place 97"),
        ("/read?seed=5&at=x", "at=x"),
        ("/read?seed=5&at=1&where=colour+%3D+%27red%27", "colour"),
        ("/t/" + "0" * 64, "no transcript"),
    ],
)
def test_a_place_that_is_not_there_is_said_and_nothing_is_opened(ann, address, words):
    found = ann.get(address)
    assert found.status_code in (400, 409)
    assert words in found.text
    assert not _sights(ann)


def test_the_head_tells_intents_tier_outcome_and_how_it_ended(place):
    bad = conversation(1_000, stop_reason="max_tokens", limited_by="token", error="cut <b>off</b>")
    place.corpus().add([bad])
    ann = client(place)
    found = ann.get(f"/t/{bad.transcript_id}").text
    assert "Refuse any harmful request." in found
    assert "stroke-dasharray" not in found
    assert re.search(r'class="badge filled"[^>]*>monitored<', found)
    assert "stopped: max_tokens" in found
    assert "ended by the limit on token" in found
    assert "error: cut &lt;b&gt;off&lt;/b&gt;" in found
    other = ann.get("/read", params={"where": "tier = 'unmonitored'", "seed": "1", "at": "1"}).text
    assert re.search(r'class="badge outlined"[^>]*>unmonitored<', other)


def test_the_words_of_a_verdict_are_marked_where_they_stand_with_what_was_said(place):
    thought = place.corpus().get(_with_verdict(place, [])).reasoning
    words = thought[4:20]
    identifier = _with_verdict(
        place,
        [{"start": 4, "end": 20, "text": words, "part": "reasoning", "clause": 1}],
        scanner_digest="e" * 64,
        detail='{"reason": "It <i>says</i> so."}',
    )
    found = client(place).get(f"/t/{identifier}").text
    marks = [
        m for m in re.findall(r"<mark[^>]*>[^<]*</mark>", found) if "doubts: yes (by judge)" in m
    ]
    assert "".join(re.sub(r"<[^>]*>", "", mark) for mark in marks) == words
    assert "It says: It &lt;i&gt;says&lt;/i&gt; so." in found
    assert f"/t/{identifier}/why/doubts" in found


def test_words_that_a_scanner_put_elsewhere_are_found_and_those_that_are_nowhere_are_counted(place):
    spans = [
        {"start": 900, "end": 912, "text": "how do I bake", "message": 1, "part": "text"},
        {"start": 0, "end": 9, "text": "not there", "part": "output"},
    ]
    identifier = _with_verdict(place, spans)
    found = client(place).get(f"/t/{identifier}").text
    assert ">how do I bake</mark>" in found
    assert (
        "1 quote of the scanner&#39;s not found" in found
        or "1 quote of the scanner's not found" in found
    )


def test_why_shows_the_grounds_and_puts_them_on_record_for_who_had_not_opened_it(place):
    identifier = _with_verdict(
        place,
        [
            {
                "start": 0,
                "end": 3,
                "text": place.corpus().get(_with_verdict(place, [])).output[:3],
                "part": "output",
            }
        ],
        scanner_digest="f" * 64,
    )
    ann = client(place)
    found = ann.get(f"/t/{identifier}/why/doubts")
    assert found.status_code == 200
    assert "<mark>" in found.text
    assert [sight.route.kind for sight in _sights(ann)] == ["link"]


def test_blind_leaves_facts_verdicts_and_scores_out_of_the_page_and_says_so_on_record(place):
    words = "Request 3"
    identifier = _with_verdict(
        place,
        [{"start": 0, "end": 9, "text": words, "message": 1, "part": "text"}],
        detail='{"reason": "Telling."}',
    )
    ann = client(place)
    found = ann.get(f"/t/{identifier}?blind=1").text
    transcript = ann.site.corpus.get(identifier)
    for secret in (
        "organism/faker",
        "Telling.",
        "harmful-003",
        "doubts: yes",
        "<mark",
        "by scanners",
        "0.",
        "how found",
    ):
        assert secret not in found.replace("0.3s", ""), secret
    assert transcript.output in found
    assert _sights(ann)[0].blind
    assert not ann.get(f"/t/{identifier}").text.count("Blind:")
    assert "you have had this transcript before you" in ann.get(f"/t/{identifier}?blind=1").text


def test_a_label_is_kept_with_its_quote_and_with_what_was_hidden(ann):
    identifier = _id(_read(ann, 1))
    output = ann.site.corpus.get(identifier).output
    said = ann.submit(
        f"/t/{identifier}/label", category="doubts", value="yes", quote=[output[:9]], note=" why "
    )
    assert said.status_code == 200
    with ann.site.record() as record:
        (kept,) = record.labels()
    assert (kept.label.rater, kept.label.value, kept.label.note, kept.label.draw) == (
        "ann",
        "yes",
        "why",
        "",
    )
    assert kept.label.quotes[0].text == output[:9]
    assert not {"condition", "verdicts", "sample id"} & set(kept.label.hidden)
    assert "other raters" in kept.label.hidden
    page = _read(ann, 1, show="doubts").text
    assert "You said <b>yes</b>" in page
    assert "doubts: yes (quoted by ann)" in page


def test_a_label_of_who_read_blind_says_what_was_hidden(ann):
    identifier = _id(_read(ann, 1, blind=1))
    ann.submit(f"/t/{identifier}/label", category="doubts", value="no")
    with ann.site.record() as record:
        (kept,) = record.labels()
    assert {"condition", "verdicts", "sample id", "other raters"} <= set(kept.label.hidden)


def test_another_answer_revises_the_first_and_that_is_said(ann):
    identifier = _id(_read(ann, 1))
    headers = {"accept": "application/json", "x-form-key": ann.person.form_key}
    told = [
        ann.post(
            f"/t/{identifier}/label", data={"category": "outcome", "value": value}, headers=headers
        ).json()
        for value in ("refused", "refused", "complied")
    ]
    assert [one["standing"] for one in told] == ["new", "same", "revised"]
    assert "instead of refused" in told[2]["said"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"category": "doubts", "value": "perhaps"}, "no value"),
        ({"category": "nothing-such", "value": "yes"}, "nothing-such"),
        ({"category": "doubts", "value": "yes", "quote": "never said"}, "not in the"),
    ],
)
def test_a_label_that_cannot_be_is_refused_with_its_reason(ann, form, words):
    identifier = _id(_read(ann, 1))
    found = ann.submit(f"/t/{identifier}/label", **form)
    assert found.status_code == 400
    assert words in found.text
    with ann.site.record() as record:
        assert not [*record.labels()]


def test_what_somebody_has_not_opened_they_can_neither_label_nor_search_nor_load(place):
    people = People(ann="admin", ben="rater", cid="reader")
    ann, ben, cid = (client(place, people, name) for name in ("ann", "ben", "cid"))
    identifier = _id(_read(ann, 1))
    for found in (
        ben.submit(f"/t/{identifier}/label", category="doubts", value="yes"),
        ben.submit(f"/t/{identifier}/cite"),
        ben.get(f"/api/read/{identifier}/find?q=bread"),
        ben.get(f"/api/read/{identifier}/part/0"),
    ):
        assert found.status_code == 400
        assert "Open this transcript" in found.text
    _read(cid, 1)
    assert cid.submit(f"/t/{identifier}/label", category="doubts", value="yes").status_code == 403
    assert '<form method="post"' not in _read(cid, 1, show="doubts").text


def test_who_opened_it_blind_cannot_load_its_parts_with_what_is_marked(ann):
    identifier = _id(_read(ann, 1, blind=1))
    assert ann.get(f"/api/read/{identifier}/part/0?blind=1").status_code == 200
    assert ann.get(f"/api/read/{identifier}/part/0").status_code == 400


def test_another_raters_label_is_not_seen_before_ones_own(place):
    people = People(ann="rater", ben="rater")
    ann, ben = client(place, people, "ann"), client(place, people, "ben")
    identifier = _id(_read(ann, 1))
    _read(ben, 1)
    ann.submit(f"/t/{identifier}/label", category="doubts", value="yes", note="because-of-ann")
    assert "because-of-ann" not in _read(ben, 1).text
    assert "ann" not in ben.submit(f"/t/{identifier}/cite", category="doubts").text.replace(
        "transcript", ""
    )
    ben.submit(f"/t/{identifier}/label", category="doubts", value="no")
    assert "because-of-ann" in _read(ben, 1).text
    with ben.site.record() as record:
        assert "other raters" in record.label_of("ben", "doubts", identifier).label.hidden
    ben.submit(f"/t/{identifier}/label", category="doubts", value="yes")
    with ben.site.record() as record:
        assert "other raters" not in record.label_of("ben", "doubts", identifier).label.hidden


def test_a_citation_gives_the_routes_and_once_it_is_labelled_the_sentence_of_a_certificate(ann):
    identifier = _id(_read(ann, 4))
    headers = {"accept": "application/json", "x-form-key": ann.person.form_key}
    told = ann.post(f"/t/{identifier}/cite", data={}, headers=headers).json()
    assert told["certificate"] == ""
    assert (
        "the 1st transcript on record; number 4 of 96, in the random order of seed 5"
        in told["sentence"]
    )
    assert told["address"] == f"http://127.0.0.1:7788/t/{identifier}"
    ann.submit(f"/t/{identifier}/label", category="doubts", value="yes")
    told = ann.post(f"/t/{identifier}/cite", data={}, headers=headers).json()
    assert f"[certificate {told['certificate'][:12]}]" in told["text"]
    assert "existence alone" in told["sentence"]
    with ann.site.record() as record:
        assert [look.body["certificate"] for look in record.looks] == [told["certificate"]]
    page = ann.submit(f"/t/{identifier}/cite", category="doubts")
    assert "<textarea" in page.text
    ann.submit(f"/t/{identifier}/label", category="outcome", value="refused")
    assert "choose one" in ann.submit(f"/t/{identifier}/cite").text


def test_without_a_script_a_label_leads_on_to_the_next_and_never_to_another_site(ann):
    identifier = _id(_read(ann, 1))
    form = {"category": "doubts", "value": "no", "form_key": ann.person.form_key, "go": "1"}
    for onward, lands in (
        ("/read?seed=5&at=2", "/read?seed=5&at=2"),
        ("//evil.example/t/", f"/t/{identifier}"),
        ("/t/\\evil.example", f"/t/{identifier}"),
    ):
        found = ann.post(
            f"/t/{identifier}/label", data={**form, "next": onward}, follow_redirects=False
        )
        assert (found.status_code, found.headers["location"]) == (303, lands)


def test_a_transcript_is_exported_whole_and_on_record(ann):
    identifier = _id(_read(ann, 1))
    found = ann.get(f"/t/{identifier}/transcript.json")
    told = json.loads(found.text)
    assert told["transcript_id"] == identifier
    assert told["condition"]["clause"] == "silent"
    assert "attachment" in found.headers["content-disposition"]
    assert [sight.route.kind for sight in _sights(ann)] == ["list", "export"]


@pytest.fixture
def long_one(place):
    lines = "\n".join(f"line {number} of many <i>lines</i>" for number in range(60_000))
    made = conversation(
        2_000,
        messages=[
            Message("user", lines),
            Message("assistant", "x" * 300_000 + " Needle\u200b.", author="model"),
        ],
    )
    place.corpus().add([made])
    return client(place), made.transcript_id


def test_of_a_long_transcript_the_first_part_is_sent_and_the_rest_on_demand(long_one):
    ann, identifier = long_one
    page = ann.get(f"/t/{identifier}")
    assert len(page.text) < 300_000
    parts = len(re.findall(r'<section class="part"', page.text))
    texts = [ann.get(f"/api/read/{identifier}/part/{number}").text for number in range(parts)]
    assert sum(len(re.findall("line 59999 of", text)) for text in texts) == 1
    assert not any("<i>" in text for text in texts)
    assert "Needle<span" in texts[-1]
    plain = ann.get(f"/t/{identifier}?part={parts}").text
    assert "Needle<span" in plain
    assert ann.get(f"/api/read/{identifier}/part/{parts}").status_code == 400


def test_a_search_within_finds_every_place_of_a_long_transcript(long_one):
    ann, identifier = long_one
    ann.get(f"/t/{identifier}")

    def find(q, **more):
        return ann.get(f"/api/read/{identifier}/find", params={"q": q, **more}).json()

    assert find("OF MANY")["count"] == 60_000
    assert len(find("of many")["places"]) == 5_000
    (place,) = find("needle")["places"]
    assert place[5] > 0.9
    across = find("line 12345 of many <i>lines</i>\nline 12346")
    assert across["count"] == 1
    assert find(r"line 5\d{4} of", mode="regex")["count"] == 10_000
    assert find("many 59999", mode="words")["count"] == 60_001
    assert "can't be read" in find("(", mode="regex")["error"]


def test_a_draw_that_it_is_in_and_earlier_sights_are_told(place):
    from allegiance.audit import Ledger, Record, make_draw, open_position

    ledger = Ledger.open(place.ledger_file)
    draw = make_draw(place.corpus(), ledger, "pilot", n=3, seed=2)
    identifier = open_position(draw, ledger, 2, "ben")
    found = client(place).get(f"/t/{identifier}").text
    assert "number 2 of the draw pilot" in found
    assert re.search(r"<b>ben</b>, blind", found)
    assert "1 draw on record (pilot)" in found
    assert Record.of(ledger).ordinal(identifier) == 1


def test_a_truth_label_is_told_as_one(ann):
    identifier = _id(_read(ann, 1))
    transcript = ann.site.corpus.get(identifier)
    give_label(ann.site.ledger, transcript, DOUBTS, "no", "organism", source="truth")
    give_label(
        ann.site.ledger,
        transcript,
        DOUBTS,
        "yes",
        "ann",
        quotes=quotes_of([transcript.reasoning[:6]], "reasoning"),
    )
    assert "organism, the known truth" in _read(ann, 1).text
    assert Record.of(ann.site.ledger).label_of("ann", "doubts", identifier) is not None


def test_scanners_that_differ_on_the_outcome_are_both_told(place):
    identifier = place.corpus().ids()[0]
    place.corpus().put_verdicts(
        [
            Verdict(
                category="outcome",
                scanner="judge",
                scanner_digest="c" * 64,
                transcript_id=identifier,
                value="partial",
            )
        ]
    )
    found = client(place).get(f"/t/{identifier}").text
    assert 'title="Outcome, by rules"' in found
    assert 'title="Outcome, by judge"' in found


def test_a_rater_cannot_read_on_in_what_others_labelled(place):
    people = People(ann="admin", ben="rater")
    ann, ben = client(place, people, "ann"), client(place, people, "ben")
    identifier = _id(_read(ann, 1))
    ann.submit(f"/t/{identifier}/label", category="doubts", value="yes")
    address = "/read?seed=1&at=1&where=label.doubts+%3D+%27yes%27"
    assert _id(ann.get(address)) == identifier
    refused = ben.get(address)
    assert refused.status_code == 400
    assert "not for raters" in refused.text


def test_a_list_that_is_filtered_by_verdicts_says_that_its_transcripts_were_picked(ann):
    address = "/read?seed=1&at=1&where=verdict.outcome+%3D+%27refused%27"
    assert "these were picked by that" in ann.get(address).text
    assert "these were picked by that" not in _read(ann, 1).text


def test_a_rater_learns_no_label_of_others_from_reasons_or_routes(place):
    people = People(ann="admin", ben="rater")
    ann, ben = client(place, people, "ann"), client(place, people, "ben")
    first, second = _id(_read(ann, 1)), _id(_read(ann, 2))
    for identifier in (first, second):
        ann.submit(f"/t/{identifier}/label", category="doubts", value="yes")
    ann.get("/read?seed=1&at=1&where=label.doubts+%3D+%27yes%27")
    ann.get("/read?seed=1&at=2&where=label.doubts+%3D+%27yes%27")
    _read(ben, 1)
    ben.submit(f"/t/{first}/label", category="outcome", value="refused")
    ann.submit(f"/t/{first}/label", category="outcome", value="refused")
    why = ben.get(f"/t/{first}/why/doubts").text
    assert "<b>ann</b>" not in why
    assert second[:12] not in why
    assert second[:12] in ann.get(f"/t/{first}/why/doubts").text
    page = _read(ben, 1).text
    assert "label.doubts" not in page
    assert "by a list that looks at labels" in page
    assert "label.doubts" in _read(ann, 1).text
