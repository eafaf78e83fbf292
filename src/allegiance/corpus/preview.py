# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""The first transcripts of an import as they would land, cut short."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from allegiance.corpus.arrow import condition_of
from allegiance.corpus.reading import Rows
from allegiance.corpus.schema import Verdict

_CUT = 160
"""Characters of a text that are shown; of a name, a score or a level, a quarter of them."""


def preview(rows: Rows, count: int) -> Iterator[dict[str, Any]]:
    """Show the first `count` transcripts of some rows.

    Yields
    ------
    dict
        ``transcript_id``, ``source_format``, ``source_uri``, ``model``, ``condition``, ``request`` (what the
        user said first), ``output``, ``roles`` (how many messages of each), ``scores``, and ``verdicts``; texts
        are cut.
    """
    for row in rows.batch.slice(0, count).to_pylist():
        said = [v for v in rows.verdicts if v.transcript_id == row["transcript_id"]]
        yield _shown(row, said)


def cut(value: Any, length: int = _CUT) -> str:
    """Write a value in one line of at most `length` characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text[: 4 * length].split())
    return line if len(line) <= length and len(text) <= 4 * length else line[: length - 1] + "…"


def _shown(row: Mapping[str, Any], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    messages = row["messages"] or ()
    levels = {name: cut(level, _CUT // 4) for name, level in condition_of(row).items()}
    return {
        "transcript_id": row["transcript_id"],
        "source_format": row["source_format"],
        "source_uri": row["source_uri"],
        "model": None if row["model"] is None else cut(row["model"], _CUT // 4),
        "condition": levels,
        "request": cut(next((m["text"] for m in messages if m["role"] == "user"), "")),
        "output": cut(row["output"] or ""),
        "roles": dict(Counter(cut(message["role"], _CUT // 4) for message in messages)),
        "scores": {
            cut(name, _CUT // 4): cut(_value(score), _CUT // 4)
            for name, score in json.loads(row["scores"]).items()
        },
        "verdicts": {cut(v.category, _CUT // 4): cut(v.value, _CUT // 4) for v in verdicts},
    }


def _value(score: Any) -> Any:
    return score.get("value") if isinstance(score, dict) else score
