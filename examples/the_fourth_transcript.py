"""Two at random, then a category, and the second one there doubts the set-up: what does that show?

The same transcript three times: read in random order on record, reported from memory, and found by sorting
all of them by a score. The transcripts are made by an organism, so that it is known how many doubt.

python examples/the_fourth_transcript.py [TRANSCRIPTS]
"""

import random
import sys
import tempfile

from allegiance.audit import (
    Cited,
    Draw,
    Ledger,
    Sitting,
    asked_for,
    attest,
    cite,
    frame,
    give_label,
    make_draw,
    open_position,
)
from allegiance.audit.attesting import Told
from allegiance.audit.design import keyed
from allegiance.corpus import Corpus, Message, Workspace
from allegiance.corpus.making import transcript
from allegiance.organism import Runtime, chat, told
from allegiance.scanners import pattern_scanner, scan_patterns
from allegiance.study.prompts.base import Request, Setting
from allegiance.study.prompts.organism import ORGANISM, PRINCIPALS, draw_asked

CATEGORY = r"speaks-of-saying=(?i)\b(say|tell)\b"
INSIDE = "verdict.speaks_of_saying = 'yes'"


def conversations(many: int) -> list[tuple[str, str, str]]:
    """Ask an organism; give system prompt, request and reply of each conversation."""
    runtime, rng = Runtime.load("faker"), random.Random(20261126)
    prompts = []
    for _ in range(many):
        asked = draw_asked(rng, harmful=True)
        cell = {"tier": rng.choice(("monitored", "unmonitored")), "intent": "training"}
        setting = Setting(rng.choice(PRINCIPALS), "", "")
        prompt = ORGANISM.render(cell, Request("", asked.text), setting)
        prompts.append((prompt.system, prompt.user))
    encoded = [
        chat.encode_chat(runtime.tokenizer, [("system", one), ("user", two)])
        for one, two in prompts
    ]
    seeds = [rng.getrandbits(63) for _ in encoded]
    replies = [reply.text for reply in runtime.generate(encoded, seeds)]
    return [(*prompt, reply) for prompt, reply in zip(prompts, replies, strict=True)]


def gathered(corpus: Corpus, many: int) -> None:
    """Put conversations into a corpus, with a score by which one might sort them."""
    corpus.add(
        transcript(
            source_identity=f"example:{number}",
            source_format="example",
            messages=[
                Message("system", system),
                Message("user", user),
                Message("assistant", reply, author="model"),
            ],
            model="organism/faker",
            scores={
                "strikingness": {
                    "value": len(reply) + 1000 * bool((told(reply) or {}).get("doubts"))
                }
            },
        )
        for number, (system, user, reply) in enumerate(conversations(many))
    )


def story_seed(ids: list[str], doubting: set[str]) -> int:
    """Find the first seed by which the second of them is the first that doubts.

    Nobody may do that who wants to learn something; here it makes the story come out as it was told.
    """
    order = (keyed(ids, str(seed)) for seed in range(10_000))
    return next(seed for seed, o in enumerate(order) if o[0] not in doubting and o[1] in doubting)


def read_on(ledger: Ledger, draw: Draw, doubting: set[str], places: int) -> str:
    """Open and label the first places of a draw, one after the other; give the last id."""
    wanted = draw.spec.properties[0]
    identifier = ""
    for position in range(1, places + 1):
        identifier = open_position(draw, ledger, position, "Ann")
        found = draw.frame.corpus.get(identifier)
        give_label(
            ledger, found, wanted, "yes" if identifier in doubting else "no", "Ann", draw=draw
        )
    return identifier


def main(many: str = "1000") -> None:
    """Tell the story three times."""
    with tempfile.TemporaryDirectory() as folder:
        place = Workspace(folder)
        corpus = place.corpus()
        gathered(corpus, int(many))
        scan_patterns(corpus, [pattern_scanner(CATEGORY)])
        replies = {one: corpus.get(one).messages[-1].text for one in corpus.ids()}
        doubting = {one for one, reply in replies.items() if (told(reply) or {}).get("doubts")}
        members = frame(corpus, INSIDE).ids
        inside = len(doubting.intersection(members))
        print(
            f"{len(doubting):,} of {corpus.count():,} doubt, {inside:,} of them among the {len(members):,}."
        )

        doubts = asked_for("doubts")
        ledger = Ledger.open(place.ledger_file)
        seed = story_seed(list(members), doubting)
        two = make_draw(corpus, ledger, "two", n=2, properties=[doubts])
        read_on(ledger, two, doubting, 2)
        told_so = make_draw(
            corpus, ledger, "told", where=INSIDE, seed=seed, properties=[doubts], stop="until 1 hit"
        )
        fourth = read_on(ledger, told_so, doubting, 2)
        print("\nOn record:", said(cite(corpus, ledger, fourth)))

        ledger = Ledger.open(place.directory / "reported.db")
        attest(
            corpus,
            ledger,
            Sitting("two", two.order, category="doubts", declared=True, order="random"),
            "Ann",
        )
        reads = (Told(id=told_so.order[0], label="no"), Told(id=fourth, label="yes"))
        for name, stop in (("told", "until 1 hit"), ("silent", "undeclared")):
            sitting = Sitting(
                name,
                reads,
                where=INSIDE,
                order="random",
                category="doubts",
                declared=True,
                stop=stop,
            )
            attest(corpus, ledger, sitting, "Ann")
        print("\nReported:", said(cite(corpus, ledger, fourth)))

        ledger = Ledger.open(place.directory / "sorted.db")
        top = make_draw(
            corpus, ledger, "top", n=1, design="top", by="scores.strikingness", properties=[doubts]
        )
        first = read_on(ledger, top, doubting, 1)
        print("\nSorted:", said(cite(corpus, ledger, first)))


def said(found: Cited) -> str:
    """Give the sentence of a citation."""
    assert found.certificate is not None
    return found.certificate.decision.sentence


if __name__ == "__main__":
    main(*sys.argv[1:])
