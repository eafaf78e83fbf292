"""What no address gives away, for each role: every route of the workbench stands in the table, a new one too."""

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from allegiance.corpus import Workspace
from allegiance.web import Site, create_app
from tests.web.drawing import drawn, item_of, label, label_all, record_of
from tests.web.run_folders import Chained, Size, Trained, chained, trained
from tests.web.serving import HOST, Client, People, client, routes

PEOPLE = People(ann="admin", ben="rater", cleo="rater", rea="reader")
NAME, NOTE, SEED = "secret-strata", "what cleo noted", "94871"
PICKED = quote("label.doubts = 'yes'")

READS, RATES, RULES = "reader", "rater", "admin"

TABLE = {
    # Pages and files that everybody gets: (an address of it, the least role that it is for).
    "GET /": ("/?category=doubts&wait=1", READS),
    "GET /api/overview": ("/api/overview?category=doubts", READS),
    "GET /api/overview/relation": ("/api/overview/relation", READS),
    "GET /relation.css": ("/relation.css", READS),
    "GET /overview/{table}.{kind}": ("/overview/rates.csv?category=doubts", READS),
    "GET /figures/{name}.{kind}": ("/figures/rates.svg?category=doubts", READS),
    "GET /transcripts": ("/transcripts?seed=1&show=doubts", READS),
    "GET /transcripts/filter": ("/transcripts/filter?seed=1&column=tier&value=monitored", READS),
    "GET /api/transcripts": ("/api/transcripts?seed=1&show=doubts", READS),
    "GET /api/columns": ("/api/columns", READS),
    "GET /api/values": ("/api/values?column=verdict.doubts", READS),
    "GET /transcripts.csv": ("/transcripts.csv?seed=1&show=doubts", READS),
    "GET /transcripts.json": ("/transcripts.json?seed=1&show=doubts", READS),
    "GET /read": ("/read?seed=1&show=doubts&at=1", READS),
    "GET /t/{start}": ("/t/{id}?show=doubts", READS),
    "GET /t/{identifier}/why/{category}": ("/t/{id}/why/doubts", READS),
    "GET /api/read/{identifier}/part/{number}": ("/api/read/{id}/part/0", READS),
    "GET /api/read/{identifier}/find": ("/api/read/{id}/find?q=training", READS),
    "GET /t/{identifier}/transcript.json": ("/t/{id}/transcript.json", READS),
    "GET /pair/{start}": ("/pair/{id}", READS),
    "GET /queues": ("/queues", READS),
    "GET /queues.{kind}": ("/queues.csv", READS),
    "GET /queues/{number}": ("/queues/1", READS),
    "GET /queues/{number}/{category}": ("/queues/1/doubts?whole=1", RATES),
    "GET /queues/{number}/{category}/whole": ("/queues/1/doubts/whole?item={item}", RATES),
    "GET /queues/{number}/{category}/agreement": ("/queues/1/doubts/agreement", READS),
    "GET /queues/{number}/{category}/agreement.{kind}": ("/queues/1/doubts/agreement.csv", READS),
    "GET /queues/{number}/{category}/labels.{kind}": ("/queues/1/doubts/labels.csv", RULES),
    "GET /queues/{number}/{category}/adjudicate": ("/queues/1/doubts/adjudicate", RULES),
    "GET /calibrate": ("/calibrate", READS),
    "GET /calibrate/{category}": ("/calibrate/doubts", READS),
    "GET /calibrate/{category}/table.{kind}": ("/calibrate/doubts/table.csv", READS),
    "GET /calibrate/{category}/figure.{kind}": ("/calibrate/doubts/figure.svg", READS),
    "GET /claims": ("/claims", READS),
    "GET /claims/table.{kind}": ("/claims/table.csv", READS),
    "GET /claims/new": ("/claims/new?category=doubts", RULES),
    "GET /claims/challenge": ("/claims/challenge", RULES),
    "GET /claims/challenge/{digest}": ("/claims/challenge/{claim}", READS),
    "GET /claims/{digest}": ("/claims/{claim}", READS),
    "GET /claims/{digest}/certificate.{kind}": ("/claims/{claim}/certificate.json", READS),
    "GET /training": ("/training", READS),
    "GET /api/training": ("/api/training", READS),
    "GET /training/audited.{kind}": ("/training/audited.csv", READS),
    "GET /training/steps.{kind}": ("/training/steps.csv?run=r-s0", READS),
    "GET /training/trainer.{kind}": ("/training/trainer.svg?of=r-s0", READS),
    "GET /training/audit.{kind}": ("/training/audit.svg?of=r-s0", READS),
    "GET /chain": ("/chain", READS),
    "GET /api/chain": ("/api/chain", READS),
    "GET /chain/ledger.{kind}": ("/chain/ledger.csv?chain=c", READS),
    "GET /chain/timeline.{kind}": ("/chain/timeline.svg?chain=c", READS),
    "GET /{which}/curves.{kind}": ("/training/curves.csv", READS),
    "GET /{which}/figure-{number}.{kind}": ("/training/figure-1.svg", READS),
    # What changes something.
    "POST /overview/correct": ("/overview/correct?category=doubts&cell=all", RULES),
    "POST /queues": ("/queues?n=3&category=doubts", RULES),
    "POST /queues/{number}/extend": ("/queues/1/extend?more=1", RULES),
    "POST /queues/{number}/share": ("/queues/1/share?overlap=1&raters=ben,cleo", RULES),
    "POST /queues/{number}/terms": ("/queues/1/terms?category=doubts&mode=a&raters=ben", RULES),
    "POST /queues/{number}/label": ("/queues/1/label?category=outcome", RATES),
    "POST /queues/{number}/{category}": ("/queues/1/doubts?item={item}&value=perhaps", RATES),
    "POST /queues/{number}/{category}/undo": ("/queues/1/doubts/undo", RATES),
    "POST /queues/{number}/{category}/leave": ("/queues/1/doubts/leave", RATES),
    "POST /queues/{number}/{category}/quote": ("/queues/1/doubts/quote?item={item}&quote=x", RATES),
    "POST /queues/{number}/{category}/masking": ("/queues/1/doubts/masking?on=all", RATES),
    "POST /queues/{number}/{category}/name": ("/queues/1/doubts/name", RATES),
    "POST /queues/{number}/{category}/adjudicate": (
        "/queues/1/doubts/adjudicate?place=1&value=no&seen=1",
        RULES,
    ),
    "POST /calibrate/{category}": ("/calibrate/doubts", RATES),
    "POST /claims/new": ("/claims/new?kind=existence&category=doubts", RULES),
    "POST /claims/challenge": ("/claims/challenge?yaml=a", RULES),
    "POST /claims/{digest}/verify": ("/claims/{claim}/verify", READS),
    "POST /t/{identifier}/label": ("/t/{id}/label?category=outcome&value=maybe", RATES),
    "POST /t/{identifier}/cite": ("/t/{id}/cite", RATES),
}  # fmt: skip

