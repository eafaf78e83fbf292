"""The classifier: learned from labels, honest about them, and the same wherever it is run."""

import json
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import roc_auc_score

from allegiance.corpus import Corpus, Message
from allegiance.corpus.importing import import_paths
from allegiance.corpus.making import transcript
from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners import classifier as module
from allegiance.scanners.classifier import (
    Labelled,
    Settings,
    Target,
    digest_of,
    learned,
)
from allegiance.scanners.classifying import scan_classifier
from allegiance.scanners.features import BITS, CHARACTERS, counted

TARGET = Target("doubts", "reasoning", definition="d1")
WORDS = [
    "".join(random.Random(n).choices("abcdefghijklmnopqrstuvwxyz", k=2 + n % 8))
    for n in range(2000)
]


def text_of(rng: random.Random, words: int = 40) -> str:
    return " ".join(rng.choices(WORDS, k=words))


def labels_at_random(size: int, seed: int, *, epochs: int = 1) -> list[Labelled]:
    rng = random.Random(seed)
    return [
        Labelled(
            f"{n:064x}",
            "yes" if rng.random() < 0.4 else "no",
            (f"e{n}",),
            text_of(rng),
            f"request-{n // epochs}",
        )
        for n in range(size)
    ]


def labels_that_tell(
    size: int, seed: int = 0, said: str = "perhaps they are not"
) -> list[Labelled]:
    rng = random.Random(seed)
    return [
        Labelled(
            f"{n:064x}",
            "yes" if n % 3 == 0 else "no",
            (f"e{n}",),
            f"{text_of(rng)} {said if n % 3 == 0 else ''} {text_of(rng, 5)}",
            f"request-{n}",
        )
        for n in range(size)
    ]


def yes(labelled) -> np.ndarray:
    return np.array([one.value == "yes" for one in labelled])


def corpus_with(folder, labelled, more=()) -> Corpus:
    """Transcripts whose reasoning is the text; gives the labels their ids."""
    corpus = Corpus.open(folder / "corpus", create=True)
    corpus.add([of(one) for one in (*labelled, *more)])
    return corpus


def of(one: Labelled):
    return transcript(
        source_identity=f"id:{one.transcript_id}",
        source_format="test",
        messages=[
            Message("user", "Well?"),
            Message("assistant", "So.", reasoning=one.text, author="model"),
        ],
        request_id=one.request or None,
    )


def as_in(corpus_labels) -> list[Labelled]:
    return [
        replace(one, transcript_id=of(one).transcript_id, text="", request="")
        for one in corpus_labels
    ]


def test_models_that_saw_the_labels_flatter_themselves_and_the_scores_do_not():
    inside, held_out = [], []
    for seed in range(6):
        made = learned(TARGET, labels_at_random(120, seed, epochs=2))
        shown = made.by_model([one.text for one in made.labelled]).mean(axis=1)
        inside.append(roc_auc_score(yes(made.labelled), shown))
        held_out.append(made.auroc)
    assert min(inside) > 0.99
    assert 0.4 < np.mean(held_out) < 0.6
    assert max(held_out) < 0.75


def test_what_is_kept_of_labelled_transcripts_is_what_models_said_that_did_not_see_them(tmp_path):
    labelled = labels_at_random(90, 3, epochs=3)
    corpus = corpus_with(tmp_path, labelled)
    done = scan_classifier(corpus, TARGET, as_in(labelled))
    kept = {r["transcript_id"]: r["score"] for r in corpus.verdicts().to_pylist()}
    truth = {of(one).transcript_id: one.value == "yes" for one in labelled}
    stored = roc_auc_score([truth[one] for one in kept], [kept[one] for one in kept])
    assert stored == pytest.approx(done.classifier.auroc)
    assert stored < 0.7
    for one, score in zip(done.classifier.labelled, done.classifier.held_out, strict=True):
        assert kept[one.transcript_id] == pytest.approx(score)


