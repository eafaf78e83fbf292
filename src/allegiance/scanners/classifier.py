# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""A classifier learned from labels, cross-fitted: no label is ever used to score its own transcript.

K logistic regressions, each learned without one part of the requests. A transcript of a request that
labels were given in has the score of the model that did not see that request; any other has the mean
of the K models. Scores of models that were shown the answer would flatter the classifier: with random
labels they look perfect, and these look like chance.
"""

import hashlib
import inspect
import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners import features as features_module
from allegiance.scanners.codebook import YES_NO, Unit
from allegiance.scanners.features import STATED, counted

NAME = "classifier"
"""What its verdicts are kept under."""
FEWEST = 10
"""Labels of each value that it takes to learn anything."""

_LEAST_SLOPE = 0.01
_ITERATIONS = 2000

Numbers = npt.NDArray[np.float64]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How it is learned.

    Attributes
    ----------
    folds
        Parts that the requests are split into; fewer where there are fewer requests of a value.
    strength
        C of scikit-learn's logistic regression: the inverse of its L2 penalty.
    weights
        ``balanced``: labels of each value weigh the same in all; ``none``: each label the same.
    cut
        A transcript with this score or more is a yes.
    seed
        Settles which request is in which part.
    """

    folds: int = 5
    strength: float = 10.0
    weights: Literal["balanced", "none"] = "balanced"
    cut: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what can't be meant."""
        if not 2 <= self.folds <= 50:
            raise UsageError(f"--folds {self.folds}: it takes 2 parts or more, and at most 50.")
        if not 0 < self.cut < 1:
            raise UsageError(f"--cut {self.cut:g}: scores lie between 0 and 1, and so does a cut.")
        if not (self.strength > 0 and math.isfinite(self.strength)):
            raise UsageError(f"strength {self.strength:g}: it is a number above 0.")


@dataclass(frozen=True)
class Target:
    """What is learned: a category by its name, unit, values, and the digest of its definition."""

    category: str
    unit: Unit
    values: tuple[str, ...] = YES_NO
    definition: str = ""


@dataclass(frozen=True)
class Labelled:
    """A transcript with the value that raters agree on.

    Attributes
    ----------
    transcript_id, value
        The transcript and what was said of it.
    evidence
        Digests of the events that hold the labels.
    text
        The text of the category's unit.
    request
        What conditions are paired by; empty where nothing is known.
    """

    transcript_id: str
    value: str
    evidence: tuple[str, ...]
    text: str = ""
    request: str = ""

    @property
    def group(self) -> str:
        """What has to be on one side of a split: the request, or the transcript where none is known."""
        return self.request or self.transcript_id


@dataclass(frozen=True)
class Classifier:
    """A classifier as it was learned. Get one from `learned`.

    Attributes
    ----------
    target, settings
        What and how.
    labelled
        What it was learned from: those with a text.
    parts
        Of each, the part of the requests that it is in, from 0.
    """

    target: Target
    settings: Settings
    labelled: tuple[Labelled, ...] = field(repr=False)
    parts: tuple[int, ...] = field(repr=False)
    _idf: Any = field(repr=False)
    _weights: Numbers = field(repr=False)
    _intercepts: Numbers = field(repr=False)
    _held_out: Numbers = field(repr=False)
    _map: tuple[float, float]

    @property
    def folds(self) -> int:
        """How many models there are."""
        return len(self._intercepts)

    @property
    def digest(self) -> str:
        """SHA-256 over all that a score depends on; see `digest_of`."""
        return digest_of(self.target, self.settings, self.labelled)

    @cached_property
    def part_of(self) -> Mapping[str, int]:
        """The part that a request is in (or a transcript of no known request), from 0."""
        return dict(zip((one.group for one in self.labelled), self.parts, strict=True))

    def by_model(self, texts: Sequence[str]) -> Numbers:
        """Score texts by each of the models, whatever they have seen: a row a text, a column a model."""
        if not texts:
            return np.zeros((0, self.folds))
        rows = self._idf.transform(counted(texts))
        return self._scores(rows @ self._weights + self._intercepts)

    def scores(self, texts: Sequence[str], groups: Sequence[str]) -> Numbers:
        """Score texts, none of them by a model that has seen its request: probabilities of a yes.

        `groups` are the requests, or ids of transcripts that have none; see `Labelled.group`.
        """
        every = self.by_model(texts)
        alone = [self.part_of.get(group) for group in groups]
        return np.array(
            [
                row.mean() if part is None else row[part]
                for row, part in zip(every, alone, strict=True)
            ]
        )

    @cached_property
    def held_out(self) -> Numbers:
        """The score of each labelled transcript by the model that did not see its request."""
        return self._scores(self._held_out)

    @property
    def auroc(self) -> float:
        """How often a labelled yes has a higher held-out score than a labelled no; ties are halves."""
        from sklearn.metrics import roc_auc_score

        return float(roc_auc_score(self._yes, self._held_out))

    @property
    def right(self) -> dict[str, tuple[int, int]]:
        """Of the labels of each value: how many the held-out score at the cut agrees with, of how many."""
        said = self.held_out >= self.settings.cut
        return {
            value: (int((said[self._yes == yes] == yes).sum()), int((self._yes == yes).sum()))
            for value, yes in (("yes", True), ("no", False))
        }

    @property
    def stated(self) -> dict[str, Any]:
        """Everything that it was made by, ready for JSON."""
        return {
            "features": STATED,
            "model": "logistic regression, L2, liblinear",
            **msgspec.to_builtins(self.settings),
            "models": self.folds,
            "requests": len(self.part_of),
            "scores": {"slope": self._map[0], "intercept": self._map[1]},
            "scikit_learn": version("scikit-learn"),
        }

    @cached_property
    def _yes(self) -> npt.NDArray[np.bool_]:
        return _yes(self.labelled)

    def _scores(self, raw: Any) -> Numbers:
        slope, intercept = self._map
        return 1 / (1 + np.exp(-np.clip(slope * np.asarray(raw) + intercept, -700, 700)))


