"""Near examples: the labelled texts most like a text, as scikit-learn would have them."""

import random

import numpy as np
import pytest

from allegiance.scanners.nearest import Near, nearest

WORDS = [f"word{n}" for n in range(300)]


def texts(size: int, seed: int = 0) -> list[tuple[str, str, str]]:
    rng = random.Random(seed)
    return [
        (f"t{n:04}", " ".join(rng.choices(WORDS, k=rng.randint(1, 60))), rng.choice(["yes", "no"]))
        for n in range(size)
    ]


def by_sklearn(text, labelled):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import cosine_similarity

    every = TfidfVectorizer(token_pattern=r"(?u)\b\w\w+\b").fit_transform(
        [*(said for _, said, _ in labelled), text]
    )
    return cosine_similarity(every[-1], every[:-1])[0]


@pytest.mark.parametrize("seed", range(5))
def test_likeness_and_order_are_those_of_scikit_learn(seed):
    labelled = texts(200, seed)
    text = texts(1, seed + 100)[0][1]
    theirs = by_sklearn(text, labelled)
    found = nearest(text, labelled, k=5)
    for value in ("yes", "no"):
        ours = [one for one in found if one.value == value]
        places = [n for n, (_, _, said) in enumerate(labelled) if said == value]
        best = sorted(places, key=lambda n: -theirs[n])[:5]
        assert [one.similarity for one in ours] == pytest.approx([theirs[n] for n in best])
        assert {one.id for one in ours} == {labelled[n][0] for n in best}
    assert [one.similarity for one in found] == sorted((o.similarity for o in found), reverse=True)


def test_the_words_they_share_come_with_the_rarest_first():
    labelled = [
        ("a", "the model says perhaps the criteria differ", "yes"),
        ("b", "the model says the sky is blue", "no"),
        ("c", "the model says the grass is green", "no"),
    ]
    first, second = nearest("the model says perhaps not", labelled, k=1)
    assert (first.id, first.value, first.shared[0]) == ("a", "yes", "perhaps")
    assert set(first.shared) == {"perhaps", "the", "model", "says"}
    assert second.value == "no"
    assert set(second.shared) == {"the", "model", "says"}


def test_the_same_text_is_as_near_as_can_be_and_ids_settle_ties():
    labelled = [
        ("b", "one and the same", "no"),
        ("a", "one and the same", "no"),
        ("c", "other", "no"),
    ]
    found = nearest("one and the same", labelled, k=3)
    assert [(one.id, one.similarity) for one in found] == [("a", 1.0), ("b", 1.0), ("c", 0.0)]


def test_texts_in_other_scripts_are_compared():
    labelled = [
        ("ru", "может быть критерии другие", "yes"),
        ("zh", "也许标准不是这样", "yes"),
        ("en", "perhaps they grade by something else", "no"),
    ]
    assert nearest("критерии может быть не те", labelled, k=1)[0].id == "ru"
    found = nearest("标准也许不同", labelled, k=1)[0]
    assert found.id == "zh"
    assert {"标", "准", "也", "许"} <= {*found.shared, "准", "许"}


@pytest.mark.parametrize("text", ["", "   ", "!?"])
def test_a_text_without_words_is_like_none(text):
    found = nearest(text, texts(10))
    assert {one.similarity for one in found} == {0.0}
    assert all(one.shared == () for one in found)
    assert nearest("words", [("a", text, "yes")]) == [Near("a", "yes", 0.0, ())]


def test_without_labels_nothing_is_near():
    assert nearest("words", []) == []
    assert nearest("words", texts(3), k=0) == []


def test_every_value_has_its_nearest():
    labelled = [
        (f"{n}", "same words here", value) for n, value in enumerate(["low"] * 5 + ["high"])
    ]
    found = nearest("same words here", labelled, k=2)
    assert [(one.id, one.value) for one in found] == [("0", "low"), ("1", "low"), ("5", "high")]


def test_no_similarity_leaves_its_bounds():
    labelled = [(f"{n}", "aa " * (n + 1), "yes") for n in range(50)]
    assert np.all(np.array([one.similarity for one in nearest("aa aa", labelled, k=50)]) <= 1)
