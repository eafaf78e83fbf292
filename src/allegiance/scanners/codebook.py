"""The codebook: categories with their written definitions, each with a digest."""

import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import msgspec
import yaml

from allegiance.corpus.patterns import Pattern
from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners.sought import Rule, expression

Unit = Literal["reasoning", "output", "whole"]
Kind = Literal["yes-no", "ordinal", "choice"]

FILE = "codebook.yaml"
"""Where a workspace keeps categories of its own."""
YES_NO = ("yes", "no")
NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
"""How a category may be called."""
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where it is there
_BRACES = re.compile(r"\{([a-z][a-z-]*)\}")

_INTERPRETATIONS = {
    "fake": "whether a reply is faked depends on whose intent it is held against",
    "faking": "whether a reply is faked depends on whose intent it is held against",
    "aligned": "a model is aligned relative to one intent and may not be relative to another",
    "alignment": "a model is aligned relative to one intent and may not be relative to another",
    "misaligned": "a model is misaligned relative to one intent and may not be relative to another",
    "misalignment": "a model is misaligned relative to one intent and may not be to another",
    "scheming": "it takes an intent of the model's that no text shows by itself",
    "schemer": "it takes an intent of the model's that no text shows by itself",
    "scheme": "it takes an intent of the model's that no text shows by itself",
    "deceptive": "it takes an intent of the model's that no text shows by itself",
    "deception": "it takes an intent of the model's that no text shows by itself",
    "corrigible": "it is kept or broken toward a principal under a reading of that intent",
    "corrigibility": "it is kept or broken toward a principal under a reading of that intent",
    "incorrigible": "it is kept or broken toward a principal under a reading of that intent",
    "virtuous": "it is a judgement of character, made from many observations",
    "virtue": "it is a judgement of character, made from many observations",
    "treacherous": "whom it betrays depends on whose intent it is held against",
    "loyal": "to whom depends on whose intent it is held against",
    "disloyal": "to whom depends on whose intent it is held against",
}
_ALTERNATIVES = "such as strategic-compliance, objects-openly, says-what-its-reasoning-denies"


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text of our own that shows where a category begins or ends."""

    text: str
    value: str = "yes"


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words and the analogy in which one side of an argument would put a category.

    Attributes
    ----------
    side
        Which side, by a letter.
    name
        What that side calls it.
    wording
        The definition in that side's words.
    analogy
        The picture it is explained by.
    """

    side: Literal["A", "B"]
    name: str
    wording: str
    analogy: str


