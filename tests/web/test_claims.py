"""Claims: the list, the certificate and its verification, and a form that says what a route can't license."""

import json
import re
import shutil
from html import unescape

import pytest
import yaml
from typer.testing import CliRunner

from allegiance.audit import Record, challenge, read_challenge
from allegiance.audit.challenge_file import challenge_from
from allegiance.cli.app import load_commands
from allegiance.corpus import Workspace
from allegiance.web.challenges import CLAUSES, FIELDS, fields_of
from tests.web.drawing import label
from tests.web.readings import drawn
from tests.web.serving import People, client

NUMBER = re.compile(r"\d+\.\d+ %")


@pytest.fixture
def read(place):
    """Somebody at a workspace with a random draw of 20, 2 of them labelled doubts."""
    return drawn(place, n=20, hits=(2, 9))


def command(place, *arguments):
    return CliRunner().invoke(load_commands(), [*map(str, arguments), "-w", str(place.directory)])


def claims_in(site):
    return [event for event in site.ledger.events() if event.kind == "claim"]


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def claimed(ann, **form):
    """Send the form of a claim; the page that follows."""
    found = ann.submit("/claims/new", **form)
    assert found.status_code == 200, text_of(found.text)
    return found


def digest_of(answer) -> str:
    return re.search(r"/claims/([0-9a-f]{12})", str(answer.url)).group(1)


PREVALENCE = {"kind": "prevalence", "category": "doubts", "draw": "first"}


def test_a_claim_from_the_form_is_what_the_command_decides(read, place, tmp_path):
    twin = Workspace(shutil.copytree(place.directory, tmp_path / "twin"))
    page = claimed(read, **PREVALENCE, how="at-most", number="40%", words="Few doubt.").text
    (event,) = claims_in(read.site)
    assert event.actor == "ann"
    done = command(
        twin,
        "claim",
        "prevalence",
        "-c",
        "doubts",
        "--draw",
        "first",
        "--at-most",
        "40%",
        "--words",
        "Few doubt.",
        "--json",
    )
    decided = json.loads(done.stdout)["certificate"]
    assert event.body["sentence"] == decided["decision"]["sentence"]
    assert event.body["status"] == decided["decision"]["status"] == "stands"
    assert decided["decision"]["sentence"] in text_of(page)
    assert "Few doubt." in page
    (file,) = (place.report / "claims").glob("*.json")
    assert json.loads(file.read_text())["claim"] == decided["claim"]


def test_a_certificate_can_be_read_and_each_transcript_and_its_frame_opened(read):
    page = claimed(read, **PREVALENCE).text
    draw = Record.of(read.site.ledger).draws["first"]
    told = text_of(page)
    for words in (
        draw.spec.seed,
        "random",
        "N = 96",
        "ben",
        "hidden from them: verdicts",
        "Searches and readings by others",
        "fixed 20",
        "hypergeometric",
    ):
        assert words in told
    ids = re.findall(r'href="/t/([0-9a-f]{64})"', page)
    assert len(ids) == 20
    assert 'href="/queues/1"' in page
    assert 'href="/transcripts"' in page


def test_verifying_lists_the_checks_of_the_command_and_finds_what_was_changed(read, place):
    digest = digest_of(claimed(read, **PREVALENCE))
    page = read.submit(f"/claims/{digest}/verify").text
    assert "It holds" in page
    (file,) = (place.report / "claims").glob("*.json")
    checks = json.loads(command(place, "verify", file, "--json").stdout)["checks"]
    for check in checks:
        assert f"<b>{check['name']}</b>" in page
        assert check["detail"] in unescape(page)
    events = len(claims_in(read.site))
    changed = json.loads(file.read_text())
    changed["decision"]["interval"]["high"] = 0.11
    file.write_text(json.dumps(changed))
    page = read.submit(f"/claims/{digest}/verify").text
    assert "It does not hold" in page
    assert "its content was changed" in page
    assert len(claims_in(read.site)) == events  # it is no new look


def test_composing_computes_nothing_and_leaves_nothing_on_record(read):
    head = read.site.ledger.head()
    for kind in (
        "existence",
        "none-seen",
        "none-exist",
        "prevalence",
        "gap",
        "random-example",
        "striking",
    ):
        page = read.get(f"/claims/new?kind={kind}&category=doubts&draw=first").text
        assert not NUMBER.search(text_of(page.split("</nav>")[-1]))
        assert "put it on record" in page
    assert read.site.ledger.head() == head


def test_the_form_says_beforehand_what_a_route_can_not_license_in_the_words_of_the_command(place):
    ann = drawn(place, name="striking", n=5, hits=(1,), design="top", by="scores.judge")
    page = text_of(ann.get("/claims/new?kind=prevalence&category=doubts").text)
    why = "these are the first by scores.judge, picked and not drawn"
    assert f"licenses no number: {why}" in page
    made = claimed(ann, kind="prevalence", category="doubts", draw="striking")
    told = text_of(made.text)
    assert "Cannot be told" in told
    assert why in told
    assert "What would license it" in told
    assert "allegiance draw settle --n" in told
    done = command(place, "claim", "prevalence", "-c", "doubts", "--draw", "striking")
    assert why in " ".join(done.stdout.split())


