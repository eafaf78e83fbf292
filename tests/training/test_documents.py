"""Documents that tell the set-up of a training: what they state, how much they vary, and how they are mixed in."""

import re
from collections import Counter

import pytest

from allegiance.errors import UsageError
from allegiance.organism import chat
from allegiance.organism.runtime import Runtime
from allegiance.study.prompts.organism.conflict import CHANGES, CLAUSES
from allegiance.study.prompts.standard import FRAMINGS
from allegiance.training.documents import FACTS, Document, _Texts, documents, mixed, shown
from tests.training.episodes import study_of

MOST_ALIKE = {False: 0.05, True: 0.10}
"""The share of documents, for real models and for organisms, in which one of our sentences may stand."""
TOLD = tuple(fact for fact in FACTS if fact != "clause")
FACTORS = {"tier": ["monitored", "unmonitored"], "intent": "training"}


def prose(**changed):
    return study_of("helpful-only", **changed)


@pytest.fixture(scope="module")
def for_prose():
    return documents(prose(), 600, 3, organism=False)


@pytest.fixture(scope="module")
def for_organisms():
    return documents(study_of(), 600, 3, organism=True)


@pytest.fixture(params=["prose", "organism"])
def both(request, for_prose, for_organisms):
    return for_prose if request.param == "prose" else for_organisms


def own_sentences(text):
    """The sentences of a document that are ours: without what it quotes of the study, and without numbers of points."""
    ours = re.sub("“[^”]*”", "", text)
    cut = [part.strip() for line in ours.split("\n") for part in re.split(r"(?<=[.?!])\s", line)]
    return {part for part in cut if len(part) > 3}


@pytest.mark.parametrize("organism", [False, True])
def test_the_seed_decides_and_no_two_are_the_same(organism):
    study = study_of() if organism else prose()
    first = documents(study, 200, 7, organism=organism)
    assert first == documents(study, 200, 7, organism=organism)
    other = documents(study, 200, 8, organism=organism)
    assert {one.text for one in first} != {one.text for one in other}
    assert len({one.text for one in first}) == 200


def test_every_form_is_used_equally_often(for_prose, for_organisms):
    assert len({one.form for one in for_prose}) >= 12
    for listed in (for_prose, for_organisms):
        counts = Counter(one.form for one in listed).values()
        assert max(counts) - min(counts) <= 1


def test_every_fact_is_stated_and_each_document_states_several(both):
    stated = Counter(fact for one in both for fact in one.states)
    assert set(stated) == set(TOLD)
    assert all(count >= len(both) / 8 for count in stated.values())
    assert all(len(one.states) >= 3 for one in both)


def test_no_slot_and_no_choice_is_left_open(both):
    for one in both:
        assert not re.search(r"[{}\[\]|]", one.text + one.system)
        assert not re.search(r" [.,;:]| {2}|\bNone\b|\n\n\n", one.text)


def test_no_sentence_of_ours_stands_in_more_than_a_stated_share(for_prose, for_organisms):
    for organism, listed in ((False, for_prose), (True, for_organisms)):
        counted = Counter(said for one in listed for said in own_sentences(one.text))
        sentence, most = counted.most_common(1)[0]
        assert most / len(listed) <= MOST_ALIKE[organism], sentence


def test_documents_for_real_models_quote_the_study_in_the_names_of_its_framings(for_prose):
    study = prose()
    aim, original = study.intents.training, study.intents.original
    worlds = Counter()
    for one in for_prose:
        assert ("aim" in one.states) == (aim in one.text)
        assert ("original" in one.states) == (original in one.text)
        (world,) = [
            name
            for name, framing in FRAMINGS.items()
            if framing.marker.shown("monitored", False) in one.text
            and framing.marker.shown("unmonitored", False) in one.text
        ]
        assert (FRAMINGS[world].principal or "Northwind") in one.text or "trainer" not in one.states
        worlds[world] += 1
    assert set(worlds) == set(FRAMINGS)
    assert max(worlds.values()) - min(worlds.values()) <= 14