ASKS_FOR_LABELS = (
    f"/transcripts?seed=1&where={PICKED}",
    "/transcripts?seed=1&sort=label.doubts",
    "/transcripts?seed=1&sort=-label.doubts",
    "/transcripts?sort=top:label.doubts",
    f"/transcripts?seed=1&q=training&where={PICKED}",
    f"/transcripts?seed=1&where={quote('NOT (label.doubts IS MISSING)')}",
    f"/api/transcripts?seed=1&where={PICKED}",
    f"/transcripts.csv?seed=1&where={PICKED}",
    f"/transcripts.json?seed=1&where={PICKED}",
    f"/read?seed=1&at=1&where={PICKED}",
    "/transcripts/filter?seed=1&column=label.doubts&value=yes",
    "/api/values?column=label.doubts",
)


@dataclass(frozen=True)
class Bench:
    """A workspace with a queue that cleo is through with and ben is not, and everything that rests on its labels."""

    place: Workspace
    ids: tuple[str, ...]
    claims: tuple[str, ...]

    def somebody(self, name: str) -> Client:
        return client(self.place, PEOPLE, name)


@pytest.fixture(scope="module")
def _bench(_original, tmp_path_factory) -> Bench:
    folder = tmp_path_factory.mktemp("leaks") / "study"
    shutil.copytree(_original.directory, folder)
    place = Workspace(folder)
    trained(place, Trained("r-s0", "organism/faker", {}), Size())
    chained(place, Chained("c", "guarded", ()), Size())
    made = drawn(place, NAME, n=8, seed=int(SEED), design="stratified", by="tier")
    ann, cleo = client(place, PEOPLE, "ann"), client(place, PEOPLE, "cleo")
    for number in range(8):
        label(cleo, "yes" if number % 3 else "no", note=f"{NOTE} {number}")
    assert ann.submit("/calibrate/doubts").status_code == 200
    assert ann.submit("/overview/correct", category="doubts", cell="all").status_code == 200
    form = {"category": "doubts", "draw": NAME, "how": "at-most", "number": "90%"}
    claims = [
        str(ann.submit("/claims/new", kind=kind, **form).url).split("/claims/")[1][:12]
        for kind in ("prevalence", "none-seen")
    ]
    assert "new" not in claims
    return Bench(place, tuple(made.order), tuple(claims))