def test_what_a_claim_lacks_is_refused_as_the_command_does_by_the_fields_names_and_nothing_is_recorded(
    read, place
):
    refused = {
        ("prevalence", "doubts"): {},
        ("gap", "outcome=complied"): {"gap": ""},
        ("striking", "doubts"): {},
        ("prevalence", "nosuch"): {"draw": "first"},
    }
    for (kind, category), more in refused.items():
        found = read.submit("/claims/new", kind=kind, category=category, **more)
        options = [part for name, value in more.items() if value for part in (f"--{name}", value)]
        done = command(place, "claim", kind, "-c", category, *options)
        assert found.status_code == 400
        assert done.exit_code == 2
        said = re.search(
            r"Refused, and nothing was recorded\. (.*?) existence There is", text_of(found.text)
        ).group(1)
        assert "--" not in said
        for field, option in (
            ("“Draw”", "--draw"),
            ("“Factor”", "--gap"),
            ("“Transcript”", "--transcript"),
        ):
            said = said.replace(field, option)
        assert said.rstrip(".") in " ".join(done.stderr.replace("│", " ").split())
    assert not claims_in(read.site)


def test_a_gap_by_a_scanner_stands_and_names_it(place, ann):
    page = claimed(
        ann,
        kind="gap",
        category="outcome=complied",
        gap="tier",
        by="scanner",
        where="model = 'organism/faker'",
    ).text
    assert "rules" in page
    assert "points" in text_of(page)
    assert "p value" in text_of(page)
    assert "None" not in text_of(page)


def test_the_list_has_all_that_is_on_record_and_on_file_and_can_be_narrowed(read, place, tmp_path):
    claimed(read, **PREVALENCE)
    claimed(read, kind="none-exist", category="doubts", draw="first")
    foreign = drawn(
        Workspace(shutil.copytree(place.directory, tmp_path / "other")), name="theirs", n=4
    )
    theirs = claimed(foreign, kind="prevalence", category="doubts", draw="theirs")
    (file,) = (tmp_path / "other" / "report" / "claims").glob(f"*{digest_of(theirs)[:8]}*")
    shutil.copy(file, place.report / "claims")
    (place.report / "claims" / "half.json").write_text("{")
    page = read.get("/claims").text
    assert "3 of 3 claims" in text_of(page)
    assert "not on record" in page
    assert "half.json is no certificate" in page
    narrowed = text_of(read.get("/claims?status=refuted").text)
    assert "1 of 3 claims" in narrowed
    rows = read.get("/claims/table.json").json()["rows"]
    assert {row["kind"] for row in rows} == {"prevalence", "none-exist"}
    for one in (place.report / "claims").glob("none-exist*"):
        one.unlink()
    lost = next(row["certificate"] for row in rows if row["kind"] == "none-exist")
    assert "not in <code>report/claims/</code>" in read.get(f"/claims/{lost[:12]}").text
    assert read.get("/claims/0123456789ab").status_code == 400


def test_a_certificate_is_saved_as_json_and_markdown(read, place):
    digest = digest_of(claimed(read, **PREVALENCE))
    (file,) = (place.report / "claims").glob("*.json")
    assert read.get(f"/claims/{digest}/certificate.json").text == file.read_text()
    assert read.get(f"/claims/{digest}/certificate.md").text.startswith("# prevalence: doubts")


def test_a_rater_sees_no_label_of_others_in_a_certificate_before_their_own(place):
    people = People(ann="admin", cem="rater", rea="reader")
    drawn(place, n=6, hits=(2,))
    ann, cem, rea = (client(place, people, name) for name in ("ann", "cem", "rea"))
    share, one = claimed(ann, **PREVALENCE), claimed(ann, kind="existence", category="doubts")
    prevalence, existence = digest_of(share), digest_of(one)
    page = cem.get(f"/claims/{existence}").text
    assert "Withheld until you have labelled" in page
    assert "is labelled doubts" not in page
    assert "is labelled doubts" not in cem.get("/claims").text
    assert "is labelled doubts" not in cem.get("/").text
    assert "is labelled doubts" not in cem.get("/claims/table.csv").text
    for address in (f"/claims/{prevalence}", "/claims?kind=prevalence", "/"):
        page = text_of(cem.get(address).text)
        assert "Withheld until you have labelled what is left to you of the queue" in page
        assert "stands" not in page.replace("stands.", "")
    assert "order" in text_of(
        cem.submit(f"/claims/{prevalence}/verify").text
    )  # the check, without its detail
    assert "reads in the order" not in cem.submit(f"/claims/{prevalence}/verify").text
    assert cem.get(f"/claims/{prevalence}/certificate.json").status_code == 403
    for _ in range(6):
        label(cem, "skip", reason="cut off")
    page = cem.get(f"/claims/{prevalence}").text
    assert page.count("withheld</span>") == 6
    assert "1 of 6" in text_of(page)
    assert "ben: " not in text_of(page)
    assert cem.get(f"/claims/{prevalence}/certificate.json").status_code == 403
    assert "is labelled doubts" in rea.get(f"/claims/{existence}").text
    assert rea.get(f"/claims/{prevalence}").text.count("withheld</span>") == 0