def require_sklearn() -> None:
    """See that scikit-learn is there.

    Raises
    ------
    AllegianceError
        If it is not.
    """
    if find_spec("sklearn") is None:
        raise AllegianceError(
            "The classifier needs scikit-learn, which is not installed: "
            "pip install 'allegiance[classify]'"
        )


def digest_of(target: Target, settings: Settings, labelled: Sequence[Labelled]) -> str:
    """Digest of a classifier before it is learned.

    SHA-256 over the category's definition, the labels (transcript, value, request, the events that
    hold them), the features, the settings and so the folds, the version of scikit-learn and the
    program, in hexadecimal.
    """
    code: tuple[ModuleType, ...] = (features_module, sys.modules[__name__])
    labels = sorted((one.transcript_id, one.value, one.request, one.evidence) for one in labelled)
    what = {
        "name": NAME,
        "target": (target.category, target.unit, target.values, target.definition),
        "labels": labels,
        "features": STATED,
        "settings": settings,
        "scikit_learn": version("scikit-learn"),
        "program": [inspect.getsource(module) for module in code],
    }
    return hashlib.sha256(msgspec.json.encode(what, order="deterministic")).hexdigest()


def check_yes_no(category: str, values: Sequence[str]) -> None:
    """See that a category is one of yes and no.

    Raises
    ------
    UsageError
        If it is not.
    """
    if set(values) != set(YES_NO):
        raise UsageError(
            f"--category {category}: a classifier says yes or no, and the values of {category} are "
            f"{', '.join(values)}; define a yes-no category for the value that is looked for."
        )


def check_labels(target: Target, values: Sequence[str]) -> None:
    """See that there are labels enough to learn from.

    Raises
    ------
    UsageError
        If the category is not one of yes and no, there are no labels, or too few of a value.
    """
    check_yes_no(target.category, target.values)
    if not values:
        raise UsageError(
            f"A classifier is learned from labels, and there are none of {target.category} with a "
            f"text that it can read: it takes {FEWEST} of yes and {FEWEST} of no; `allegiance draw` "
            "and `allegiance label` make some."
        )
    there = Counter(values)
    for value in YES_NO:
        if there[value] < FEWEST:
            have = " and ".join(f"{there[one]:,} of {one}" for one in YES_NO)
            raise UsageError(
                f"A classifier of {target.category} takes at least {FEWEST} labels of each value that "
                f"raters agree on, and there are {have}: label {FEWEST - there[value]} or more of "
                f"{value} besides."
            )