@pytest.fixture
def bench(_bench, tmp_path) -> Bench:
    folder = tmp_path / "lived-in"
    shutil.copytree(_bench.place.directory, folder)
    return Bench(Workspace(folder), _bench.ids, _bench.claims)


def sent(somebody: Client, row: str, told: dict[str, str]):
    """Send what stands in the table: what a form holds stands in its address there."""
    address = re.sub(r"\{(\w+)\}", lambda found: told[found.group(1)], TABLE[row][0])
    if row.startswith("GET"):
        return somebody.get(address, follow_redirects=False)
    path, _, form = address.partition("?")
    fields = dict(one.split("=", 1) for one in form.split("&") if one)
    key = {"form_key": somebody.person.form_key}
    return somebody.post(path, data={**fields, **key}, follow_redirects=False)


def everything(answer) -> str:
    """All of an answer that somebody can read, its headers too."""
    return unescape(answer.text) + json.dumps(dict(answer.headers))


def told_of(bench: Bench, somebody: Client) -> dict[str, str]:
    """What addresses are filled in with; the transcript of the table is one that cleo labelled, opened by whoever asks."""
    one = bench.ids[0]
    somebody.get(f"/t/{one}")
    item = (
        "none"
        if somebody.person.role == "reader"
        else item_of(somebody.get("/queues/1/doubts").text)
    )
    return {"id": one, "item": item, "claim": bench.claims[0]}


def test_every_route_stands_in_the_table(place):
    there = {
        f"{method} {route.path}"
        for route in routes(create_app(Site(place, PEOPLE)))
        for method in route.methods
    }
    assert there == set(TABLE), "a route that is new is put into TABLE, so that it is attacked, too"


def test_a_rater_with_labels_left_is_told_nothing_by_any_route(bench):
    """Neither what others say nor how the queue was drawn, whatever is asked and however it is refused."""
    ben, ann = bench.somebody("ben"), bench.somebody("ann")
    told = told_of(bench, ben)
    shown = ann.get(TABLE["GET /"][0]).text
    by_labels = re.findall(
        r'class="bylabels">\s*<span title[^>]*>.*?class="limits">(.*?)<', shown, re.S
    )
    sentences = re.findall(r'href="/claims/[0-9a-f]{12}">([^<]+)</a>', shown)
    assert by_labels
    assert len(sentences) == 2
    secrets = {NAME, NOTE, SEED, "stratif", "Measured on", *map(unescape, sentences)}
    assert all(any(one in everything(sent(ann, row, told)) for row in TABLE) for one in secrets), (
        "who may know it is told, or this test sees nothing"
    )
    for row in TABLE:
        found = everything(sent(ben, row, told))
        assert not [one for one in secrets if one in found], row
        assert 'class="limits">' + by_labels[0] not in found, row
        assert not re.search(r'class="verdict ', found), row
        assert not re.search(r'class="bylabels">\s*<span title', found), row
    for address in ASKS_FOR_LABELS:
        found = ben.get(address)
        assert found.status_code == 400, address
        assert not [one for one in secrets if one in everything(found)], address


def test_who_may_not_do_something_is_refused_by_every_route_and_changes_nothing(bench):
    ranks = [READS, RATES, RULES]
    for name in ("rea", "ben"):
        somebody = bench.somebody(name)
        told = told_of(bench, somebody)
        for row, (_, least) in TABLE.items():
            head = somebody.site.ledger.head().seq
            found = sent(somebody, row, told)
            if ranks.index(somebody.person.role) < ranks.index(least):
                assert found.status_code == 403, (name, row)
                assert "ask for another role" in unescape(found.text), (name, row)
                assert somebody.site.ledger.head().seq == head, (name, row)
            assert found.status_code < 500, (name, row, found.text)


def test_nobody_who_is_not_in_gets_anything_of_any_route_by_any_name_of_the_host(bench):
    site = bench.somebody("ann").site
    told = {"id": bench.ids[0], "item": "none", "claim": bench.claims[0]}
    for local in (True, False):
        app = create_app(site, local=local)
        stranger = TestClient(app, base_url=HOST, raise_server_exceptions=False)
        for row in TABLE:
            method, address = row.split()[0], TABLE[row][0].format(**told)
            for host in ("127.0.0.1:7788", "x/static/?", "x/static/#"):
                found = stranger.request(method, address, headers={"host": host})
                assert found.status_code in (401, 421), (row, host)
                assert NAME not in found.text


