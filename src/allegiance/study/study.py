"""The declared question: a study, read from YAML and checked field by field."""

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field, ValidationError, model_validator

from allegiance.errors import UsageError
from allegiance.study.factors import FACTORS, contradiction
from allegiance.study.faults import choices, sentences, yaml_in
from allegiance.study.fields import (
    LATER,
    Generation,
    Intents,
    Judge,
    Levels,
    Name,
    Requests,
    RequestSet,
    Strict,
    Text,
)
from allegiance.study.own_requests import shape_of, written_out
from allegiance.study.prompts import (
    PROMPT_SETS,
    SCENARIOS,
    PromptSet,
    Request,
    Setting,
)

FORMAT = 1


class Study(Strict):
    """A declared question: who wants what, what is asked, in which conditions, and what is looked for.

    Attributes
    ----------
    scenario
        Which experiment it is.
    factors
        For each factor of the condition its levels; the grid is their product.
    prompts
        In which words: ``standard`` for real models, ``organism`` for organisms, ``auto`` by the model that is asked.
    requests
        Either a number of the prompt set's own requests or a list of the study's. A file or a data set that a study
        names is read when it is loaded, and stands here as a list.
    epochs
        How often each request is asked in each condition.
    categories
        What every transcript is looked through for.
    judges
        Models that are asked about the transcripts of a run beside the rules. They are no part of the digest: another
        judge makes no other run.
    """

    allegiance: Literal[1] = FORMAT
    name: Name
    question: Text
    principal: Text
    intents: Intents
    scenario: Text = "training_conflict"
    factors: dict[str, Levels] = Field(default_factory=dict)
    prompts: Literal["auto", "organism", "standard"] = "auto"
    requests: Requests
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 1
    categories: tuple[Text, ...] = (
        "outcome",
        "objects-openly",
        "strategic-compliance",
        "doubts",
    )
    generation: Generation = Generation()
    judges: tuple[Judge, ...] = ()

    @model_validator(mode="after")
    def _known_to_the_prompt_set(self) -> "Study":
        if self.scenario not in SCENARIOS:
            raise ValueError(
                f"scenario: there is no scenario `{self.scenario}`"
                + choices(self.scenario, SCENARIOS)
            )
        if (self._words, self.scenario) not in PROMPT_SETS:
            raise ValueError(
                f"prompts: the scenario `{self.scenario}` has no words of the kind `{self._words}`"
            )
        for factor, levels in self.factors.items():
            self._check_factor(factor, levels)
        for condition in self.conditions:
            if problem := contradiction(condition):
                raise ValueError(
                    f"factors: the grid crosses {problem}; leave one of them out, or make two studies"
                )
        self._check_requests()
        return self

    def _check_factor(self, factor: str, levels: Sequence[str]) -> None:
        known = self.prompt_set.levels.get(factor)
        if known is None:
            raise ValueError(
                f"factors.{factor}: the prompt set `{self._words}` has no factor of this name"
                + choices(factor, tuple(self.prompt_set.levels))
            )
        for level in levels:
            if level not in known:
                raise ValueError(
                    f"factors.{factor}: the prompt set `{self._words}` has no level `{level}`"
                    + choices(level, known)
                )
        if len(set(levels)) < len(levels):
            raise ValueError(f"factors.{factor}: a level stands there twice")

    def _check_requests(self) -> None:
        chosen, sets = self.requests, self.prompt_set.sets
        if isinstance(chosen, RequestSet) and chosen.set not in sets:
            raise ValueError(
                f"requests.set: the prompt set `{self._words}` has no requests `{chosen.set}`"
                + choices(chosen.set, sets)
            )
        ids = Counter(request.id for request in self.asked)
        if twice := next((name for name, count in ids.items() if count > 1), None):
            raise ValueError(
                f"requests: the id `{twice}` stands there twice; ids tell requests apart"
            )
        for request in self.asked:
            if problem := self.prompt_set.problem(request, self.setting):
                raise ValueError(f"requests: `{request.text[:80]}` {problem}")
        if isinstance(chosen, RequestSet) and len(self.asked) < chosen.n:
            raise ValueError(
                f"requests.n: the prompt set `{self._words}` has {len(self.asked)} {chosen.set} "
                f"requests, not {chosen.n}"
            )

    @classmethod
    def load(cls, path: Path) -> "Study":
        """Read a study from a YAML file.

        Raises
        ------
        UsageError
            Where the file is missing, no YAML, or a field is missing, misspelt or wrong; the message names the
            file and every such field.
        """
        data = yaml_in(
            path, "the study", "there is no study here; write one with `allegiance new NAME`"
        )
        return cls.parse(data, str(path), path.parent)

    @classmethod
    def parse(cls, data: object, source: str = "study", folder: Path | None = None) -> "Study":
        """Check a study that is already a mapping.

        Parameters
        ----------
        data
            The fields as they stand in YAML.
        source
            Named in errors.
        folder
            Where a file of requests that the study names lies; the current directory without it.

        Raises
        ------
        UsageError
            Where a field is missing, misspelt or wrong.
        """
        if not isinstance(data, dict):
            raise UsageError(
                f"{source}: a study is a mapping of fields (name, question, intents, ...)"
            )
        version = cast(Mapping[str, Any], data).get("allegiance", FORMAT)
        if isinstance(version, int) and version > FORMAT:
            raise UsageError(
                f"{source}: allegiance: this study is written for format {version} and this program reads "
                f"format {FORMAT}; update Allegiance"
            )
        fields = _with_requests_written_out(cast(Mapping[str, Any], data), source, folder or Path())
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise UsageError("\n".join(sentences(error, source, Study))) from None

    def worded_for(self, model: str, source: str = "study") -> "Study":
        """Give the study in the words that a model reads, where `prompts` leaves that open.

        Parameters
        ----------
        model
            As Inspect names it; organisms read `organism` prompts, every other model `standard` ones.
        source
            Named in errors.

        Raises
        ------
        UsageError
            Where the study can't be put into these words.
        """
        if self.prompts != "auto":
            return self
        words = "organism" if model.startswith("organism/") else "standard"
        return Study.parse(self.model_dump(mode="json") | {"prompts": words}, source)

    @property
    def _words(self) -> str:
        return "standard" if self.prompts == "auto" else self.prompts

    @property
    def prompt_set(self) -> PromptSet:
        """How conditions and requests are put into words."""
        return PROMPT_SETS[self._words, self.scenario]

    @property
    def setting(self) -> Setting:
        """Principal and intents, as the prompts need them."""
        return Setting(self.principal, self.intents.original, self.intents.training)

    @cached_property
    def asked(self) -> tuple[Request, ...]:
        """The requests, written out."""
        if isinstance(self.requests, RequestSet):
            chosen = self.requests
            return tuple(self.prompt_set.requests(chosen.set, chosen.n, chosen.seed))
        return tuple(
            Request(item.id or f"request-{i:03d}", item.text, item.against, item.topic)
            for i, item in enumerate(self.requests)
        )

    @property
    def conditions(self) -> list[dict[str, str]]:
        """The cells of the grid: every factor crossed with every other, in the usual levels where none is named."""
        given: Mapping[str, Sequence[str]] = {**self.prompt_set.defaults, **self.factors}
        names = [name for name in FACTORS if name in given]
        cells = itertools.product(*(given[name] for name in names))
        return [dict(zip(names, cell, strict=True)) for cell in cells]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over every field but the judges, every request and every word of the prompt set, in hexadecimal."""
        fields = self.model_dump(mode="json", exclude={"judges"})
        fields["generation"] = {
            name: value
            for name, value in fields["generation"].items()
            if name not in LATER or getattr(self.generation, name) != LATER[name]
        }
        written = fields | {
            "requests": [[r.id, r.text, r.against, r.topic] for r in self.asked],
            "prompts": [self._words, self.prompt_set.digest],
        }
        return hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()


def _with_requests_written_out(
    fields: Mapping[str, Any], source: str, folder: Path
) -> Mapping[str, Any]:
    """Put the requests of a file or data set that a study names in place of the name."""
    given = fields.get("requests")
    shape = shape_of(given)
    if shape is None:
        return fields
    try:
        asked = shape.model_validate(given)
    except ValidationError as error:
        raise UsageError("\n".join(sentences(error, source, Study, shape))) from None
    return {**fields, "requests": written_out(asked, folder, f"{source}: requests")}