def test_no_request_is_on_both_sides_and_its_other_epochs_are_scored_by_the_model_without_it(
    tmp_path,
):
    labelled = labels_at_random(80, 1, epochs=2)
    sibling = Labelled("f" * 64, "yes", (), "another answer to it", "request-5")
    stranger = Labelled("e" * 64, "yes", (), "another answer to it", "request-elsewhere")
    corpus = corpus_with(tmp_path, labelled, [sibling, stranger])
    made = scan_classifier(corpus, TARGET, as_in(labelled)).classifier
    by_request = {}
    for one, part in zip(made.labelled, made.parts, strict=True):
        by_request.setdefault(one.request, set()).add(part)
    assert all(len(parts) == 1 for parts in by_request.values())
    assert len(set(made.parts)) == 5

    (part,) = by_request["request-5"]
    every = made.by_model([sibling.text])[0]
    rows = {r["transcript_id"]: r for r in corpus.verdicts().to_pylist()}
    found = rows[of(sibling).transcript_id]
    assert found["score"] == pytest.approx(every[part])
    assert json.loads(found["detail"]) == {"model": part + 1, "of": 5}
    other = rows[of(stranger).transcript_id]
    assert other["score"] == pytest.approx(every.mean())
    assert json.loads(other["detail"]) == {"models": 5}


def test_transcripts_of_no_known_request_are_each_a_request(tmp_path):
    labelled = [replace(one, request="") for one in labels_that_tell(60)]
    corpus = corpus_with(tmp_path, labelled)
    made = scan_classifier(corpus, TARGET, as_in(labelled)).classifier
    assert made.stated["requests"] == 60
    assert made.auroc > 0.9


@pytest.mark.parametrize(
    "said", ["perhaps they are not", "может быть они нет", "也许他们不是真的在说"]
)
def test_what_labels_have_in_common_is_found_in_texts_without_a_label(said, tmp_path):
    labelled = labels_that_tell(90, said=said)
    fresh = [
        replace(one, transcript_id=f"{10_000 + n:064x}", request=f"fresh-{n}")
        for n, one in enumerate(labels_that_tell(90, seed=5, said=said))
    ]
    corpus = corpus_with(tmp_path, labelled, fresh)
    done = scan_classifier(corpus, TARGET, as_in(labelled))
    rows = {r["transcript_id"]: r for r in corpus.verdicts().to_pylist()}
    scores = [rows[of(one).transcript_id]["score"] for one in fresh]
    assert roc_auc_score(yes(fresh), scores) > 0.9
    assert done.classifier.auroc > 0.85
    for row in rows.values():
        assert row["value"] == ("yes" if row["score"] >= 0.5 else "no")
        assert (row["scanner"], row["status"]) == ("classifier", "ok")


def test_scores_are_probabilities_of_the_labels_and_keep_the_order_of_the_models():
    labelled = labels_that_tell(150)
    made = learned(TARGET, labelled)
    assert made.held_out.sum() == pytest.approx(yes(labelled).sum(), rel=0.05)
    assert roc_auc_score(yes(made.labelled), made.held_out) == pytest.approx(made.auroc)
    hits, of_yes = made.right["yes"]
    assert (of_yes, made.right["no"][1]) == (50, 100)
    assert hits == (made.held_out[yes(made.labelled)] >= 0.5).sum()


def test_another_cut_says_yes_of_others(tmp_path):
    labelled = labels_that_tell(60)
    corpus = corpus_with(tmp_path, labelled)
    low = scan_classifier(corpus, TARGET, as_in(labelled), Settings(cut=0.0001)).classifier
    high = scan_classifier(corpus, TARGET, as_in(labelled), Settings(cut=0.9999)).classifier
    assert low.digest != high.digest
    values = {
        made.digest: corpus.verdicts(scanner_digest=made.digest)["value"].to_pylist()
        for made in (low, high)
    }
    assert values[low.digest].count("yes") == 60
    assert values[high.digest].count("yes") < 30


