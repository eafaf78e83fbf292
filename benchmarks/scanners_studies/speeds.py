"""How fast instruments are beside Inspect Scout's, both speeds in one record."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.scanners_studies import judge_speed, pattern_speed


def measured(*, quick: bool) -> dict[str, Any]:
    """Measure the judge and the pattern scan, each beside its peer in the same run."""
    size = pattern_speed.QUICK if quick else pattern_speed.WHOLE
    with tempfile.TemporaryDirectory() as folder:
        patterns = pattern_speed.measure(Path(folder), size)
    return {"judge": dict(judge_speed.figures(quick=quick)), "patterns": patterns.to_dict()}


def lines(speed: Mapping[str, Any]) -> list[str]:
    """Say how fast they were, and what was aimed at."""
    judge, patterns = speed["judge"], speed["patterns"]
    targets = judge_speed.TARGETS
    return [
        f"judge, its model answering at once: {judge['verdicts a second']:.0f} verdicts a second (aimed at "
        f"{targets['verdicts a second']:.0f}), {judge['ratio']:.1f} times Scout's llm_scanner (aimed at "
        f"{targets['ratio']:.0f})",
        f"pattern scan: {patterns['ours_a_second']:,.0f} verdicts a second, {patterns['times_scout']:.0f} times "
        f"Scout's grep scanner, {100 * patterns['share_of_bare']:.0f} % of the bare search; the same places "
        f"found: {'yes' if patterns['same'] else 'NO'}",
    ]


def table_rows(speed: Mapping[str, Any]) -> list[list[str]]:
    """Give the rows of the table: what, a second, Scout's, ratio, and the bare work beneath."""
    judge, patterns = speed["judge"], speed["patterns"]
    return [
        [
            f"judge, {judge['transcripts']:,} transcripts",
            f"{judge['verdicts a second']:,.0f}",
            f"{max(judge['scout'].values()):,.0f}",
            f"{judge['ratio']:.1f}",
            f"{100 * judge['share of generate']:.0f} % of Inspect's `generate`",
        ],
        [
            f"{patterns['patterns']} patterns, {patterns['transcripts']:,} transcripts",
            f"{patterns['ours_a_second']:,.0f}",
            f"{patterns['scout_a_second']:,.0f}",
            f"{patterns['times_scout']:.0f}",
            f"{100 * patterns['share_of_bare']:.0f} % of the bare search",
        ],
    ]
