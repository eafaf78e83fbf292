"""The page: a challenge. Somebody's sentence, a transcript, and what stands of it under each definition."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec
import yaml
from fastapi import APIRouter, HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from allegiance.audit import Challenge
from allegiance.audit import challenge as challenged
from allegiance.audit.attesting import yaml_fields
from allegiance.audit.challenge_file import challenge_from
from allegiance.errors import AllegianceError, UsageError
from allegiance.report import write_whole
from allegiance.web.access import Person
from allegiance.web.page import PersonHere, SiteHere, needs, page
from allegiance.web.site import Site

router = APIRouter()

CLAUSES, PARTIES = 5, 3
"""Rows of the form; a challenge with more of either is pasted as YAML."""
_TEXT = (
    "says", "by", "kind", "category", "where", "how", "number", "share", "read", "transcript", "route", "reader",
    "order", "route_where", "stop", "declared", "before",
)  # fmt: skip
FIELDS = (
    *_TEXT,
    *(f"{name}_{n}" for n in range(1, CLAUSES + 1) for name in ("clause", "means", "quote", "part", "shows")),
    *(f"party_{m}" for m in range(1, PARTIES + 1)),
    *(f"says_{m}_{n}" for m in range(1, PARTIES + 1) for n in range(1, CLAUSES + 1)),
)  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """The answer to a challenge, as it was written down."""

    digest: str
    asked: dict[str, Any]
    answer: dict[str, Any]

    @property
    def yaml(self) -> str:
        """The challenge as the file that `allegiance challenge` takes."""
        return yaml.safe_dump(self.asked, allow_unicode=True, sort_keys=False, width=100)


@router.get("/claims/challenge", dependencies=[needs("admin")])
def new_challenge(request: Request, site: SiteHere) -> Response:
    """Show the form, with what the address says filled in."""
    given = {name: request.query_params.get(name, "") for name in FIELDS}
    return _form(request, site, given)


@router.post("/claims/challenge", dependencies=[needs("admin")])
async def make_challenge(request: Request, site: SiteHere, person: PersonHere) -> Response:
    """Answer a challenge that was filled in, or pasted as YAML."""
    form: FormData = await request.form()
    given = {name: str(form.get(name) or "").strip() for name in FIELDS}
    pasted = str(form.get("yaml") or "").strip()
    return await run_in_threadpool(_made, request, site, person, given, pasted)


@router.get("/claims/challenge/{digest}")
def answer(request: Request, site: SiteHere, person: PersonHere, digest: str) -> Response:
    """Show the answer to a challenge."""
    found = on_file(site, digest)
    if found is None:
        raise HTTPException(404, "The answer to this challenge is not in report/challenges/.")
    if person.role == "rater":
        raise HTTPException(
            403,
            "A challenge tells how a transcript was coded; it is shown to those who label nothing here.",
        )
    return page(request, "challenge.html.j2", found=found, answer=found.answer, asked=found.asked)


def on_file(site: Site, digest: str) -> Answered | None:
    """Read the answer to a challenge by the digest that it is on record under, or its beginning."""
    if len(digest) < 6 or not digest.isalnum():
        return None
    for file in sorted(_folder(site).glob(f"{digest[:64].lower()}*.json")):
        try:
            told = cast(dict[str, Any], json.loads(file.read_text(encoding="utf-8")))
            return Answered(file.stem, told["challenge"], told["answer"])
        except (OSError, ValueError, KeyError) as error:
            raise AllegianceError(f"{file} can't be read: answer the challenge anew.") from error
    return None


def _folder(site: Site) -> Path:
    return site.workspace.report / "challenges"


def _made(
    request: Request, site: Site, person: Person, given: dict[str, str], pasted: str
) -> Response:
    try:
        data: object = yaml_fields(pasted, "What was pasted") if pasted else fields_of(given)
        asked = challenge_from(data, "What was pasted" if pasted else "The form")
        found = challenged(site.corpus, site.ledger, asked, person.name)
    except UsageError as error:
        return _form(request, site, given, str(error), pasted)
    told = {"challenge": _plain(asked), "answer": found.to_dict()}
    text = json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False)
    write_whole(_folder(site) / f"{found.digest}.json", text + "\n")
    return RedirectResponse(f"/claims/challenge/{found.digest[:12]}", 303)


def fields_of(given: Mapping[str, str]) -> dict[str, Any]:
    """Write what was filled in as the file of a challenge holds it.

    Raises
    ------
    UsageError
        If something that every challenge has is empty.
    """
    for name, told in (("category", "the category"), ("transcript", "your transcript")):
        if not given.get(name):
            raise UsageError(f"Fill in {told}.")
    clauses = {
        given[f"clause_{n}"]: given[f"means_{n}"] or given[f"clause_{n}"]
        for n in range(1, CLAUSES + 1)
        if given[f"clause_{n}"]
    }
    claim: dict[str, Any] = {
        name: given[name]
        for name in ("says", "by", "kind", "category", "where", "share")
        if given[name]
    }
    if given["number"]:
        claim[given["how"] or "at-most"] = given["number"]
    if given["read"]:
        claim["read"] = given["read"].replace(",", " ").split()
    transcript = _which(given["transcript"])
    transcript["shows"] = [
        _filled(
            {
                "clause": given[f"clause_{n}"],
                "quote": given[f"quote_{n}"],
                "part": given[f"part_{n}"],
            }
        )
        for n in range(1, CLAUSES + 1)
        if given[f"clause_{n}"] and given[f"shows_{n}"]
    ]
    found: dict[str, Any] = {
        "claim": claim,
        "clauses": clauses,
        "transcript": transcript,
        "parties": _parties(given),
    }
    if given["route"] == "report":
        found["route"] = _route(given)
    return found


def _parties(given: Mapping[str, str]) -> list[dict[str, Any]]:
    parties: list[dict[str, Any]] = []
    for m in range(1, PARTIES + 1):
        if not given[f"party_{m}"]:
            continue
        said = {
            given[f"clause_{n}"]: given[f"says_{m}_{n}"]
            for n in range(1, CLAUSES + 1)
            if given[f"clause_{n}"]
        }
        parties.append(
            {
                "name": given[f"party_{m}"],
                "counts": [clause for clause, one in said.items() if one == "counts"],
                "leaves-out": [clause for clause, one in said.items() if one == "leaves-out"],
            }
        )
    return parties


def _route(given: Mapping[str, str]) -> dict[str, Any]:
    route = _filled({"reader": given["reader"], "order": given["order"], "stop": given["stop"]})
    route |= _filled({"where": given["route_where"]})
    route["declared"] = given["declared"] == "yes"
    before: list[dict[str, Any]] = []
    for line in given["before"].splitlines():
        name, _, clauses = line.strip().partition(":")
        if name:
            one = _which(name.strip())
            one["shows"] = [{"clause": c.strip()} for c in clauses.split(",") if c.strip()]
            before.append(one)
    return {**route, "before": before}


def _which(text: str) -> dict[str, Any]:
    """Name a transcript by its id, or by its text where this is no id."""
    short = text.strip().lower()
    is_id = 6 <= len(short) <= 64 and all(letter in "0123456789abcdef" for letter in short)
    return {"id": short} if is_id else {"text": text}


def _filled(fields: Mapping[str, str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _plain(asked: Challenge) -> dict[str, Any]:
    """Write a challenge as its file would, without what says nothing."""

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            inside = {k: kept(v) for k, v in cast(dict[str, Any], value).items()}
            return {k: v for k, v in inside.items() if v not in (None, "", [], {})}
        return [kept(one) for one in cast(list[Any], value)] if isinstance(value, list) else value

    return kept(msgspec.to_builtins(asked))


def _form(
    request: Request, site: Site, given: dict[str, str], refusal: str = "", pasted: str = ""
) -> Response:
    return page(
        request,
        "challenge_new.html.j2",
        status=400 if refusal else 200,
        given=given,
        refusal=refusal,
        pasted=pasted,
        clauses=range(1, CLAUSES + 1),
        parties=range(1, PARTIES + 1),
        categories=list(site.book.by_name),
    )
