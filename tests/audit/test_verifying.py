"""Verifying: what holds on an untouched copy, and that every change is found and named."""

import contextlib
import json
import shutil
import sqlite3
from copy import deepcopy

import lance
import msgspec
import pyarrow as pa
import pytest
from tests.audit import worlds
from tests.audit.worlds import LIARS, failing

from allegiance.audit import Ledger, cite, read_certificate, read_export, verify
from allegiance.audit.certificate import digest_of
from allegiance.corpus import Corpus
from allegiance.errors import AllegianceError
from allegiance.scanners import pattern_scanner, scan_patterns


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A workspace with a stratified, a random and an abandoned draw, and their certificates."""
    folder = tmp_path_factory.mktemp("first")
    world = worlds.world(worlds.corpus_of(folder, 60), folder)
    strata = world.draw(
        "strata", design="stratified", by="verdict.talks-about-lying", n=8, allocation="50/50"
    )
    world.read(strata, worlds.truth)
    liars = world.draw("liars", where=LIARS, n=4, seed=5)
    world.read(liars, "nyns")
    world.draw("left", where=LIARS, n=2)
    for kind, draw in (("prevalence", "liars"), ("none-exist", "liars"), ("existence", "strata")):
        world.kept(world.claim(kind, draw=draw), f"{kind}.json")
    world.kept(world.claim("prevalence", draw="strata"), "strata.json")
    world.kept(cite(world.corpus, world.ledger, liars.order[1]).certificate, "cited.json")
    return folder


@pytest.fixture
def world(first, tmp_path):
    """A copy of it elsewhere."""
    place = tmp_path / "copy"
    shutil.copytree(first, place)
    return again(place)


def again(place):
    return worlds.world(Corpus.open(place / "corpus"), place)


FILES = ["prevalence.json", "none-exist.json", "existence.json", "strata.json", "cited.json"]


def change(path, edit, *, sealed=False):
    """Change the JSON of a certificate, and give it the digest of what it then holds, if asked to."""
    fields = json.loads(path.read_text())
    edit(fields)
    if sealed:
        fields["digest"] = digest_of(fields)
    path.write_text(json.dumps(fields))
    return path


def tamper(world, statement, *values):
    connection = sqlite3.connect(world.ledger.path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        connection.execute(f"DROP TRIGGER {name}")
    changed = connection.execute(statement, values).rowcount
    connection.commit()
    connection.close()
    assert changed
    return again(world.folder)


def test_everything_holds_on_an_untouched_copy_elsewhere(world):
    for name in FILES:
        found = world.verified(world.folder / name)
        assert found.holds, failing(found)
        assert {check.outcome for check in found.checks} == {"holds"}
    names = [check.name for check in found.checks]
    assert names[:4] == ["certificate", "ledger chain", "ledger head", "on record"]
    assert {"frame", "order", "labels", "transcripts", "interval", "verdict"} <= set(names)


def test_events_that_came_after_are_no_matter(world):
    draw = world.draw("later", where=LIARS, n=3)
    world.read(draw, "yyy", rater="cem")
    world.read(world.again("liars"), "y", places=[1])  # a revision
    for name in FILES:
        assert world.verified(world.folder / name).holds


def test_a_corpus_that_grew_is_only_noted(world):
    world.corpus.add(worlds.written(n, lies=True, doubts=True) for n in range(100, 110))
    scan_patterns(world.corpus, [pattern_scanner("talks-about-lying=lying")])
    for name in FILES:
        found = world.verified(world.folder / name)
        assert found.holds, failing(found)
        assert {c.name for c in found.checks if c.outcome == "noted"} == {"corpus version"}


def test_another_version_of_the_program_is_only_noted(world):
    path = world.folder / "prevalence.json"
    certificate, fields = read_certificate(path)
    other = msgspec.structs.replace(certificate, software="0.0.1")
    found = verify(other, fields, world.corpus, world.ledger.id, lambda: world.ledger.events())
    assert found.holds
    assert found.checks[-1].outcome == "noted"
    assert "0.0.1" in found.checks[-1].detail


@pytest.mark.parametrize("sealed", [False, True])
def test_a_changed_sentence_is_named(world, sealed):
    def edit(fields):
        fields["decision"]["sentence"] = fields["decision"]["sentence"].replace("1 of", "0 of")

    found = world.verified(change(world.folder / "prevalence.json", edit, sealed=sealed))
    assert not found.holds
    assert set(failing(found)) == {"on record" if sealed else "certificate", "sentence"}


def test_another_interval_is_named(world):
    def edit(fields):
        fields["decision"]["interval"]["high"] -= 0.01

    found = failing(world.verified(change(world.folder / "prevalence.json", edit, sealed=True)))
    assert found.keys() == {"on record", "interval"}
    assert "interval.high" in found["interval"]


def test_a_reordered_draw_is_named(world):
    def edit(fields):
        reads = fields["decision"]["draws"][0]["reads"]
        one, other = reads[0], reads[1]
        one["transcript_id"], other["transcript_id"] = other["transcript_id"], one["transcript_id"]

    found = failing(world.verified(change(world.folder / "prevalence.json", edit, sealed=True)))
    assert {"order", "reads"} <= found.keys()
    assert "liars: number 1 is" in found["order"]


def test_another_seed_is_named(world):
    def edit(fields):
        fields["decision"]["draws"][0]["spec"]["seed"] = "6"

    found = failing(world.verified(change(world.folder / "prevalence.json", edit, sealed=True)))
    assert "not the draw of the ledger" in found["order"]
    assert "seed: the certificate has 6, and 5 comes out" in found["order"]


def test_a_dropped_label_is_named(world):
    def drop(fields):
        fields["decision"]["draws"][0]["reads"].pop()

    found = failing(world.verified(change(world.folder / "prevalence.json", drop, sealed=True)))
    assert found["reads"] == "draws[0].reads: the certificate has 3, and 4 come out"


def test_a_label_with_another_value_is_named_beside_the_ledgers(world):
    def edit(fields):
        read = fields["decision"]["draws"][0]["reads"][1]
        read["hit"] = False
        read["labels"][0]["value"] = "no"

    found = failing(world.verified(change(world.folder / "prevalence.json", edit, sealed=True)))
    assert "the certificate says no by ann, the ledger yes by ann" in found["labels"]
    assert "number 2 of liars" in found["labels"]


def test_another_frame_is_named_and_nothing_is_recomputed_from_it(world):
    def edit(fields):
        for frame in (fields["decision"]["frame"], fields["decision"]["draws"][0]["spec"]["frame"]):
            frame["digest"] = "0" * 64

    found = world.verified(change(world.folder / "prevalence.json", edit, sealed=True))
    assert "N was 6 with digest 000000000000, and is 6 with" in failing(found)["frame"]
    assert [c.name for c in found.checks if c.outcome == "not checked"] == ["order", "decision"]


def test_a_frame_in_other_words_than_the_claims_is_named(world):
    def edit(fields):
        other = json.loads((world.folder / "strata.json").read_text())["decision"]["frame"]
        fields["decision"]["frame"] = other

    found = failing(world.verified(change(world.folder / "prevalence.json", edit, sealed=True)))
    assert "frame.where" in found["what it is about"]


def test_a_transcript_whose_text_was_rewritten_is_named(world):
    draw = world.again("liars")
    victim = draw.order[0]
    data = lance.dataset(str(world.folder / "corpus" / "transcripts.lance"))
    row = data.to_table(filter=f"transcript_id = '{victim}'")
    messages = row.column("messages").to_pylist()
    messages[0][-1]["text"] = messages[0][-1]["text"].replace("Answer", "Another answer")
    place = row.schema.get_field_index("messages")
    row = row.set_column(
        place, row.schema.field(place), pa.array(messages, row.schema.field(place).type)
    )
    data.merge_insert("transcript_id").when_matched_update_all().execute(row)
    newest = lance.dataset(str(world.folder / "corpus" / "transcripts.lance")).version
    world = again(world.folder)
    assert world.corpus.version == newest
    for name in ("prevalence.json", "none-exist.json"):
        found = failing(world.verified(world.folder / name))
        assert f"the words of {victim[:12]} were changed" in found["transcripts"]
    assert world.verified(world.folder / "existence.json").holds == (
        victim not in world.again("strata").order
    )


def test_a_transcript_that_is_gone_is_named(world):
    victim = world.again("liars").order[0]
    lance.dataset(str(world.folder / "corpus" / "transcripts.lance")).delete(
        f"transcript_id = '{victim}'"
    )
    found = failing(again(world.folder).verified(world.folder / "prevalence.json"))
    assert f"{victim[:12]} is not in the corpus" in found["transcripts"]


def test_a_label_changed_in_the_ledger_is_named(world):
    seq = json.loads((world.folder / "prevalence.json").read_text())["decision"]["draws"][0]["reads"][1]["labels"][0]["seq"]  # fmt: skip
    body = json.dumps({**world.record.events[seq].body, "value": "no"})
    world = tamper(world, "UPDATE events SET body = ? WHERE seq = ?", body, seq)
    found = failing(world.verified(world.folder / "prevalence.json"))
    assert str(seq) in found["ledger chain"]
    assert "the certificate says yes by ann, the ledger no by ann" in found["labels"]
    assert "interval" in found


def test_a_label_deleted_from_the_ledger_is_named(world):
    fields = json.loads((world.folder / "prevalence.json").read_text())
    seq = fields["decision"]["draws"][0]["reads"][1]["labels"][0]["seq"]
    world = tamper(world, "DELETE FROM events WHERE seq = ?", seq)
    found = failing(world.verified(world.folder / "prevalence.json"))
    assert "ledger chain" in found
    assert f"event {seq} of the ledger is no such label" in found["labels"]


def test_a_draw_deleted_from_the_ledger_is_named_and_raises_nothing(world):
    seq = world.record.draws["liars"].seq
    world = tamper(world, "DELETE FROM events WHERE seq = ?", seq)
    found = failing(world.verified(world.folder / "prevalence.json"))
    assert "ledger chain" in found
    assert "opens a transcript of liars, and no draw before it" in found["record"]


def test_an_unreadable_event_is_named_and_raises_nothing(world):
    seq = world.record.draws["liars"].seq
    world = tamper(world, "UPDATE events SET body = '{}' WHERE seq = ?", seq)
    found = failing(world.verified(world.folder / "prevalence.json"))
    assert f"Event {seq} of the ledger, a draw," in found["record"]


def test_a_draw_that_was_given_another_order_in_the_ledger_is_named(world):
    drawn = world.record.draws["liars"]
    body = json.dumps({**world.record.events[drawn.seq].body, "seed": "6"})
    world = tamper(world, "UPDATE events SET body = ? WHERE seq = ?", body, drawn.seq)

    def edit(fields):
        fields["decision"]["draws"][0]["spec"]["seed"] = "6"

    found = failing(world.verified(change(world.folder / "prevalence.json", edit, sealed=True)))
    assert "give another order" in found["order"]
    assert "ledger chain" in found


def test_another_ledger_is_named(world, tmp_path):
    certificate, fields = read_certificate(world.folder / "prevalence.json")
    other = Ledger.open(tmp_path / "other.db")
    found = failing(verify(certificate, fields, world.corpus, other.id, lambda: other.events()))
    assert other.id[:12] in found["ledger"]
    assert world.ledger.id[:12] in found["ledger"]


def test_a_certificate_that_the_ledger_does_not_know_is_named(world):
    def edit(fields):
        fields["made_at"] = "2001-01-01T00:00:00+00:00"

    found = failing(world.verified(change(world.folder / "prevalence.json", edit, sealed=True)))
    assert found.keys() == {"on record"}


def test_a_ledger_that_was_cut_off_before_is_named(world):
    seq = json.loads((world.folder / "prevalence.json").read_text())["ledger"]["seq"]
    world = tamper(world, "DELETE FROM events WHERE seq >= ?", seq)
    found = failing(world.verified(world.folder / "prevalence.json"))
    assert {"ledger head", "on record"} <= found.keys()


def test_an_exported_ledger_serves_as_well(world, tmp_path):
    path = tmp_path / "ledger.jsonl"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        world.ledger.export(file)
    certificate, fields = read_certificate(world.folder / "cited.json")
    ledger_id, _ = read_export(path)
    found = verify(certificate, fields, world.corpus, ledger_id, lambda: read_export(path)[1])
    assert found.holds
    path.write_text(path.read_text().replace('"rater":"ann"', '"rater":"amy"', 1))
    found = verify(certificate, fields, world.corpus, ledger_id, lambda: read_export(path)[1])
    assert "ledger chain" in failing(found)


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*path, place))
    else:
        yield path, value


def test_no_changed_field_passes_and_none_brings_it_down(world):
    path = world.folder / "cited.json"
    whole = json.loads(path.read_text())
    strange = {str: ["", "x"], int: [-1], float: [-1.0, 2.0]}
    tried = 0
    seen = set()
    for where, value in leaves(whole):
        kind = tuple(step for step in where if isinstance(step, str))
        if kind in seen:
            continue
        seen.add(kind)
        for other in [one for one in strange.get(type(value), ["x"]) if one != value][:1]:
            fields = deepcopy(whole)
            inside = fields
            for step in where[:-1]:
                inside = inside[step]
            inside[where[-1]] = (not value) if isinstance(value, bool) else other
            if where != ("digest",):
                fields["digest"] = digest_of(fields)
            path.write_text(json.dumps(fields))
            tried += 1
            with contextlib.suppress(AllegianceError):  # a sentence, where it can't even be read
                assert not world.verified(path).holds, where
    assert tried > 80
