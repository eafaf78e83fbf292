"""Sentences that name options of a command, said with the names of a form's fields."""

import re
from collections.abc import Mapping

_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)(?![a-z-])")


def of_form(sentence: str, fields: Mapping[str, str]) -> str:
    """Name the fields of a form where a sentence names options; whole commands, in backticks, stay.

    Parameters
    ----------
    sentence
        What was refused, and why.
    fields
        What the field of each option is called on the page.
    """
    told = sentence.split("`")
    told[::2] = [
        _OPTION.sub(lambda at: f"“{fields[at[1]]}”" if at[1] in fields else at[0], one)
        for one in told[::2]
    ]
    return "`".join(told)
