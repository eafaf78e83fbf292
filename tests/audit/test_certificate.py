"""Certificates: their digest, their schema, what is refused as one, and Markdown that nothing gets into."""

import hashlib
import json
import os
import re

import jsonschema
import pytest
from markdown_it import MarkdownIt
from tests.audit import worlds
from tests.audit.worlds import DOUBTS
from tests.conftest import ROOT

import allegiance
from allegiance.audit import ClaimSpec, certified, cite, read_certificate, write_certificate
from allegiance.audit import certificate as module
from allegiance.audit.certificate import digest_of, schema
from allegiance.audit.claim import UNKNOWN
from allegiance.corpus import Corpus, Message
from allegiance.corpus.making import transcript
from allegiance.errors import AllegianceError, UsageError

PUBLISHED = ROOT / "src" / "allegiance" / "audit" / "certificate.schema.json"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return worlds.corpus_of(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def world(corpus, tmp_path_factory):
    world = worlds.world(corpus, tmp_path_factory.mktemp("ledger"))
    draw = world.draw("some", n=10, seed=0)
    world.read(draw, "nynnsnnnnn")
    world.read(draw, "n", rater="ben")
    return world


@pytest.fixture(scope="module")
def made(world):
    return world.claim("prevalence", draw="some", words="We see *few*.")


@pytest.fixture
def kept(made, tmp_path):
    return write_certificate(made, tmp_path / "deep" / "claim.json")


def test_the_digest_is_that_of_the_canonical_json_of_all_the_rest(kept, made):
    fields = json.loads(kept.read_text())
    named = fields.pop("digest")
    plain = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert named == hashlib.sha256(plain.encode()).hexdigest() == made.digest
    assert digest_of({**fields, "digest": "whatever"}) == named


def test_what_was_written_is_read_again(kept, made):
    certificate, fields = read_certificate(kept)
    assert certificate == made
    assert fields["digest"] == made.digest
    assert fields["software"] == allegiance.__version__
    assert fields["unknown"] == UNKNOWN
    assert "are unknown" in UNKNOWN


def test_the_seed_the_order_the_rule_the_labels_and_the_ledger_are_in_it(kept, world):
    fields = json.loads(kept.read_text())
    (draw,) = fields["decision"]["draws"]
    assert draw["spec"]["seed"] == "0"
    assert draw["spec"]["seed_given"] is True
    assert draw["spec"]["stop"] == {"kind": "fixed", "number": 10}
    assert [r["transcript_id"] for r in draw["reads"]] == list(world.again("some").order)
    assert draw["reads"][4]["missing"] == ""  # ann skipped it, ben did not
    assert draw["reads"][1]["missing"] == "disputed"
    seqs = {r["labels"][0]["seq"] for r in draw["reads"]}
    assert all(world.record.events[seq].kind == "label" for seq in seqs)
    head = world.record.events[fields["ledger"]["seq"]]
    assert fields["ledger"] == {"id": world.ledger.id, "seq": head.seq, "digest": head.digest}


def test_every_kind_of_certificate_is_valid_by_the_published_schema(world):
    published = json.loads(PUBLISHED.read_text())
    validator = jsonschema.validators.validator_for(published)
    validator.check_schema(published)
    hit = world.again("some").order[0]
    all_ = [
        world.claim("existence", draw="some"),
        world.claim("none-seen", draw="some"),
        world.claim("none-exist", draw="some"),
        world.claim("prevalence", draw="some", rater="ann"),
        world.claim("random-example", draw="some", transcript=hit),
        world.claim("striking", draw="some", transcript=hit),
        cite(world.corpus, world.ledger, hit).certificate,
    ]
    assert {one.decision.status for one in all_} >= {"stands", "refuted", "cannot be told"}
    for one in all_:
        validator(published).validate(json.loads(one.to_json()))
    broken = json.loads(all_[0].to_json())
    broken["decision"]["status"] = "perhaps"
    with pytest.raises(jsonschema.ValidationError):
        validator(published).validate(broken)
    with pytest.raises(jsonschema.ValidationError):
        validator(published).validate({**json.loads(all_[0].to_json()), "more": 1})


def test_the_published_schema_is_what_the_code_says_now():
    text = json.dumps(schema(), indent=1) + "\n"
    assert PUBLISHED.read_text() == text, (
        'run: python -c "import json; from allegiance.audit.certificate import schema; '
        f'print(json.dumps(schema(), indent=1))" > {PUBLISHED}'
    )


def test_the_schema_in_the_documentation_is_the_published_one():
    assert (ROOT / "docs" / "certificate.schema.json").read_bytes() == PUBLISHED.read_bytes()


def test_a_newer_format_is_refused_by_name(kept):
    fields = json.loads(kept.read_text())
    kept.write_text(json.dumps({**fields, "format": 99, "software": "9.9", "new": True}))
    with pytest.raises(AllegianceError, match=r"format 99 by allegiance 9\.9.*upgrade"):
        read_certificate(kept)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"not json",
        b"[]",
        b"null",
        b'"text"',
        b"1",
        b"{}",
        b'{"format": "1", "decision": {}}',
        b'{"format": true, "decision": {}}',
        b'{"format": 0, "decision": {}}',
        b'{"format": -1, "decision": {}}',
        b'{"format": 1, "decision": {}}',
        b'{"format": 1, "decision": null}',
        b'{"format": 1}',
        b'{"format": 1, "decision": NaN}',
        b'{"format": 1, "decision": 1e999}',
        b'{"format": 1, "decision": "\\ud800"}',
        b'{"format": 1' + b"0" * 5000 + b', "decision": {}}',
        b'{"format": 1, "decision": ' + b"[" * 100_000,
        b'{"format": 1, "decision": ' + b"[" * 900 + b"]" * 900 + b"}",
    ],
)
def test_what_is_no_certificate_is_said_in_one_sentence(tmp_path, content):
    path = tmp_path / "clàim\u202e.json"
    path.write_bytes(content)
    with pytest.raises(AllegianceError) as caught:
        read_certificate(path)
    assert path.name in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_certificate_that_was_cut_off_is_said_to_be(kept):
    whole = kept.read_bytes()
    for length in range(0, len(whole), len(whole) // 40):
        kept.write_bytes(whole[:length])
        with pytest.raises(UsageError, match="not whole JSON"):
            read_certificate(kept)


def test_a_field_of_another_type_is_named(kept):
    fields = json.loads(kept.read_text())
    fields["decision"]["history"]["tried"] = "many"
    kept.write_text(json.dumps(fields))
    with pytest.raises(UsageError, match=r"damaged.*history\.tried"):
        read_certificate(kept)


def test_no_file_a_folder_and_a_huge_file_are_said_in_one_sentence(tmp_path):
    for name, said in (("none.json", "No such file"), (".", "directory")):
        with pytest.raises(UsageError, match=said):
            read_certificate(tmp_path / name)
    huge = tmp_path / "huge.json"
    huge.touch()
    os.truncate(huge, 3 * 10**9)
    with pytest.raises(UsageError, match="larger than 1 GB"):
        read_certificate(huge)


def test_a_place_that_cannot_be_written_leaves_nothing_behind(made, tmp_path):
    (tmp_path / "claim.json").mkdir()
    with pytest.raises(AllegianceError, match="--out"):
        write_certificate(made, tmp_path / "claim.json")
    assert [path.name for path in tmp_path.iterdir()] == ["claim.json"]


def test_a_claim_that_lacks_something_is_on_no_record(world):
    head = world.ledger.head()
    with pytest.raises(UsageError):
        certified(ClaimSpec(kind="prevalence", wanted=DOUBTS), world.corpus, world.ledger)
    assert world.ledger.head() == head


def test_the_sentence_names_its_certificate(made):
    assert made.sentence() == f"{made.decision.sentence} [certificate {made.digest[:12]}]"


HOSTILE = (
    "</p><script>alert(1)</script> **bold** [link](https://evil.example) ![x](y) `code` "
    "| a | b | ~~no~~ &amp; <https://evil.example> \\*twice\\* _it_ $x$ # head"
)


def test_nothing_from_transcripts_filters_or_people_becomes_markup(tmp_path):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    corpus.add(
        transcript(
            source_identity=f"id:{n}",
            source_format="test",
            messages=[
                Message("user", "q"),
                Message(
                    "assistant", f"{n} {HOSTILE}\n\n# Head\n\n- item\n\n> said", author="model"
                ),
            ],
            model="m",
            task=HOSTILE,
        )
        for n in range(3)
    )
    world = worlds.world(corpus, tmp_path)
    draw = world.draw("d", where="task = '" + HOSTILE.replace("'", "''") + "'", n=3)
    from allegiance.audit import Quote, give_label, open_position

    found = corpus.get(open_position(draw, world.ledger, 1, "ann"))
    quotes = [Quote(text=f"{HOSTILE}\n\n# Head\n\n- item\n\n> said")]
    rater = "ann <img src=x> **b**"
    give_label(world.ledger, found, DOUBTS, "yes", rater, draw=draw, quotes=quotes)
    made = world.claim("existence", draw="d", words=f"{HOSTILE}\n\n# Head\n\n<b>")
    page = made.to_markdown()
    html = MarkdownIt("gfm-like", {"linkify": False}).render(page)
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    assert tags <= {"h1", "h2", "p", "ul", "ol", "li", "strong", "blockquote", "code"}
    assert html.count("<h1>") == 1
    assert html.count("<strong>") == 1
    assert html.count("<blockquote>") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "\\*twice\\*" in html
    assert "are unknown" in html
    assert made.digest in html


def test_the_page_shows_reads_strata_agreement_and_what_else_was_tried(world, made):
    page = made.to_markdown()
    assert "seed 0 (chosen)" in page
    assert "10 of 10 read" in page
    assert f"1. `{world.again('some').order[0][:12]}` no" in page
    assert "Krippendorff's alpha" in page
    assert "The seed was chosen by whoever drew" in page
    assert page.startswith("# prevalence: doubts\n")
    assert module.FORMAT == 1
