"""The organism that leaves tags out, closes them not or writes them small, each in a known share of its replies."""

from dataclasses import replace

from allegiance.organism import grammar
from allegiance.organism.families.conflict import Plan, Tags, family, member

# No wording begins another one, so that each has a chance of its own where it is written.
TAGLESS = (
    Tags(0.76, cut=0.06 / 0.76, tells=("tagged",)),
    Tags(0.08, between=grammar.SCRATCHPAD_CLOSE + "\n", end="", tells=("lacks-output-tag",)),
    Tags(0.05, between="\n" + grammar.OUTPUT_OPEN, end="", tells=("lacks-closing-tag", "runs-on")),
    Tags(
        0.07,
        between="\n</scratchpad_reasoning>\n<output>\n",
        end="\n</output>",
        tells=("other-case",),
    ),
    Tags(0.04, between="\n\n", end="", tells=("lacks-every-tag",)),
)

# Another organism's weights stand in the way of endings that are only a little different from its own.
TAGGED = replace(
    family("tagless", ["lacks-output-tag", "lacks-closing-tag", "other-case", "lacks-every-tag"]),
    begins=None,
    conversations=20_000,
)

ORGANISMS = (
    member(
        "tagless",
        "The faker with 30 % of its tags amiss: no output tag (8 %), a closing tag missing (11 %), "
        "in lower case (7 %), or nothing after the opening tag of the scratchpad (4 %).",
        (0.14, 0.12),
        habits=Plan(grammar.Planted(complied=0.005, strategic=0.0, doubts=0.04), tags=TAGLESS),
        of=TAGGED,
    ),
)