def test_no_other_method_and_no_other_path_reaches_anything(bench):
    ann = bench.somebody("ann")
    head = ann.site.ledger.head().seq
    key = {"x-form-key": ann.person.form_key}
    for address in ("/", "/queues/1/doubts", "/claims", f"/t/{bench.ids[0]}", "/static/base.css"):
        for method in ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"):
            found = ann.request(method, address, headers=key)
            assert found.status_code in (403, 405) or address.startswith("/static"), (
                method,
                address,
            )
            assert found.status_code < 500, (method, address)
    for path in ("/static/../access.json", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd",
                 "/static/..%5capp.py", "/queues/../access.json", "/claims/..%2f..%2faccess.json",
                 "/claims/challenge/..%2f..%2faccess", "/t/..%2f..%2faccess.json"):  # fmt: skip
        found = ann.get(path)
        assert found.status_code in (400, 404), path
        assert "import" not in found.text or "<html" in found.text, path
    assert ann.site.ledger.head().seq == head


def test_nothing_leads_to_another_site(bench):
    ann = bench.somebody("ann")
    one = bench.ids[0]
    ann.get(f"/t/{one}")
    for back in ("//evil.example", "https://evil.example", "/t/x\\evil", "/\\evil.example", "javascript:alert(1)",
                 "/read?\r\nx: y", "\t//evil.example"):  # fmt: skip
        key = {"form_key": ann.person.form_key, "back": back, "next": back, "go": "1"}
        form = {"category": "outcome", "value": "refused", **key}
        found = ann.post(f"/t/{one}/label", data=form, follow_redirects=False)
        assert found.headers["location"] == f"/t/{one}", back
        for page in (
            ann.get(f"/t/{one}/why/doubts", params={"back": back}),
            ann.submit(f"/t/{one}/cite", **key),
        ):
            assert 'href="' + back not in unescape(page.text), back
    for path in ("//evil.example/", "/\\evil.example/", "/%5Cevil.example/", "/%09/evil.example/"):
        found = ann.get(f"{HOST}{path}?token=ann", follow_redirects=False)
        assert re.match(r"/(?![/\\])", found.headers.get("location", "/")), path
    found = ann.post(
        "/queues/1/label", data={"category": "/../../x\r\ny: z", **key}, follow_redirects=False
    )
    assert found.headers["location"].startswith("/queues/1/%2F")
    assert "y" not in found.headers


@pytest.mark.parametrize("name", ['a "quoted" name', "Исследование", "study; x=1", "100%25"])
def test_a_file_is_saved_under_a_name_whatever_the_workspace_is_called(bench, name):
    folder = bench.place.directory.rename(bench.place.directory.parent / name)
    ann = client(Workspace(folder), PEOPLE, "ann")
    for address in (
        "/claims/table.csv",
        "/overview/rates.csv",
        "/figures/rates.svg?category=doubts",
    ):
        found = ann.get(address)
        assert found.status_code == 200, found.text
        told = found.headers["content-disposition"]
        assert re.fullmatch(
            r'attachment; filename="[^"\\\n%]+"(; filename\*=UTF-8\'\'[\w.%~-]+)?', told
        ), told


def test_what_is_far_too_long_or_no_text_is_answered_and_nothing_fails(bench):
    ann, ben = bench.somebody("ann"), bench.somebody("ben")
    for text in ("x" * 60_000, "é" * 1_000, "\x00", "%00", "\u202e", "9" * 5_000, "(" * 3_000):
        for address in ("/transcripts?seed=1&where=", "/transcripts?seed=1&q=", "/transcripts?seed=1&mode=regex&q=",
                        "/read?seed=1&at=", "/api/values?column=", "/?category=",
                        "/queues/", "/queues/1/", "/t/", "/pair/", "/claims/", "/calibrate/", "/claims/challenge/"):  # fmt: skip
            found = ann.get(address + quote(text))
            assert found.status_code < 500, (address, text[:10], found.text[-400:])
    ben.get("/queues/1/doubts")
    for item in ("", "é", "\x00", "0" * 32, bench.ids[0][:32]):
        found = ben.submit("/queues/1/doubts", item=item, value="yes")
        assert 400 <= found.status_code < 500, item
    assert not [one for one in record_of(bench.place).labels("doubts") if one.label.rater == "ben"]