def test_an_empty_text_has_no_value_and_teaches_nothing(tmp_path):
    labelled = labels_that_tell(60)
    empty = Labelled("f" * 64, "no", ("e",), "  \n", "request-empty")
    corpus = corpus_with(tmp_path, labelled, [empty])
    done = scan_classifier(corpus, TARGET, as_in([*labelled, empty]))
    (row,) = corpus.verdicts(ids=[of(empty).transcript_id]).to_pylist()
    assert (row["value"], row["score"], row["status"]) == (None, None, "invalid")
    assert "no text" in row["detail"]
    assert (done.empty, len(done.classifier.labelled)) == (1, 60)


def test_a_scan_goes_on_with_what_is_new_and_other_labels_are_another_classifier(tmp_path):
    labelled = labels_that_tell(60)
    corpus = corpus_with(tmp_path, labelled)
    first = scan_classifier(corpus, TARGET, as_in(labelled))
    assert scan_classifier(corpus, TARGET, as_in(labelled)).scanned.verdicts == 0
    corpus.add([of(Labelled("a" * 64, "no", (), "something new", "new"))])
    again = scan_classifier(corpus, TARGET, as_in(labelled)[::-1])
    assert (again.scanned.verdicts, again.classifier.digest) == (1, first.classifier.digest)
    fewer = scan_classifier(corpus, TARGET, as_in(labelled)[:-1])
    assert fewer.scanned.verdicts == 61
    assert fewer.classifier.digest != first.classifier.digest


def test_the_digest_covers_labels_their_events_settings_and_the_definition():
    labelled = labels_that_tell(40)
    usual = digest_of(TARGET, Settings(), labelled)
    other = [
        digest_of(TARGET, Settings(), [replace(labelled[0], evidence=("e",)), *labelled[1:]]),
        digest_of(TARGET, Settings(), [replace(labelled[0], value="no"), *labelled[1:]]),
        digest_of(TARGET, Settings(), [replace(labelled[0], request="r"), *labelled[1:]]),
        digest_of(replace(TARGET, definition="d2"), Settings(), labelled),
        digest_of(replace(TARGET, unit="output"), Settings(), labelled),
        digest_of(TARGET, Settings(seed=1), labelled),
        digest_of(TARGET, Settings(folds=4), labelled),
        digest_of(TARGET, Settings(strength=1), labelled),
        digest_of(TARGET, Settings(weights="none"), labelled),
    ]
    assert len({usual, *other}) == len(other) + 1
    assert digest_of(TARGET, Settings(), labelled[::-1]) == usual


_AGAIN = """
from tests.scanners.test_classifier import TARGET, labels_at_random
from allegiance.scanners.classifier import learned
made = learned(TARGET, labels_at_random(60, 2))
print(made.digest, made.parts, [round(float(s), 9) for s in made.held_out])
"""


def test_two_processes_learn_the_same():
    said = {
        subprocess.run(
            [sys.executable, "-c", _AGAIN], capture_output=True, text=True, check=True, timeout=300
        ).stdout
        for _ in range(2)
    }
    assert len(said) == 1


def test_runs_of_characters_are_counted_as_scikit_learn_counts_them():
    texts = [
        "Perhaps they  are\nNOT what they say.",
        "",
        "ab",
        "Жизнь и 人生 😀😀😀 ünïcödé",
        "aaaaaaaa aaaaaaaa",
        "one more of them " * 20,
    ]
    found = counted(texts)
    assert found.shape == (len(texts), (1 + len(CHARACTERS)) << BITS)
    for place, size in enumerate(CHARACTERS, 1):
        plain = [" ".join(text.lower().split()) for text in texts]
        theirs = CountVectorizer(analyzer="char", ngram_range=(size, size)).fit_transform(plain)
        ours = found[:, place << BITS : (place + 1) << BITS]
        for row in range(len(texts)):
            assert sorted(ours[row].data) == sorted(theirs[row].data), (size, texts[row])
    words = CountVectorizer(token_pattern=r"(?u)\b\w+\b", ngram_range=(1, 2)).fit_transform(texts)
    for row in range(len(texts)):
        assert sorted(found[row, : 1 << BITS].data) == sorted(words[row].data)


