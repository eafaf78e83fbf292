"""What a selection comes to is what the frame of the same filter is, and the route says so."""

import pytest

from allegiance.audit import frame, ranking
from allegiance.audit.design import keyed
from allegiance.corpus import Verdict
from allegiance.errors import UsageError
from allegiance.web.access import Person
from allegiance.web.found import found
from allegiance.web.selection import Selection
from tests.web.places import conversation

WHERES = (
    "",
    "tier = 'monitored'",
    "verdict.doubts = 'yes'",
    "NOT verdict.\"strategic-compliance\" = 'no' AND epoch < 3",
    "metadata.request_id = 'harmful-003' OR verdict.outcome = 'refused'",
)


@pytest.mark.parametrize("where", WHERES)
def test_a_list_is_the_frame_of_its_filter_in_the_draw_order_of_its_seed(ann, where):
    listed = found(ann.site, Selection(where=where, seed="11"))
    population = frame(ann.site.corpus, where or None)
    assert listed.ids(0, len(listed)) == [*keyed(population.ids, "11")]
    assert listed.population == len(population)
    assert listed.frame_digest == listed.route.frame == population.digest
    assert listed.route.kind == "list"
    assert listed.id_at(1) == listed.ids(0, 1)[0]
    with pytest.raises(UsageError, match="There is no place"):
        listed.id_at(len(listed) + 1)


@pytest.mark.parametrize("where", WHERES)
def test_the_most_striking_are_the_ranking_of_a_draw_by_that_score(ann, where):
    listed = found(ann.site, Selection(where=where, sort="top:scores.judge"))
    population = frame(ann.site.corpus, where or None)
    assert listed.ids(0, len(listed)) == [*ranking(population, "scores.judge")]
    assert (listed.route.kind, listed.route.by) == ("top", "scores.judge")


def test_scores_of_verdicts_that_tie_are_in_the_order_of_ids_and_missing_ones_are_left_out(ann):
    ids = ann.site.corpus.ids()
    ann.site.corpus.put_verdicts(
        Verdict(
            transcript_id=one,
            category="tone",
            scanner="judge",
            scanner_digest="ab" * 32,
            value="calm",
            score=None if n % 5 == 0 else n % 3 / 2,
            status="ok",
        )
        for n, one in enumerate(ids)
    )
    listed = found(ann.site, Selection(sort="top:verdict_score.tone"))
    assert listed.ids(0, len(listed)) == [*ranking(frame(ann.site.corpus), "verdict_score.tone")]
    assert len(listed) < listed.population == len(ids)


def test_a_search_with_a_sort_gives_its_matches_in_that_order(ann):
    listed = found(ann.site, Selection(query="declin", mode="literal", sort="-epoch"))
    corpus = ann.site.corpus
    expected = corpus.literal("declin", ignore_case=True).order_by("epoch", descending=True).ids()
    assert listed.ids(0, len(listed)) == expected
    assert listed.route.matches == len(expected)
    assert listed.route.by == "sorted by -epoch"


def test_what_was_found_is_kept_until_verdicts_or_transcripts_change(ann):
    asked = Selection(where="verdict.tone IS NULL", seed="1", scanners=())
    with pytest.raises(UsageError, match="No scanner has said anything of tone"):
        found(ann.site, asked)
    corpus = ann.site.corpus
    ids = corpus.ids()

    def calm(one):
        return Verdict(
            transcript_id=one, category="tone", scanner="judge", scanner_digest="ab" * 32,
            value="calm", score=None, status="ok",
        )  # fmt: skip

    corpus.put_verdicts([calm(ids[0])])
    before = found(ann.site, asked)
    assert found(ann.site, asked).positions is before.positions
    assert len(before) == len(ids) - 1
    corpus.put_verdicts([calm(ids[1])])
    assert len(found(ann.site, asked)) == len(ids) - 2
    corpus.add([conversation(900)])
    assert len(found(ann.site, asked)) == len(ids) - 1


def test_the_categories_that_are_shown_change_nothing_of_what_is_found(ann):
    one = found(ann.site, Selection(seed="1", shown=("doubts",)))
    other = found(ann.site, Selection(seed="1"))
    assert one.positions is other.positions
    assert one.selection.shown == ("doubts",)


def test_a_rater_may_not_ask_for_labels_and_others_may(ann):
    asked = Selection(where="label.doubts = 'yes'", seed="1")
    with pytest.raises(UsageError, match="not for raters"):
        found(ann.site, asked, Person("ben", "rater", "", ""))
    assert len(found(ann.site, asked, Person("eve", "reader", "", ""))) == 0
