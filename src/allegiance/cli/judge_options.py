"""The options of `allegiance scan` that are about judges."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.scanners.judging import JudgeSettings

_JUDGE = "With --scanner judge: "

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help=f"{_JUDGE}any model of Inspect, such as openai/gpt-4o or vllm/...",
    ),
]
WhereOption = Annotated[
    str | None,
    typer.Option("--where", help=f"{_JUDGE}only these, such as \"tier = 'monitored'\"."),
]
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", "-n", min=1, help=f"{_JUDGE}the first so many, by their ids."),
]
VotesOption = Annotated[
    int, typer.Option("--votes", help=f"{_JUDGE}how often each transcript is judged.")
]
TemperatureOption = Annotated[
    float | None,
    typer.Option("--temperature", help=f"{_JUDGE}0 by default; 1 with several votes."),
]
MaxTokensOption = Annotated[
    int, typer.Option("--max-tokens", help=f"{_JUDGE}tokens of one answer, reasoning included.")
]
WindowOption = Annotated[
    int,
    typer.Option("--window", help=f"{_JUDGE}characters read at once; longer ones are cut."),
]
OverlapOption = Annotated[
    int, typer.Option("--overlap", help=f"{_JUDGE}messages that the next part repeats.")
]
ReasksOption = Annotated[
    int,
    typer.Option("--reasks", help=f"{_JUDGE}how often it is asked again if no answer can be read."),
]
SchemaOption = Annotated[
    bool,
    typer.Option("--schema/--no-schema", help=f"{_JUDGE}tell the provider the shape of an answer."),
]
PriceOption = Annotated[
    str | None,
    typer.Option(
        "--price", metavar="IN,OUT", help=f"{_JUDGE}dollars for a million tokens read and written."
    ),
]
LimitCostOption = Annotated[
    float | None,
    typer.Option("--limit-cost", help=f"{_JUDGE}dollars that this scan may spend."),
]
BaseUrlOption = Annotated[
    str | None, typer.Option("--base-url", help=f"{_JUDGE}where the provider's API is.")
]
ModelArgOption = Annotated[
    list[str] | None,
    typer.Option("-M", help=f"{_JUDGE}NAME=VALUE for the provider; may be repeated."),
]
ConnectionsOption = Annotated[
    int | None,
    typer.Option("--max-connections", min=1, help=f"{_JUDGE}requests under way at once."),
]
RetriesOption = Annotated[
    int, typer.Option("--max-retries", min=0, help=f"{_JUDGE}after errors that pass.")
]
TimeoutOption = Annotated[
    int, typer.Option("--timeout", min=1, help=f"{_JUDGE}seconds for one attempt.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help=f"{_JUDGE}say what it would take, and ask nothing.")
]
SelftestOption = Annotated[
    bool,
    typer.Option("--selftest", help="Put the shipped attacks to the judge --model, and count."),
]


@dataclass(frozen=True, kw_only=True)
class JudgeOptions:
    """The options of the command that are about judges."""

    model: str | None
    where: str | None
    limit: int | None
    votes: int
    temperature: float | None
    max_tokens: int
    window: int
    overlap: int
    reasks: int
    schema: bool
    price: str | None
    limit_cost: float | None
    base_url: str | None
    model_arg: list[str] | None
    max_connections: int | None
    max_retries: int
    timeout: int
    dry_run: bool

    def check_unused(self) -> None:
        """See that no option of a judge's stands beside another instrument.

        Raises
        ------
        UsageError
            If one does: it would be passed over.
        """
        given = {
            "--model": self.model,
            "--where": self.where,
            "--limit": self.limit,
            "--limit-cost": self.limit_cost,
            "--price": self.price,
            "--dry-run": self.dry_run,
            "--votes": self.votes != 1,
        }
        for name, value in given.items():
            if value:
                raise UsageError(f"{name} is for judges; add --scanner judge, or leave it out.")

    @property
    def settings(self) -> "JudgeSettings":
        """How the judge is asked."""
        from allegiance.scanners.judging import JudgeSettings

        warm = (0.0 if self.votes == 1 else 1.0) if self.temperature is None else self.temperature
        return JudgeSettings(
            temperature=warm,
            max_tokens=self.max_tokens,
            votes=self.votes,
            window=self.window,
            overlap=self.overlap,
            reasks=self.reasks,
            schema=self.schema,
        )