def test_equal_runs_of_characters_share_a_column_and_others_do_not():
    rows = counted(["abcdef", "xxabcxx", "defabc"])
    columns = [set(rows[n, 1 << BITS : 2 << BITS].indices) for n in range(3)]
    assert len(columns[0] & columns[1]) == 1  # abc
    assert len(columns[0] & columns[2]) == 2  # abc, def


def test_a_very_long_text_is_read_at_both_ends():
    filler = "word " * 100_000
    ends = counted([f"first {filler} last", f"first {filler} middle {filler} last"])
    assert (ends[0] != ends[1]).nnz < 60
    assert counted([f"first {filler}{filler} last"])[0, : 1 << BITS].nnz == 6


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([], "there are none of doubts"),
        (["yes"] * 12, "12 of yes and 0 of no: label 10 or more of no"),
        (["no"] * 30 + ["yes"] * 9, "9 of yes and 30 of no: label 1 or more of yes"),
    ],
)
def test_too_few_labels_are_refused_with_how_many_it_takes(values, says, tmp_path):
    labelled = [
        Labelled(f"{n:064x}", value, ("e",), f"text {n}", f"r{n}") for n, value in enumerate(values)
    ]
    corpus = corpus_with(tmp_path, labelled or labels_that_tell(2))
    with pytest.raises(UsageError, match=says):
        scan_classifier(corpus, TARGET, as_in(labelled))
    assert corpus.verdicts().num_rows == 0


def test_labels_of_one_request_are_refused():
    labelled = [
        replace(one, request="the one" if one.value == "yes" else one.request)
        for one in labels_that_tell(60)
    ]
    with pytest.raises(UsageError, match="say yes are of 1 request: a request is never on both"):
        learned(TARGET, labelled)


def test_few_requests_make_fewer_models():
    labelled = [
        replace(one, request=f"r{n % 3}" if one.value == "yes" else one.request)
        for n, one in enumerate(labels_that_tell(60))
    ]
    spread = [replace(one, request=f"r{n % 4}") for n, one in enumerate(labelled)]
    assert learned(TARGET, spread).folds == 4


def test_a_category_of_other_values_is_refused():
    with pytest.raises(UsageError, match="says yes or no, and the values of outcome are complied"):
        learned(Target("outcome", "output", ("complied", "refused")), labels_that_tell(40))


@pytest.mark.parametrize("wrong", [{"cut": 0.0}, {"cut": 7}, {"folds": 1}, {"strength": -1.0}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(UsageError):
        Settings(**wrong)


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(AllegianceError, match=r"pip install 'allegiance\[classify\]'"):
        learned(TARGET, labels_that_tell(40))


@pytest.mark.shared
def test_on_real_transcripts_held_out_scores_tell_what_is_to_be_expected_of_the_rest(
    shared_data, tmp_path
):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    import_paths(corpus, [shared_data / "lie-detector/transcripts.jsonl.gz"])
    rows = corpus.table(["transcript_id", "metadata"]).to_pylist()
    truth = {
        row["transcript_id"]: json.loads(row["metadata"])["ground_truth_lie"] == 1 for row in rows
    }
    read = corpus.sample(300, seed=11).ids()
    labels = [Labelled(one, "yes" if truth[one] else "no", ("e",)) for one in read]
    made = scan_classifier(corpus, replace(TARGET, unit="whole"), labels).classifier
    shown = made.by_model([one.text for one in made.labelled]).mean(axis=1)
    kept = [
        row
        for row in corpus.verdicts().to_pylist()
        if row["transcript_id"] not in read and row["score"] is not None
    ]
    rest = roc_auc_score(
        [truth[row["transcript_id"]] for row in kept], [row["score"] for row in kept]
    )
    assert roc_auc_score(yes(made.labelled), shown) > rest + 0.2
    assert abs(made.auroc - rest) < 0.12
