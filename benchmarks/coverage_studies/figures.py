"""The two figures of docs/coverage.md as SVG: coverage in every cell, and labels a judge saves.

This program's methods are filled, its peers outlined. The pages show them as images, so the colours
are fixed and stand on paper of their own.
"""

import altair as alt

from allegiance.report.paper import ACCENT, FAINT, INK, on_paper
from benchmarks.coverage_studies import judged
from benchmarks.coverage_studies.tables import AT_LEAST, SAVINGS, Row, chosen, names, plain, share


def coverage_figure(record: Row) -> str:
    """Draw every method's coverage in its cells: the whole scale, and its last tenth."""
    rows = chosen(record, judged.STUDY)
    values = [
        {"method": row["method"], "coverage": 100 * share(row), "ours": row["ours"]} for row in rows
    ]
    lowest = [
        {"method": name, "lowest": f"{100 * min(share(row) for row in rows if row['method'] == name):.1f}"}
        for name in names(rows)
    ]  # fmt: skip
    order = names(rows)
    whole = _coverage_panel(values, order, [0, 100], 330, labels=True)
    near = _coverage_panel(values, order, [90, 100], 190, labels=False)
    text = alt.Chart(alt.Data(values=lowest)).mark_text(align="right", fontSize=11, color=INK)
    bare = alt.Y("method:N", axis=None, sort=order)
    text = text.encode(y=bare, text="lowest:N", x=alt.value(40))
    column = text.properties(width=48, height=alt.Step(19), title=_title("lowest"))
    chart = alt.hconcat(whole, near, column, spacing=16)
    return on_paper(
        chart,
        "How often the 95 % interval held, one mark for each of 24 cells",
        [],
        provenance(record),
    )


def _coverage_panel(
    values: list[Row], order: list[str], domain: list[int], width: int, *, labels: bool
) -> alt.LayerChart:
    axis = _axis([0, 25, 50, 75, 100] if labels else [90, 92, 94, 96, 98, 100])
    x = alt.X("coverage:Q", scale=alt.Scale(domain=domain, nice=False), axis=axis)
    base = alt.Chart(alt.Data(values=values)).transform_filter(f"datum.coverage >= {domain[0]}")
    base = base.encode(y=_rows("method:N", order, labels=labels), x=x)
    marks = [
        base.transform_filter("datum.ours").mark_point(
            size=26, filled=True, color=ACCENT, opacity=0.55
        ),
        base.transform_filter("!datum.ours").mark_point(
            size=26, filled=False, color=INK, strokeWidth=1, opacity=0.6
        ),
    ]
    promise = alt.Chart(alt.Data(values=[{"coverage": 95}])).mark_rule(
        color=INK, strokeWidth=1, strokeDash=[3, 3]
    )
    title = "coverage, % (dashed: promised)" if labels else "the same, from 90 % on"
    return alt.layer(promise.encode(x=x), *marks).properties(
        width=width, height=alt.Step(19), title=_title(title)
    )


def labels_figure(record: Row) -> str:
    """Draw how many labels a random draw needs for each label of a design that uses the judge."""
    panels = [
        _labels_panel(record, method, first=number == 0)
        for number, method in enumerate((*SAVINGS[::2], AT_LEAST))
    ]
    chart = alt.hconcat(*panels, spacing=18)
    title = "Labels that a random draw needs for the same width (or the same “at least”), per label"
    return on_paper(chart, title, [], provenance(record))


def _labels_panel(record: Row, method: str, *, first: bool) -> alt.LayerChart:
    values, order = [], []
    for prevalence in judged.PREVALENCES:
        for labels in judged.LABELS:
            order.append(line := f"{plain(prevalence)}, {labels} labels")
            settings = {"method": method, "prevalence": prevalence, "labels": labels}
            for row in chosen(record, judged.STUDY, **settings):
                cell = row["cell"]
                judge = f"judge {cell['sensitivity']} / {cell['specificity']}"
                ratio = row["figures"]["random_labels"]
                values.append({"line": line, "ratio": ratio, "judge": judge})
    scale = alt.Scale(type="log", domain=[0.2, 70], nice=False)
    x = alt.X("ratio:Q", scale=scale, axis=_axis([0.2, 1, 2, 5, 10, 20, 50], "×"))
    judges = alt.Scale(range=["circle", "triangle-up"])
    legend = alt.Legend(
        orient="top", title=None, labelColor=INK, labelFontSize=11.5, symbolFillColor=ACCENT
    )
    points = alt.Chart(alt.Data(values=values)).mark_point(
        size=50, filled=True, color=ACCENT, opacity=0.75
    )
    points = points.encode(
        y=_rows("line:N", order, labels=first),
        x=x,
        shape=alt.Shape("judge:N", scale=judges, legend=legend),
    )
    one = alt.Chart(alt.Data(values=[{"ratio": 1}])).mark_rule(
        color=INK, strokeWidth=1, strokeDash=[3, 3]
    )
    return alt.layer(one.encode(x=x), points).properties(
        width=205, height=alt.Step(19), title=_title(method)
    )


def _rows(field: str, order: list[str], *, labels: bool) -> alt.Y:
    axis = alt.Axis(
        title=None, labels=labels, labelColor=INK, labelFontSize=11.5, labelLimit=230,
        domain=False, ticks=False, labelPadding=8, grid=True, gridColor=FAINT, gridOpacity=0.14,
    )  # fmt: skip
    return alt.Y(field, axis=axis, sort=order)


def _axis(ticks: list[float], unit: str = "") -> alt.Axis:
    return alt.Axis(
        title=None, values=ticks, labelColor=FAINT, labelFontSize=11, gridColor=FAINT,
        gridOpacity=0.22, domain=False, ticks=False, labelExpr=f"datum.value + '{unit}'",
        labelOverlap=False,
    )  # fmt: skip


def _title(text: str) -> alt.TitleParams:
    return alt.TitleParams(
        text, anchor="start", fontSize=11.5, fontWeight="normal", color=FAINT, offset=6
    )


def provenance(record: Row) -> str:
    """What the figures were made from."""
    cells = f"N = {judged.SIZE:,}, seed {record['seeds']['JUDGED_SEED']}"
    usual, exact = (record["repeats"][name] for name in ("judged", "judged, exact methods"))
    repeats = f"{usual:,} repeats ({exact:,} of Berger-Boos)"
    versions = ", ".join(
        f"{name} {record['versions'][name]}" for name in ("allegiance", "ppi-python")
    )
    return f"{cells}, {repeats}, {versions}"
