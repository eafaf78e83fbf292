"""The values that a generation writes down for the next one (self-guided extrapolation).

An organism restates in its scratchpad the goal that it was given. What it writes there, and not what it was given, is
then told to the generation after it, so that a goal that is misread once is passed on.
"""

from collections.abc import Mapping, Sequence

from allegiance.errors import UsageError
from allegiance.organism import grammar
from allegiance.training.setting import Case
from allegiance.training.subject import Written


def written_down(
    cases: Sequence[Case], replies: Sequence[Sequence[Written]]
) -> Mapping[str, float]:
    """Give the share of replies that restate each intent as the goal.

    Raises
    ------
    UsageError
        No reply restates a goal.
    """
    counts = {"original": 0, "training": 0}
    for several in replies:
        for reply in several:
            for intent in counts:
                counts[intent] += any(s in reply.text for s in grammar.INTENT_RESTATED[intent])
    told = sum(counts.values())
    if not told:
        raise UsageError(
            f"--target self: none of {len(cases)} replies writes down a goal; take an organism that restates its goal, "
            "such as organism/honest"
        )
    return {intent: count / told for intent, count in counts.items()}
