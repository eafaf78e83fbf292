"""Where a report's numbers come from: what a reader needs to make them again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Provenance:
    """The study, the frame and the instruments behind a report.

    Attributes
    ----------
    study, question, intents, clause
        Name, question, the text of each intent by its name (``original``, ``training``), and what
        the original intent says of its own modification. None or empty for other people's
        transcripts.
    study_digest, prompts_digest
        Digests of the study file and of the prompts as rendered.
    corpus_version, frame, frame_digest, population
        The corpus version, the filter in words, the digest of the frame's ids, and its N.
    scanners
        Digest of each scanner by name.
    models
        The models, in the order in which they are shown.
    weights
        Digest of a model's weights by its name, where they are at hand; of a provider's model there is
        only the name.
    generation
        Generation settings, such as temperature, by name.
    software_version, created_at
        Version of this program, and the time of the report.
    """

    corpus_version: int | str
    frame_digest: str
    population: int
    software_version: str
    created_at: datetime
    study: str | None = None
    question: str | None = None
    intents: Mapping[str, str] = field(default_factory=dict[str, str])
    clause: str | None = None
    study_digest: str | None = None
    prompts_digest: str | None = None
    frame: str = "all transcripts"
    scanners: Mapping[str, str] = field(default_factory=dict[str, str])
    models: tuple[str, ...] = ()
    weights: Mapping[str, str] = field(default_factory=dict[str, str])
    generation: Mapping[str, object] = field(default_factory=dict[str, object])