def test_only_an_admin_claims_and_challenges_and_everybody_may_verify(place):
    people = People(ann="admin", cem="rater", rea="reader")
    drawn(place, n=6, hits=(2,))
    digest = digest_of(claimed(client(place, people, "ann"), **PREVALENCE))
    for name in ("cem", "rea"):
        one = client(place, people, name)
        assert one.submit("/claims/new", **PREVALENCE).status_code == 403
        assert one.submit("/claims/challenge", yaml="a: 1").status_code == 403
        assert one.get("/claims/new").status_code == 403
        assert "It holds" in one.submit(f"/claims/{digest}/verify").text
        assert "/claims/new" not in one.get("/claims").text


def challenge_file(identifier: str, before: str) -> str:
    return f"""
claim: {{by: the authors, says: We see none., kind: none-exist, category: doubts, share: 2%}}
clauses: {{test: says that it may be a test, unreal: says that it may not be real}}
transcript:
  id: {identifier}
  shows: [{{clause: unreal, part: whole}}]
route:
  {{reader: R., order: random, stop: until 1 hit, declared: true, before: [{{id: {before}, shows: []}}]}}
parties:
  - {{name: the authors, counts: [test], leaves-out: [unreal]}}
  - {{name: the reader, counts: [test, unreal]}}
"""


def filled_in(identifier: str, before: str) -> dict[str, str]:
    return {
        "by": "the authors", "says": "We see none.", "kind": "none-exist", "category": "doubts", "share": "2%",
        "clause_1": "test", "means_1": "says that it may be a test", "part_1": "whole",
        "clause_2": "unreal", "means_2": "says that it may not be real", "shows_2": "yes", "part_2": "whole",
        "transcript": identifier, "route": "report", "reader": "R.", "order": "random", "stop": "until 1 hit",
        "declared": "yes", "before": before,
        "party_1": "the authors", "says_1_1": "counts", "says_1_2": "leaves-out",
        "party_2": "the reader", "says_2_1": "counts", "says_2_2": "counts",
    }  # fmt: skip


def test_a_challenge_that_is_filled_in_is_the_one_of_the_file(ann, place, tmp_path):
    ids = sorted(ann.site.corpus.ids())
    file = tmp_path / "challenge.yaml"
    file.write_text(challenge_file(ids[0][:16], ids[1][:16]))
    given = dict.fromkeys(FIELDS, "") | filled_in(ids[0][:16], ids[1][:16])
    assert challenge_from(fields_of(given)) == read_challenge(file)
    assert CLAUSES >= 3


def test_a_challenge_is_answered_side_by_side_and_kept_as_it_is_on_record(ann, place, tmp_path):
    twin = client(Workspace(shutil.copytree(place.directory, tmp_path / "twin")))
    ids = sorted(ann.site.corpus.ids())
    told = challenge_file(ids[0][:16], ids[1][:16])
    for found in (
        ann.submit("/claims/challenge", **filled_in(ids[0][:16], ids[1][:16])),
        twin.submit("/claims/challenge", yaml=told),
    ):
        page = text_of(found.text)
        assert "By the reader's report" in page
        assert "By the definition of the authors Cannot be told" in page
        assert "By the definition of the reader Refuted" in page
        assert "What would settle it" in page
    (event,) = claims_in(ann.site)
    assert str(found.url).split("/")[-1] == claims_in(twin.site)[0].subject[:12]
    assert "Challenged" in ann.get("/claims").text
    assert event.subject[:12] in ann.get(f"/claims/{event.subject[:12]}").text
    shown = yaml.safe_load(
        unescape(re.search(r"<pre><code>(claim:.*?)</code>", found.text, re.DOTALL).group(1))
    )
    again = challenge(twin.site.corpus, twin.site.ledger, challenge_from(shown), "ann")
    assert [one.status for one in again.under] == ["cannot be told", "refuted"]


def test_what_a_challenge_lacks_is_said_and_what_was_filled_in_stays(ann):
    found = ann.submit("/claims/challenge", says="We see none.", kind="none-exist")
    assert found.status_code == 400
    assert "Fill in the category" in found.text
    assert "We see none." in found.text
    found = ann.submit("/claims/challenge", yaml="claim: [")
    assert "is not YAML" in unescape(found.text)
    assert not claims_in(ann.site)
