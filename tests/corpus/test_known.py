"""What a corpus knows of what it holds: found again in any order, after rows went and came."""

import random

from allegiance.corpus.known import Stored, facts_key, text_key


def dataset(corpus):
    return corpus._transcripts.latest()


def test_every_stored_transcript_is_found_and_no_other(corpus, make):
    stored = [make(f"id:{n}", metadata={"n": n}) for n in range(300)]
    corpus.add(stored[:100])
    corpus.add(stored[100:])
    known = Stored(dataset(corpus))
    for transcript in stored:
        assert known.facts(transcript.transcript_id) == facts_key(transcript.facts_hash)
        assert known.has_identity(text_key(transcript.source_identity))
    for n in range(300, 400):
        other = make(f"id:{n}")
        assert known.facts(other.transcript_id) is None
        assert not known.has_identity(text_key(other.source_identity))


def test_nothing_is_known_of_a_corpus_that_is_not_there(make):
    known = Stored(None)
    assert known.facts(make("a").transcript_id) is None
    assert known.attempts("task/1/1", text_key("task/1/1")) == ()


def test_attempts_are_found_after_rows_were_rewritten_and_replaced(corpus, make):
    """Rows are deleted and appended anew, so that a row's place is not the order of its import."""

    def failed(n, **fields):
        return make(f"uuid:{n}", attempt=f"task/{n}/1", error="gone", started_at="1", **fields)

    numbers = list(range(60))
    corpus.add([failed(n) for n in numbers])
    corpus.add([failed(n, metadata={"new": True}) for n in numbers[::7]], update=True)
    random.Random(3).shuffle(numbers)
    better = [
        make(f"uuid:again-{n}", "Better.", attempt=f"task/{n}/1", started_at="2")
        for n in numbers[:25]
    ]
    added = corpus.add(better)
    assert (added.new, added.superseded) == (25, 25)
    assert corpus.count() == 60
    known = Stored(dataset(corpus))
    for n in range(60):
        (attempt,) = known.attempts(f"task/{n}/1", text_key(f"task/{n}/1"))
        assert attempt.failed == (n in numbers[25:])
        assert attempt.transcript_id in corpus.ids()


def test_a_failed_attempt_that_changed_gives_way_to_a_better_one_of_the_same_import(corpus, make):
    first = make("uuid:1", attempt="task/1/1", error="gone", started_at="1")
    corpus.add([first])
    changed = make("uuid:1", attempt="task/1/1", error="gone", started_at="1", metadata={"a": 1})
    better = make("uuid:2", "Better.", attempt="task/1/1", started_at="2")
    added = corpus.add([changed, better], update=True)
    assert (added.new, added.changed, added.superseded) == (1, 0, 1)
    assert corpus.ids() == [better.transcript_id]


def test_events_that_were_left_out_can_be_added_later_and_are_not_lost_again(corpus, make):
    corpus.add([make("a"), make("b", events="[1]")])
    assert corpus.add([make("a", events='[{"event":"model"}]')]).changed == 1
    assert corpus.get(make("a").transcript_id).events is None
    assert corpus.add([make("a", events='[{"event":"model"}]')], update=True).changed == 1
    assert corpus.get(make("a").transcript_id).events == '[{"event":"model"}]'
    rescored = make("a", metadata={"judged": "again"})
    assert corpus.add([rescored], update=True).changed == 1
    found = corpus.get(rescored.transcript_id)
    assert (found.metadata, found.events) == ('{"judged":"again"}', '[{"event":"model"}]')
    again = corpus.add([rescored, make("b"), make("b", events="[2]")], update=True)
    assert (again.known, again.changed) == (3, 0)
    assert corpus.get(make("b").transcript_id).events == "[1]"