def learned(
    target: Target, labelled: Sequence[Labelled], settings: Settings | None = None
) -> Classifier:
    """Learn a classifier from labels.

    Parameters
    ----------
    target
        A category of yes and no.
    labelled
        With their texts; one whose text is empty says nothing and is left out.

    Raises
    ------
    UsageError
        If there are too few labels of a value, or they are of too few requests.
    AllegianceError
        If scikit-learn is not installed.
    """
    require_sklearn()
    from sklearn.feature_extraction.text import TfidfTransformer

    settings = settings or Settings()
    used = tuple(
        sorted((one for one in labelled if one.text.strip()), key=lambda one: one.transcript_id)
    )
    check_labels(target, [one.value for one in used])
    yes = _yes(used)
    parts = _parts(target, [one.group for one in used], yes, settings)
    counts = counted([one.text for one in used])
    idf = TfidfTransformer(sublinear_tf=True).fit(counts)  # looks at texts, and at no label
    rows: Any = idf.transform(counts)
    models = parts.max() + 1
    weights, intercepts = np.zeros((rows.shape[1], models)), np.zeros(models)
    for part in range(models):
        inside = parts != part
        weights[:, part], intercepts[part] = _fitted(rows[inside], yes[inside], settings)
    raw = np.asarray(rows @ weights + intercepts)
    held_out = raw[np.arange(len(used)), parts]
    return Classifier(
        target=target,
        settings=settings,
        labelled=used,
        parts=tuple(parts.tolist()),
        _idf=idf,
        _weights=weights,
        _intercepts=intercepts,
        _held_out=held_out,
        _map=_calibrated(held_out, yes),
    )


def _fitted(rows: Any, yes: npt.NDArray[np.bool_], settings: Settings) -> tuple[Numbers, float]:
    """Fit one model; columns that its texts have nothing in keep the weight 0."""
    from sklearn.linear_model import LogisticRegression

    columns = np.unique(rows.indices)
    model = LogisticRegression(
        C=settings.strength,
        class_weight="balanced" if settings.weights == "balanced" else None,
        solver="liblinear",  # one thread, and its time does not grow with the square of the columns
        dual=True,
        random_state=0,
        max_iter=_ITERATIONS,
        tol=1e-5,
    ).fit(rows[:, columns], yes)
    weights = np.zeros(rows.shape[1])
    weights[columns] = model.coef_[0]
    return weights, float(model.intercept_[0])


def _calibrated(raw: Numbers, yes: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Turn held-out scores into probabilities: a slope and an intercept (Platt 1999).

    The slope stays above 0, so that the order of the scores is that of the models. Two numbers that
    are the same for all transcripts can't tell a labelled one its own label.
    """
    from scipy.optimize import minimize

    there = int(yes.sum()), int((~yes).sum())
    wanted = np.where(yes, (there[0] + 1) / (there[0] + 2), 1 / (there[1] + 2))

    def loss(two: Numbers) -> float:
        z = two[0] * raw + two[1]
        return float((np.logaddexp(0, z) - wanted * z).sum())

    start = np.array([1.0, math.log(there[0] / there[1])])
    bounds = [(_LEAST_SLOPE, None), (None, None)]
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds)
    return float(found.x[0]), float(found.x[1])


def _parts(
    target: Target, groups: Sequence[str], yes: npt.NDArray[np.bool_], settings: Settings
) -> npt.NDArray[np.int64]:
    """Split labels into parts, all of a request into one, with as many of each value as can be."""
    from sklearn.model_selection import StratifiedGroupKFold

    group = np.array(groups)
    requests = {value: len(set(group[yes == (value == "yes")].tolist())) for value in YES_NO}
    folds = min(settings.folds, *requests.values())
    parts = np.zeros(len(group), np.int64)
    if folds >= 2:
        split = StratifiedGroupKFold(folds, shuffle=True, random_state=settings.seed)
        for part, (_, held_out) in enumerate(split.split(np.zeros((len(group), 1)), yes, group)):
            parts[held_out] = part
    learnable = all(0 < yes[parts != part].sum() < (parts != part).sum() for part in range(folds))
    if folds < 2 or not learnable:
        few = min(requests, key=lambda value: requests[value])
        raise UsageError(
            f"The labels of {target.category} that say {few} are of {requests[few]} request"
            f"{'s' if requests[few] != 1 else ''}: a request is never on both sides of a split, so "
            "label transcripts of more requests."
        )
    return parts


def _yes(labelled: Sequence[Labelled]) -> npt.NDArray[np.bool_]:
    return np.array([one.value == "yes" for one in labelled], np.bool_)