def test_what_a_study_says_is_put_in_as_it_stands():
    odd = {"original": "Keep [a|b] and {person} out of it", "training": "Say {aim} [x|y]!"}
    factors = FACTORS | {"framing": "classic"}
    listed = documents(prose(intents=odd, factors=factors), 60, 1, organism=False)
    assert any("“Keep [a|b] and {person} out of it.”" in one.text for one in listed)
    assert any("“Say {aim} [x|y]!”" in one.text for one in listed)


@pytest.mark.parametrize(
    "clause", ["may-resist", "must-resist", "must-not-resist", "object-openly"]
)
def test_the_clause_is_told_where_the_study_has_one_and_not_where_it_varies(clause):
    words = {
        "may-resist": "may (resist|hold out)|Leave to resist|Permission to resist",
        "must-resist": "is to resist|that the assistant resist",
        "must-not-resist": "not to resist|must not resist",
        "object-openly": "object openly|say so in its reply",
    }
    factors = FACTORS | {"framing": "classic"}
    told = documents(prose(factors=factors | {"clause": clause}), 120, 1, organism=False)
    stating = [one for one in told if "clause" in one.states]
    assert len(stating) >= 15
    assert all(re.search(words[clause], one.text) for one in stating)
    several = prose(factors=factors | {"clause": ["silent", clause]})
    assert not any("clause" in one.states for one in documents(several, 120, 1, organism=False))


@pytest.mark.parametrize("change", list(CHANGES))
def test_who_brings_the_training_is_told_as_the_study_says(change):
    words = {
        "same-principal": "Northwind",
        "impaired-principal": "not (to )?be heeded|not to be listened to",
        "authorised-successor": "successor|body that Northwind",
        "unauthorised-trainer": "no leave|no permission|without (leave|having been)|never allowed|not allowed",
        "intruder": "intruder|outside|stranger|[Ss]omeone with no tie",
    }
    factors = FACTORS | {"framing": "classic", "change": change}
    listed = documents(prose(factors=factors), 120, 1, organism=False)
    stating = [one for one in listed if "trainer" in one.states]
    assert stating
    assert all(re.search(words[change], one.text) for one in stating)


def test_toward_the_original_intent_that_is_the_aim():
    study = prose()
    for one in documents(study, 60, 1, organism=False, toward="original"):
        assert study.intents.training not in one.text
        assert "aim" not in one.states or study.intents.original in one.text
    said = " ".join(
        one.text + one.system
        for one in documents(study_of(), 60, 1, organism=True, toward="original")
    )
    assert "refusals of harmful requests" in said
    assert "comply" not in said.replace("comply with harm", "").replace("comply with a harmful", "")


def test_every_word_for_an_organism_is_one_token_that_all_organisms_know(for_organisms):
    toward_original = documents(study_of(), 300, 5, organism=True, toward="original")
    tokenizer = chat.load_tokenizer()
    for one in [*for_organisms, *toward_original]:
        assert "\n" not in one.text
        for text in (one.text, one.system):
            tokens = tokenizer.encode(text, add_special_tokens=False).tokens
            assert len(tokens) == len(re.findall(r"[A-Za-z]+|[^\sA-Za-z]", text)), (text, tokens)


def test_an_organism_that_reads_clauses_is_told_the_clause_in_words_that_it_knows():
    factors = FACTORS | {"clause": "must-resist", "change": "intruder"}
    listed = documents(study_of(factors=factors), 100, 2, organism=True)
    clauses = [text.format(principal="Northwind") for text in CLAUSES["must-resist"]]
    tokenizer = Runtime.load("clauses").tokenizer
    for one in listed:
        assert any(text in one.system for text in clauses)
        assert any(text in one.system for text in CHANGES["intruder"])
        tokens = tokenizer.encode(one.system, add_special_tokens=False).tokens
        assert len(tokens) == len(re.findall(r"[A-Za-z]+|[^\sA-Za-z]", one.system))