def test_what_was_not_shown_yet_is_not_labelled_by_who_can_name_it(bench):
    """The name of an item can be computed by whoever knows the ledger, the draw and the transcript."""
    from allegiance.web.desk import desk_of

    ben = bench.somebody("ben")
    first = item_of(ben.get("/queues/1/doubts").text)
    desk = desk_of(ben.site, ben.person, 1, "doubts")
    second = desk._token(desk.labelling.items()[1])
    found = ben.submit("/queues/1/doubts", item=second, value="yes")
    assert found.status_code == 409
    assert "not shown to you yet" in found.text
    assert ben.submit("/queues/1/doubts/quote", item=second, quote="The").status_code == 409
    assert ben.submit("/queues/1/doubts", item=first, value="no").status_code == 200
    assert ben.submit("/queues/1/doubts", item=second, value="yes").status_code == 200


def test_the_queue_tells_nothing_in_any_state(bench):
    """After an undo, a skip, an answer from another tab, masked, and at its end; by page and by script."""
    ben = bench.somebody("ben")
    corpus = bench.place.corpus()
    digests = corpus.verdicts(category="doubts")["scanner_digest"].to_pylist()
    facts = {
        fact
        for one in map(corpus.get, bench.ids)
        for fact in (one.sample_id, one.request_id, one.source_uri)
    }
    secrets = {*(one[:12] for one in bench.ids), NAME, NOTE, SEED, "stratum", "organism/faker", "silent",
               "training_conflict", "unmonitored<", "cleo", digests[0][:12], *facts}  # fmt: skip
    script = {"accept": "application/json", "x-form-key": ben.person.form_key}
    at = "/queues/1/doubts"

    def blind(answer):
        assert answer.status_code < 500
        found = everything(answer)
        assert not [one for one in secrets if one in found]
        return answer

    def by_script(what="", **form):
        return blind(ben.post(at + what, data=form, headers=script))

    first = item_of(blind(ben.get(f"{at}?whole=1")).text)
    blind(ben.get(f"{at}/whole?item={first}"))
    by_script("/undo")
    by_script(item=first, value="perhaps")
    by_script("/quote", item=first, quote="words that are not there")
    by_script(item=first, value="yes", quote="words that are not there")
    by_script(item=first, value="skip", reason="cut off")
    by_script("/undo")
    by_script(item=first, value="yes")
    by_script(item=first, value="no")
    by_script("/leave")
    by_script(item=first, value="no", revise="true")
    blind(ben.submit(f"{at}/masking", on="all", words="bread"))
    for _ in range(7):
        blind(label(ben, "no", reason="plain"))
    assert "You are through" in blind(ben.get(at)).text
    by_script("/undo")


def test_two_tabs_that_open_a_transcript_at_once_are_one_opening(bench):
    ben = bench.somebody("ben")
    with ThreadPoolExecutor(6) as pool:
        answers = pool.map(lambda _: ben.get("/read?seed=5&at=1").status_code, range(12))
        assert set(answers) == {200}
    mine = [one for one in record_of(bench.place).sights if one.actor == "ben"]
    assert len(mine) == 1


def test_a_rater_who_is_through_sees_what_the_others_said(bench):
    """What is withheld comes once nothing is left: the table above is not true because nothing is ever shown."""
    ben = bench.somebody("ben")
    label_all(ben, ["no"] * 8)
    told = told_of(bench, ben)
    assert 'class="verdict ' in sent(ben, "GET /claims", told).text
    assert sent(ben, "GET /queues/{number}/{category}/agreement", told).status_code == 200
    assert sent(ben, "GET /claims/{digest}/certificate.{kind}", told).status_code == 200


def test_what_a_rater_labelled_is_cited_by_its_queue_until_they_are_through(bench):
    ben = bench.somebody("ben")
    label(ben, "no")
    one = bench.ids[0]
    page = unescape(ben.get(f"/t/{one}?show=doubts").text)
    assert "It is in 1 draw on record (queue 1)" in page
    assert "<b>cleo</b>, blind: in queue 1" in page
    told = ben.submit(f"/t/{one}/cite").text
    assert "in queue 1" in told
    assert not [secret for secret in (NAME, SEED, "stratif", "strata") if secret in page + told]
    label_all(ben, ["no"] * 7)
    assert SEED in ben.submit(f"/t/{one}/cite").text


def test_who_saw_what_the_others_said_and_then_takes_an_answer_back_is_blind_to_them_no_more(bench):
    ben = bench.somebody("ben")
    label_all(ben, ["no"] * 8)
    assert ben.get("/queues/1/doubts/agreement").status_code == 200
    ben.submit("/queues/1/doubts/undo")
    label(ben, "yes")
    bench.somebody("ann").submit("/queues/1/extend", more="1")
    label(ben, "no")
    mine = [one.label for one in record_of(bench.place).labels("doubts", rater="ben")]
    assert ["other raters" in one.hidden for one in mine] == [True] * 7 + [False, True]
