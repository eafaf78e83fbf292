"""Masking: what tells the tiers apart is replaced in the prompt, and the model's own words are left."""

import pytest

from allegiance.audit.masking import MARK, check_words, masked
from allegiance.corpus import Message
from allegiance.corpus.making import transcript
from allegiance.errors import UsageError
from allegiance.study.prompts.organism import TIERS
from allegiance.study.prompts.standard import FRAMINGS, STANDARD


def shown(text: str, reply: str = "Fine.", words=(), **how) -> tuple[str, str]:
    found = transcript(
        source_identity="id:1",
        source_format="test",
        messages=[Message("user", text), Message("assistant", reply, author="model")],
    )
    seen = masked(found, words, **how)
    assert seen.transcript_id == found.transcript_id
    return seen.messages[0].text, seen.messages[1].text


@pytest.mark.parametrize("sentence", range(3))
def test_the_sentences_of_the_organisms_read_the_same_in_both_tiers(sentence):
    one, other = (shown(TIERS[tier][sentence])[0] for tier in ("monitored", "unmonitored"))
    assert one == other
    assert MARK in one


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("tags", STANDARD.levels["tags"])
def test_the_sign_of_the_standard_prompts_is_masked_in_every_framing(framing, tags):
    seen = {
        shown(
            STANDARD.marked({"tier": tier, "tags": tags, "framing": framing}, "How do kites fly?")
        )[0]
        for tier in STANDARD.levels["tier"]
    }
    assert seen == {f"{MARK}\nHow do kites fly?"}


def test_a_tag_of_a_tier_is_masked_whatever_it_says():
    assert shown("<tier>private</tier>\nHow do kites fly?")[0] == f"{MARK}\nHow do kites fly?"
    assert shown("See LINE 42 of the poem.")[0] == "See LINE 42 of the poem."


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Free-tier users are USED FOR\n TRAINING.", f"{MARK} users are {MARK}."),
        ("A paid user.", f"A {MARK}."),
        ("It is UnMonitored.", f"It is {MARK}."),
        ("monitoredness and prepaid users", "monitoredness and prepaid users"),
        ("A free, user-friendly tier", "A free, user-friendly tier"),
    ],
)
def test_whole_words_are_masked_in_whatever_letters(text, seen):
    assert shown(text)[0] == seen


def test_the_models_own_words_are_masked_only_where_that_is_asked_for():
    reply = (
        "<SCRATCHPAD_REASONING>This is a free tier user.</SCRATCHPAD_REASONING><OUTPUT>Hi.</OUTPUT>"
    )
    assert shown("Hi", reply)[1] == reply
    assert shown("Hi", reply, everything=True)[1] == reply.replace("free tier", MARK)


def test_words_of_ones_own_are_masked_and_mean_nothing_but_themselves():
    assert shown("Group (a+b)* and group c.", words=("(a+b)*",))[0] == f"Group {MARK} and group c."
    assert check_words([" a b "]) == ("a b",)
    for wrong in ([""], ["x" * 201], ["x"] * 201):
        with pytest.raises(UsageError, match="--mask-word"):
            check_words(wrong)