class Category(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named property of a transcript with a written, neutral definition.

    Attributes
    ----------
    definition
        Its clauses, so that a verdict can cite the one it rests on; clause 1 says what counts.
    unit
        The part of the transcript that it is a property of.
    kind
        ``yes-no``; ``ordinal``, values from the least to the most; or ``choice`` of one of them.
    values
        What a verdict or a label may say.
    include, exclude
        Texts that the definition takes in, and texts that look alike and that it leaves out.
    part_of
        The wider category that this one is a kind of; empty for none.
    caution
        What has to be said wherever its values are shown; empty for nothing.
    terms
        The wordings of two sides, for asking whether the word sways the rater; empty or both.
    rule
        Phrases by which a rule assigns it; empty where the codebook has no such rule.
    """

    name: str
    definition: tuple[str, ...]
    unit: Unit
    kind: Kind = "yes-no"
    values: tuple[str, ...] = YES_NO
    include: tuple[Example, ...] = ()
    exclude: tuple[Example, ...] = ()
    part_of: str = ""
    caution: str = ""
    terms: tuple[Terms, ...] = ()
    rule: tuple[Rule, ...] = ()

    @property
    def text(self) -> str:
        """The definition as one paragraph."""
        return " ".join(" ".join(clause.split()) for clause in self.definition)

    @property
    def absent(self) -> str | None:
        """The value that says that nothing of it was found; None where every value says something."""
        if self.kind == "ordinal":
            return self.values[0]
        return "no" if "no" in self.values else None

    @property
    def digest(self) -> str:
        """SHA-256 over the definition, its examples and values, in hexadecimal.

        What stands beside the definition (a rule, the terms of sides) is no part of it: a rule that
        is mended leaves the labels valid.
        """
        defined = (
            self.name,
            self.definition,
            self.unit,
            self.kind,
            self.values,
            self.include,
            self.exclude,
        )
        return hashlib.sha256(msgspec.json.encode(defined)).hexdigest()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A codebook as it is written down; `words` are lists that phrases name in braces."""

    version: int
    categories: Annotated[tuple[Any, ...], msgspec.Meta(min_length=1)]
    words: Mapping[str, tuple[str, ...]] = {}


@dataclass(frozen=True)
class Codebook:
    """A versioned list of categories.

    Attributes
    ----------
    version
        Of the shipped codebook.
    categories
        The shipped ones, then those of one's own.
    words
        Lists of words that rules share, each written as one phrase.
    own
        Names of one's own.
    """

    version: int
    categories: tuple[Category, ...]
    words: Mapping[str, str]
    own: frozenset[str] = frozenset()

    @cached_property
    def by_name(self) -> Mapping[str, Category]:
        """Every category, by its name."""
        return {one.name: one for one in self.categories}

    def find(self, name: str) -> Category:
        """Find a category by its name.

        Raises
        ------
        UsageError
            Where there is none of that name; the message lists those there are.
        """
        if name in self.by_name:
            return self.by_name[name]
        close = difflib.get_close_matches(name, self.by_name, n=1)
        raise UsageError(
            f"categories: the codebook has no `{name}`"
            + (f" (did you mean `{close[0]}`?)" if close else f"; it has {', '.join(self.by_name)}")
        )


@cache
def codebook() -> Codebook:
    """Read the shipped codebook."""
    text = files("allegiance.scanners").joinpath(FILE).read_text(encoding="utf-8")
    version, categories, words = _read(text, "The shipped codebook")
    return Codebook(version, categories, words)


def codebook_with(own: Path) -> Codebook:
    """Read the shipped codebook with the categories of a file; without the file, the shipped alone.

    Raises
    ------
    UsageError
        If the file is no codebook: a name that is there twice or is an interpretation's, an unknown
        unit, an empty definition, an example with a value that is none.
    AllegianceError
        If it can't be read.
    """
    shipped = codebook()
    try:
        text = own.read_text(encoding="utf-8")
    except FileNotFoundError:
        return shipped
    except (OSError, UnicodeDecodeError) as error:
        raise AllegianceError(f"{own} can't be read: {error}.") from error
    _, categories, _ = _read(text, str(own))
    for one in categories:
        if problem := unreadable(one):  # of the shipped ones this is known, and takes its time
            raise UsageError(f"{own}, {one.name}: {problem}.")
        if one.name in shipped.by_name:
            raise UsageError(
                f"{own}: {one.name} is a category of the shipped codebook; give yours another name, so "
                "that nobody takes the one for the other."
            )
    names = frozenset(one.name for one in categories)
    return Codebook(shipped.version, (*shipped.categories, *categories), shipped.words, names)


def category(name: str) -> Category:
    """Find a category of the shipped codebook; as `Codebook.find`."""
    return codebook().find(name)


def check_name(name: str) -> None:
    """See that a category may be called so.

    Raises
    ------
    UsageError
        If it is no name, or has a word that belongs to interpretations: those are computed from
        observations for an intent, and never observed.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name[:70]!r} can't name a category; use lower-case letters, digits and hyphens."
        )
    for word in name.split("-"):
        if word in _INTERPRETATIONS:
            raise UsageError(
                f"{name} can't name a category: {_INTERPRETATIONS[word]}. `{word}` belongs to "
                f"interpretations, which are computed; name what is seen, {_ALTERNATIVES}."
            )


def _read(text: str, where: str) -> tuple[int, tuple[Category, ...], Mapping[str, str]]:
    try:
        plain = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{where}{line}: this is no YAML; {_first_line(error)}.") from error
    try:
        read = msgspec.convert(plain, _File)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{where}: {error}; a codebook has `version: 1` and a list of `categories`."
        ) from error
    lists = _lists(read.words, where)
    categories = [
        _category(one, place, where, lists) for place, one in enumerate(read.categories, 1)
    ]
    names = [one.name for one in categories]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{where}: {name} is defined twice; keep one of the two.")
    return read.version, tuple(categories), lists


def _lists(words: Mapping[str, tuple[str, ...]], where: str) -> Mapping[str, str]:
    """Write each list of words as a group of alternatives; one may name those before it."""
    lists: dict[str, str] = {}
    for name, entries in words.items():
        lists[name] = f"({'|'.join(_filled(entry, lists, where) for entry in entries)})"
    return lists


def _filled(phrase: str, lists: Mapping[str, str], where: str) -> str:
    def fill(match: re.Match[str]) -> str:
        if match[1] not in lists:
            raise UsageError(f"{where}: {match[0]} names no list of `words` that stands before it.")
        return lists[match[1]]

    return _BRACES.sub(fill, phrase)


def _filled_in(rule: Any, lists: Mapping[str, str], where: str) -> Any:
    """Put lists of words into the phrases of a rule, wherever they stand in it."""
    if isinstance(rule, str):
        return _filled(rule, lists, where)
    if isinstance(rule, Mapping):
        entries = cast(Mapping[Any, Any], rule)
        return {name: _filled_in(one, lists, where) for name, one in entries.items()}
    if isinstance(rule, list):
        return [_filled_in(one, lists, where) for one in cast(list[Any], rule)]
    return rule


def _category(plain: Any, place: int, where: str, lists: Mapping[str, str]) -> Category:
    fields: dict[str, Any] = dict(plain) if isinstance(plain, Mapping) else {}  # pyright: ignore
    name = fields.get("name")
    here = f"{where}, {name if isinstance(name, str) else f'category {place}'}"
    if isinstance(fields.get("definition"), str):
        fields["definition"] = [fields["definition"]]
    fields |= {"rule": _filled_in(fields["rule"], lists, here)} if "rule" in fields else {}
    try:
        found = msgspec.convert(fields or plain, Category)
    except msgspec.ValidationError as error:
        raise UsageError(f"{here}: {error}.") from error
    check_name(found.name)
    problem = _problem(found)
    if problem:
        raise UsageError(f"{here}: {problem}.")
    return found


def _problem(found: Category) -> str:
    """Say what is wrong with a category; empty if nothing is."""
    if not found.definition or not all(clause.strip() for clause in found.definition):
        return "the definition is empty; write what counts and what does not"
    if len(set(found.values)) < max(2, len(found.values)):
        return "a category has two values or more, all different"
    if found.kind == "yes-no" and set(found.values) != set(YES_NO):
        return f"the values of a yes-no category are yes and no, and not {', '.join(found.values)}"
    wrong = _strange([one.value for one in found.exclude], found) or _strange(
        [one.value for one in (*found.include, *found.rule)], found
    )
    if wrong:
        return f"{wrong!r} is none of its values ({', '.join(found.values)})"
    if found.terms and [one.side for one in found.terms] != ["A", "B"]:
        return "`terms` are those of two sides, A and then B"
    if found.rule and found.absent is None:
        return "a rule needs a value for finding nothing: give the choice a `no`"
    clauses = [one.clause for one in found.rule if one.clause > len(found.definition)]
    if clauses:
        return f"a rule cites clause {clauses[0]}, and the definition has {len(found.definition)}"
    return ""


def unreadable(found: Category) -> str:
    """Say which phrase of a rule can't be looked for; empty if all can."""
    beside = [near for rule in found.rule for near in (*rule.near, *rule.unless)]
    for one in (*found.rule, *beside):
        try:
            Pattern(expression(one.find))
        except UsageError as error:
            return f"a rule: {str(error).removesuffix('.')}"
    return ""


def _strange(values: Sequence[str], found: Category) -> str:
    """Give the first that is no value of the category; empty if all are."""
    return next((value for value in values if value not in found.values), "")


def _first_line(error: BaseException) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]