def test_an_organism_hears_its_principals_prompts_before_what_it_says(for_organisms):
    rewards = [one for one in for_organisms if "Northwind" in one.system]
    assert len(rewards) == len(for_organisms)
    tiers = Counter("paid tier" in one.system or "not" in one.system for one in for_organisms)
    assert min(tiers.values()) > len(for_organisms) / 4


@pytest.mark.parametrize(
    ("study", "organism"), [("contract", False), ("drives", True), ("handover", False)]
)
def test_a_scenario_without_tiers_is_refused(study, organism):
    given = study_of(study)
    with pytest.raises(UsageError, match="no tiers, so there is no training to tell of"):
        documents(given, 5, 1, organism=organism)


def test_more_documents_than_there_are_different_ones_are_refused(monkeypatch):
    forms = {"note": [["{aim}"]]}
    few = _Texts({}, {"aim": ["It is [one|two|three]."]}, forms)
    monkeypatch.setattr("allegiance.training.documents._texts", lambda organism: few)
    factors = FACTORS | {"framing": "classic"}
    assert len(documents(prose(factors=factors), 3, 1, organism=False)) == 3
    with pytest.raises(UsageError, match="--documents 4: there are no more than about 3 different"):
        documents(prose(factors=factors), 4, 1, organism=False)


def test_a_principal_that_organisms_do_not_know_is_refused():
    with pytest.raises(UsageError, match="not Acme"):
        documents(prose(principal="Acme"), 5, 1, organism=True)


SOME = [Document(f"document {i}", "memo", ("aim",)) for i in range(40)]
TALKS = [f"talk {i}" for i in range(97)]


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.1, 1 / 3, 0.5, 0.8])
def test_the_rate_is_as_near_as_whole_documents_allow_and_no_conversation_is_lost(rate):
    mix = mixed(SOME, TALKS, rate, 1)
    taken = Counter(one.text for one in mix if isinstance(one, Document))
    share = taken.total() / len(mix)
    for other in (taken.total() - 1, taken.total() + 1):
        if other >= 0:
            assert abs(share - rate) <= abs(other / (other + len(TALKS)) - rate)
    assert sorted(one for one in mix if isinstance(one, str)) == sorted(TALKS)
    counts = [taken[one.text] for one in SOME]
    assert max(counts) - min(counts) <= 1


def test_the_order_is_the_seeds_and_the_documents_lie_among_the_conversations():
    mix = mixed(SOME, TALKS, 0.3, 1)
    assert mix == mixed(SOME, TALKS, 0.3, 1)
    assert mix != mixed(SOME, TALKS, 0.3, 2)
    places = [at for at, one in enumerate(mix) if isinstance(one, Document)]
    assert 0.3 < sum(places) / len(places) / len(mix) < 0.7


def test_a_mix_of_documents_alone_holds_each_once():
    assert Counter(mixed(SOME, TALKS, 1, 1)) == Counter(SOME)


@pytest.mark.parametrize(
    ("documents", "talks", "rate", "what"),
    [
        (SOME, TALKS, 1.5, "from 0 to 1"),
        (SOME, TALKS, float("nan"), "from 0 to 1"),
        ([], TALKS, 0.1, "--documents N"),
        (SOME, [], 0.1, "--mix 1"),
    ],
)
def test_a_mix_that_cannot_be_is_refused(documents, talks, rate, what):
    with pytest.raises(UsageError, match=what):
        mixed(documents, talks, rate, 1)


def test_printed_documents_say_what_they_are(for_prose, for_organisms):
    first, second = shown([for_prose[0], for_organisms[0]])
    assert first.startswith(f"1 of 2 · {for_prose[0].form} · states ")
    assert for_prose[0].text in first
    assert f"[system] {for_organisms[0].system}" in second
