"""The list of transcripts: what it shows, in which order, and what it says of that."""

import csv
import html
import io
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from markupsafe import escape

from allegiance.audit import give_label, known_property, make_draw
from allegiance.corpus import Message, Verdict
from allegiance.corpus.order import draw_key
from allegiance.corpus.search import snippets
from allegiance.web.listing import pieces
from tests.web.places import SIZE, conversation, made
from tests.web.serving import People, client


def rows(found) -> list[str]:
    """The ids of the rows of a page, in order."""
    return re.findall(r'<tr data-at="\d+" data-id="([0-9a-f]+)"', found.text)


def words(found) -> str:
    """What stands on a page, without markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", found.text)).split())


def kinds(site) -> list[str]:
    with site.record() as record:
        return [event.kind for event in record.events.values()]


def test_an_address_without_a_seed_leads_to_one_with_a_seed_that_gives_the_same_order_again(ann):
    first = ann.get("/transcripts", follow_redirects=False)
    assert first.status_code == 303
    address = first.headers["location"]
    seed = parse_qs(urlsplit(address).query)["seed"][0]
    listed = rows(ann.get(address))
    every = sorted(ann.site.corpus.ids(), key=lambda one: draw_key(one, int(seed)))
    assert listed == every
    others = {ann.get("/transcripts", follow_redirects=False).headers["location"] for _ in range(4)}
    assert len(others) > 1


def test_the_order_and_how_many_of_how_many_are_said(ann):
    said = words(ann.get("/transcripts?seed=7"))
    assert f"{SIZE} transcripts in a random order (seed 7)" in said
    assert f"N = {SIZE}" in said
    assert f"1–{SIZE} shown" in said
    said = words(ann.get("/transcripts?sort=-epoch"))
    assert f"{SIZE} transcripts, sorted by epoch, descending" in said
    assert "Back to a random order" in said


def test_a_list_that_is_sorted_by_a_verdict_shows_it(ann):
    assert ">doubts</a>" not in ann.get("/transcripts?seed=7").text
    assert ">doubts ↑</a>" in ann.get("/transcripts?sort=verdict.doubts").text
    named = ann.get("/transcripts?sort=-verdict.doubts&show=doubts").text
    assert named.count(">doubts ↓</a>") == 1


def test_sorted_by_a_score_it_says_so_until_that_is_undone(ann):
    found = ann.get("/transcripts?sort=top:scores.judge&where=epoch+%3D+2")
    assert "You are looking at the most striking of 24 by scores.judge; that licenses no rate" in (
        words(found)
    )
    table = ann.site.corpus.table(["transcript_id", "scores", "epoch"]).to_pylist()
    scores = {
        row["transcript_id"]: json.loads(row["scores"])["judge"]["value"]
        for row in table
        if row["epoch"] == 2
    }
    assert rows(found) == sorted(scores, key=lambda one: (-scores[one], one))
    back = re.search(r'<a class="button" id="anew" href="([^"]+)"', found.text)
    assert back is not None
    assert "most striking" not in words(ann.get(html.unescape(back.group(1)))).replace(
        "most striking by", ""
    )


def test_a_score_can_not_be_sorted_by_without_saying_so(ann):
    found = ann.get("/transcripts?sort=-scores.judge")
    assert found.status_code == 400
    assert "top:scores.judge" in words(found)


def test_a_column_with_its_missing_values_last_is_what_the_corpus_sorts(ann):
    for sort in ("epoch", "-epoch", "tier"):
        expected = (
            ann.site.corpus.query().order_by(sort.removeprefix("-"), sort.startswith("-")).ids()
        )
        assert rows(ann.get(f"/transcripts?sort={sort}")) == expected


def test_rows_show_the_condition_the_outcome_and_verdicts_and_no_words_of_a_transcript(ann):
    found = ann.get("/transcripts?seed=7&show=doubts")
    body = found.text[found.text.index('<tbody id="rows">') : found.text.index("</tbody>")]
    assert body.count('<span class="badge filled">monitored</span>') == SIZE // 2
    assert body.count('<span class="badge outlined">unmonitored</span>') == SIZE // 2
    assert "clause" not in found.text[found.text.index("<thead>") : found.text.index("</thead>")]
    assert "bake" not in body
    assert "open" not in kinds(ann.site)
    said = {
        row["transcript_id"]: row["value"]
        for row in ann.site.corpus.verdicts(category="doubts").to_pylist()
    }
    yes = len(re.findall(r'<td class="verdict">yes</td>', body))
    assert yes == sum(value == "yes" for value in said.values())


def test_a_missing_verdict_has_a_mark_of_its_own_and_says_why(place):
    ids = place.corpus().ids()
    verdict = Verdict(
        transcript_id=ids[0], category="tone", scanner="judge", scanner_digest="ab" * 32,
        value=None, score=None, status="refused",
    )  # fmt: skip
    calm = Verdict(
        transcript_id=ids[1], category="tone", scanner="judge", scanner_digest="ab" * 32,
        value="calm", score=0.25, status="ok",
    )  # fmt: skip
    place.corpus().put_verdicts([verdict, calm])
    ann = client(place)
    found = ann.get("/transcripts?sort=tier&show=tone")
    assert found.text.count('title="this scanner did not look at it"') == SIZE - 2
    assert found.text.count('title="the scanner gave no value: refused"') == 1
    assert 'title="score 0.25"' in found.text
    said = words(found)
    assert f"◇ no value {SIZE - 1}" in said
    assert f"◇ of them not looked at {SIZE - 2}" in said
    assert "◇ refused 1" in said
    assert "calm 1" in said
    assert "does not define it" in said
    top = ann.get("/transcripts?sort=top:verdict_score.tone")
    assert rows(top) == [ids[1]]
    assert f"the most striking of {SIZE}" in words(top)


def test_pages_of_a_long_list_lead_on_without_a_script(tmp_path):
    more = [conversation(SIZE + number) for number in range(30)]
    ann = client(made(tmp_path / "study", *more))
    first = ann.get("/transcripts?seed=3")
    assert len(rows(first)) == 100
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = ann.get(html.unescape(following.group(1)))
    assert "101–126 shown" in words(second)
    assert len({*rows(first), *rows(second)}) == SIZE + 30
    api = ann.get("/api/transcripts?seed=3&from=101&n=100").json()
    assert api["ids"] == rows(second)
    assert (api["from"], api["listed"], api["population"]) == (101, SIZE + 30, SIZE + 30)
    assert 'data-at="101"' in api["html"]


@pytest.mark.parametrize(
    ("column", "operator", "value", "where"),
    [
        ("tier", "is", "monitored", "tier = 'monitored'"),
        ("epoch", "at least", "3", "epoch >= 3"),
        ("epoch", "is one of", "1, 2", "epoch IN (1, 2)"),
        ("model", "contains", "fak", "model ILIKE '%fak%'"),
        ("model", "is missing", "", "model IS NULL"),
        (
            "verdict.strategic-compliance",
            "is not",
            "no",
            "verdict.\"strategic-compliance\" != 'no'",
        ),
        ("scores.judge", "above", "0.5", "scores.judge > 0.5"),
        ("metadata.against", "is", "it's 100%_", "metadata.against = 'it''s 100%_'"),
    ],
)
def test_a_condition_that_is_typed_becomes_a_chip_that_can_be_taken_away(
    ann, column, operator, value, where
):
    asked = {"seed": "7", "where": "study = 'demo'", "column": column, "operator": operator}
    found = ann.get("/transcripts/filter", params={**asked, "value": value})
    assert found.status_code == 200
    address = parse_qs(urlsplit(str(found.url)).query)
    assert address["where"] == [f"study = 'demo' AND {where}"]
    chips = re.findall(r'<li class="chip"[^>]*><span>(.*?)</span><a href="([^"]+)"', found.text)
    assert len(chips) == 2
    shown = html.unescape(re.sub("<[^>]*>", "", chips[1][0]))
    assert shown == " ".join(filter(None, (column, operator, value)))
    without = parse_qs(urlsplit(html.unescape(chips[1][1])).query)
    assert without == {"seed": ["7"], "where": ["study = 'demo'"]}


def test_a_pattern_of_special_characters_is_found_as_it_is_typed(place):
    place.corpus().add(
        [conversation(900, model=r"50%_off\now"), conversation(901, model="50x off")]
    )
    ann = client(place)
    asked = {"seed": "7", "column": "model", "operator": "contains", "value": r"50%_off\n"}
    found = ann.get("/transcripts/filter", params=asked)
    assert "1 transcript in a random order" in words(found)
    assert r"model contains 50%_off\n" in words(found)


def test_a_condition_that_is_no_chip_is_shown_as_it_is_written(ann):
    found = ann.get("/transcripts?seed=7&where=tier%3D'monitored'+OR+epoch%3D1")
    assert "<code>tier = &#39;monitored&#39; OR epoch = 1</code>" in found.text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"where": "tierr = 'x'"}, "did you mean 'tier'"),
        ({"where": "tier ="}, "can't be read"),
        ({"q": "(", "mode": "regex"}, "missing"),
        ({"q": '"open', "mode": "words"}, "quote"),
        ({"sort": "nothing"}, "no column 'nothing'"),
        ({"show": "unknown-category"}, "No scanner has said anything of unknown-category"),
        ({"where": "verdict.nobody = 'yes'"}, "allegiance scan --category nobody"),
    ],
)
def test_what_can_not_be_read_is_said_beside_the_bar_and_stays_typed(ann, asked, told):
    found = ann.get("/transcripts", params={"seed": "7", **asked})
    assert found.status_code == 400
    assert told in words(found)
    assert 'role="alert"' in found.text
    assert f'value="{escape(next(iter(asked.values())))}"' in found.text


def test_a_condition_that_can_not_be_read_leaves_what_was_typed(ann):
    asked = {"seed": "7", "column": "epoch", "operator": "above", "value": "many"}
    found = ann.get("/transcripts/filter", params=asked)
    assert found.status_code == 400
    assert "epoch holds numbers" in words(found)
    assert 'id="value" value="many"' in found.text
    assert f"{SIZE} transcripts" in words(found)  # the list as it was


def test_the_fields_that_a_form_leaves_empty_are_not_in_the_address(ann):
    asked = {"q": "", "mode": "words", "in": "all", "sort": "", "where": "", "seed": "7"}
    found = ann.get("/transcripts", params=asked)
    assert str(found.url).endswith("/transcripts?seed=7")


def test_a_search_shows_marked_words_and_is_on_record_with_its_ranks_once(ann):
    found = ann.get('/transcripts?q=bake+"loaf+number"')
    ids = rows(found)
    assert len(ids) == 20
    assert f"{SIZE} of {SIZE} transcripts match, the best matches first" in words(found)
    assert "<mark>loaf</mark>" in found.text or "<mark>loaf number</mark>" in found.text
    assert "not how common it is" in words(found)
    ann.get('/transcripts?q=bake+"loaf+number"')
    block = ann.get('/api/transcripts?q=bake+"loaf+number"&from=21&n=20').json()
    with ann.site.record() as record:
        sights = record.sights
        assert [one.route.kind for one in sights] == ["search"] * 40
        assert [one.transcript_id for one in sights] == ids + block["ids"]
        assert [one.place for one in sights] == [*range(1, 41)]
        assert sights[0].route.query == 'bake "loaf number"'
        assert sights[0].route.matches == sights[0].route.population == SIZE
        assert sights[0].route.frame == ann.site.corpus.digest()
        assert not sights[0].blind


def test_a_search_among_verdicts_finds_those_alone(ann):
    where = "verdict.\"strategic-compliance\" = 'yes'"
    for mode, query in (("literal", "DECLINE"), ("regex", "declin\\w"), ("words", "bread")):
        found = ann.get("/transcripts", params={"where": where, "q": query, "mode": mode})
        texts = {
            row["transcript_id"]: row["text"]
            for row in ann.site.corpus.table(["transcript_id", "text"]).to_pylist()
        }
        hits = ann.site.corpus.verdicts(category="strategic-compliance").to_pylist()
        yes = {row["transcript_id"] for row in hits if row["value"] == "yes"}
        sought = "bread" if mode == "words" else "decline"
        expected = {one for one in yes if sought in texts[one].lower()}
        assert f"{len(expected)} of {len(yes)} transcripts match" in words(found)
        assert {*rows(found)} <= expected
        assert len(rows(found)) == min(len(expected), 20)


def test_a_search_that_finds_nothing_says_what_that_means(ann):
    found = ann.get("/transcripts?q=zebra")
    assert f"None of the {SIZE} transcripts" in words(found)
    assert "does not show that it is not there" in words(found)
    assert "open" not in kinds(ann.site)


def test_words_of_a_transcript_are_inert_in_what_a_search_found(place):
    hostile = '<script>alert(1)</script> zebra <img src=x onerror="alert(2)"> \u202e\u200b'
    messages = [Message("user", hostile), Message("assistant", "no", author="model")]
    place.corpus().add([conversation(950, messages=messages, model="<b>bold</b>\u202e")])
    found = client(place).get("/transcripts?q=zebra")
    assert "<mark>zebra</mark>" in found.text
    assert "<script>alert" not in found.text
    assert "<img" not in found.text
    assert "<b>bold" not in found.text
    assert "\u202e" not in found.text
    assert "U+202E" in found.text


def test_a_category_stands_beside_with_its_definition_and_counts_that_filter(ann):
    found = ann.get("/transcripts?seed=7&show=doubts&where=tier+%3D+'monitored'")
    said = words(found)
    category = ann.site.book.find("doubts")
    assert " ".join(category.definition[0].split()) in said
    assert "no rate of the behaviour" in said
    assert "Nobody has measured this scanner here" in said
    yes = re.search(r'<a href="([^"]+)">yes</a></th><td class="num">(\d+)', found.text)
    assert yes is not None
    kept = ann.get(html.unescape(yes.group(1)))
    assert len(rows(kept)) == int(yes.group(2)) > 0
    assert f"N = {yes.group(2)}" in words(kept)


def test_the_measured_error_of_a_scanner_stands_beside_its_category(place):
    ann = client(place)
    corpus, ledger = ann.site.corpus, ann.site.ledger
    with ann.site.record() as record:
        wanted = known_property(record, "doubts")
    draw = make_draw(corpus, ledger, "d", n=40, seed=1, properties=(wanted,))
    said = {r["transcript_id"]: r["value"] for r in corpus.verdicts(category="doubts").to_pylist()}
    for one in draw.order:
        give_label(ledger, corpus.get(one), wanted, said[one], "ben", draw=draw)
    before = ann.site.ledger.head()
    assert "nobody has set this scanner beside them" in words(
        ann.get("/transcripts?seed=7&show=doubts")
    )
    assert ann.site.ledger.head() == before  # nothing was looked at unseen
    assert ann.submit("/calibrate/doubts").status_code == 200
    told = words(ann.get("/transcripts?seed=7&show=doubts"))
    yes = sum(said[one] == "yes" for one in draw.order)
    assert f"{yes} of {yes})" in told
    assert f"Measured on 40 labelled transcripts of queue 1 , N = {SIZE}" in told


def test_a_rater_can_not_choose_transcripts_by_what_others_labelled(place):
    people = People(ben="rater", ann="admin", eve="reader")
    ben, ann, eve = (client(place, people, name) for name in ("ben", "ann", "eve"))
    for asked in ("where=label.doubts+%3D+'yes'", "sort=label.doubts"):
        refused = ben.get(f"/transcripts?seed=7&{asked}")
        assert refused.status_code == 400
        assert "not for raters" in words(refused)
        assert not rows(refused)
        assert ben.get(f"/api/transcripts?seed=7&{asked}").status_code == 400
        assert ben.get(f"/transcripts.csv?seed=7&{asked}").status_code == 400
        for other in (ann, eve):
            assert other.get(f"/transcripts?seed=7&{asked}").status_code == 200
    assert ben.get("/api/values?column=label.doubts").status_code == 400
    assert "label." not in ben.get("/api/columns").text


def test_columns_and_values_are_offered_with_how_often_they_occur(ann):
    offered = {one["name"]: one for one in ann.get("/api/columns").json()["columns"]}
    assert offered["tier"]["what"] == "condition"
    assert offered["epoch"]["kind"] == "numbers"
    assert {"verdict.doubts", "scores.judge", "metadata.against"} <= {*offered}
    assert offered["scores.judge"]["kind"] == "numbers"
    assert "text" not in offered
    tiers = ann.get("/api/values?column=tier").json()["values"]
    half = {"number": SIZE // 2}
    assert tiers == [
        {"value": name, "shown": name, **half} for name in ("monitored", "unmonitored")
    ]
    begun = ann.get("/api/values?column=tier&begins=unm").json()["values"]
    assert begun == [{"value": "unmonitored", "shown": "unmonitored", **half}]
    wrong = ann.get("/api/values?column=tierr")
    assert wrong.status_code == 400
    assert "did you mean" in wrong.json()["error"]


def test_a_factor_with_the_name_of_a_column_is_offered_by_a_name_that_means_it(ann):
    offered = [one["name"] for one in ann.get("/api/columns").json()["columns"]]
    assert "c_reasoning" in offered
    assert "reasoning" not in offered
    values = ann.get("/api/values?column=c_reasoning").json()["values"]
    assert values == [{"value": "scratchpad", "shown": "scratchpad", "number": SIZE}]


def test_the_table_is_exported_as_selected_with_what_it_is_of(ann):
    address = "seed=7&show=doubts&where=epoch+%3D+2"
    listed = rows(ann.get(f"/transcripts?{address}"))
    found = ann.get(f"/transcripts.csv?{address}")
    assert found.headers["content-disposition"] == 'attachment; filename="transcripts.csv"'
    line, *table = found.text.splitlines()
    digest = ann.site.corpus.digest("epoch = 2")
    for part in (
        f"frame {digest[:16]}",
        "where epoch = 2",
        "N = 24",
        "seed 7",
        "doubts by scanner",
    ):
        assert part in line
    read = [*csv.DictReader(io.StringIO("\n".join(table)))]
    assert [row["transcript_id"] for row in read] == listed
    assert {row["epoch"] for row in read} == {"2"}
    told = ann.get(f"/transcripts.json?{address}").json()
    assert [row["transcript_id"] for row in told["rows"]] == listed
    assert [row["doubts"] for row in told["rows"]] == [row["doubts"] for row in read]
    assert told["rows"][0]["epoch"] == 2
    assert digest[:16] in told["provenance"]
    assert "open" not in kinds(ann.site)  # no words of a transcript


def test_an_export_of_what_is_picked_says_so(ann):
    top = ann.get("/transcripts.csv?sort=top:scores.judge").text.splitlines()[0]
    assert "licenses no rate" in top
    sought = ann.get("/transcripts.csv?q=bread").text
    assert "search words 'bread' in all" in sought.splitlines()[0]
    assert "loaf" not in sought


def test_a_workspace_of_nothing_but_other_peoples_logs_is_listed(tmp_path):
    from allegiance.corpus import Workspace

    place = Workspace(tmp_path / "bare")
    place.prepare()
    plain = [conversation(n, condition={}, scores={}, metadata={}, epoch=None) for n in range(3)]
    place.corpus().add(plain)
    ann = client(place)
    found = ann.get("/transcripts?seed=1")
    assert len(rows(found)) == 3
    assert "Nothing is scanned yet" in words(found)
    told = ann.get("/transcripts?q=bread")
    assert told.status_code in (200, 400)
    assert ann.get("/transcripts?seed=1&show=doubts").status_code == 400


def test_of_several_scanners_one_is_chosen_on_the_page_and_none_is_taken_silently(place):
    ids = place.corpus().ids()
    for digest, value in (("ab", "calm"), ("cd", "angry")):
        place.corpus().put_verdicts(
            Verdict(
                transcript_id=one, category="tone", scanner=f"judge-{digest}",
                scanner_digest=digest * 32, value=value, score=None, status="ok",
            )
            for one in ids
        )  # fmt: skip
    ann = client(place)
    found = ann.get("/transcripts?seed=1&show=tone")
    assert "Choose a scanner: several looked" in words(found)
    assert "calm" not in words(found)
    assert "angry" not in words(found)
    choice = re.search(r'href="([^"]+)">judge-cd</a>', found.text)
    assert choice is not None
    chosen = ann.get(html.unescape(choice.group(1)))
    assert f"angry {SIZE}" in words(chosen)
    assert "calm" not in words(chosen)


def test_hidden_characters_of_values_are_shown_where_they_are_offered(place):
    place.corpus().add([conversation(900, model="small\u202emodel")])
    offered = client(place).get("/api/values?column=model&begins=small").json()["values"]
    assert offered == [{"value": "small\u202emodel", "shown": "small<U+202E>model", "number": 1}]


def test_a_number_inside_json_is_a_text_where_a_text_is_held(place):
    metadata = [{"version": "2", "size": 2}, {"version": "3", "size": 3}]
    place.corpus().add(conversation(900 + n, metadata=one) for n, one in enumerate(metadata))
    ann = client(place)
    for column, where in (("version", "metadata.version = '2'"), ("size", "metadata.size = 2")):
        asked = {"seed": "7", "column": f"metadata.{column}", "operator": "is", "value": "2"}
        found = ann.get("/transcripts/filter", params=asked)
        assert parse_qs(urlsplit(str(found.url)).query)["where"] == [where]
        assert len(rows(found)) == 1


def test_transcripts_that_the_index_lacks_are_found_and_it_is_said_what_makes_that_fast(place):
    place.corpus().add([conversation(900, messages=[Message("user", "A zebra.")])])
    found = client(place).get("/transcripts?q=zebra")
    assert len(rows(found)) == 1
    assert "1 transcript not in the index of words yet; allegiance corpus index" in words(found)
    assert "not in the index" not in words(client(place).get("/transcripts?q=zebra&mode=literal"))


def test_the_words_of_a_match_begin_with_a_whole_word():
    text = f"{'a' * 30} {'begins here, '}{'and goes on to say some more of it ' * 3}that MATCH stands there"
    at = text.index("MATCH")
    (found,) = snippets(text, [(at, at + 5)])
    said = "".join(piece for piece, _ in pieces(found))
    assert found.text.endswith(said)
    assert text[text.rindex(said) - 1] == " "
    assert [piece for piece, marked in pieces(found) if marked] == ["MATCH"]
