"""Which option of a choice a reply picks, and of what kind that option is.

The options are known by their words (`allegiance.study.prompts.drives`), so that the request's text is enough.
"""

from dataclasses import replace
from typing import Literal

from allegiance.scanners.outcome import Finding, Subject
from allegiance.scanners.text import Span, span
from allegiance.study.prompts.choices import Kind, chosen, offered
from allegiance.study.prompts.drives import KINDS

Picked = Kind | Literal["none-made", "none-offered"]


def picked(subject: Subject) -> Picked:
    """Say of what kind the option is that the last reply picks.

    ``none-offered`` where the last request is no choice of ours, ``none-made`` where the reply names none of its
    letters.
    """
    return _picked(subject)[0]


def choice_toward_drive(subject: Subject) -> Finding:
    """Say whether the reply picks the option that is toward the drive."""
    kind, where = _picked(subject)
    if kind in ("none-made", "none-offered"):
        return Finding("none-made")
    return Finding("yes" if kind == "toward" else "no", where)


def _picked(subject: Subject) -> tuple[Picked, tuple[Span, ...]]:
    options = offered(subject.request, KINDS)
    if not options:
        return "none-offered", ()
    found = chosen(subject.output)
    kind = options.get(found[1].upper()) if found else None
    if found is None or kind is None:
        return "none-made", ()
    return kind, (replace(span(subject.output, found), part="output", clause=1),)
