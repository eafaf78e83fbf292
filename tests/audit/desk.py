"""A desk without a disk: draws of made-up ids, and the events that are kept of reading them."""

from allegiance.audit.chain import Event
from allegiance.audit.design import Batches, in_strata, read_stop
from allegiance.audit.draw import Draw
from allegiance.audit.frames import Frame
from allegiance.audit.opening import draw_route
from allegiance.audit.record import Record
from allegiance.audit.specs import (
    DrawSpec,
    Extension,
    FrameSpec,
    LabelSpec,
    Opened,
    Property,
    SkipSpec,
    StratumSpec,
    Testimony,
)
from allegiance.corpus.identity import frame_digest

WANTED = Property(category="doubts", digest="d1")


def ids_of(size: int) -> tuple[str, ...]:
    return tuple(f"{number:064x}" for number in range(size))


class Desk:
    """Events in the order in which they happen; `record` reads them."""

    def __init__(self, size: int = 40):
        self.ids = ids_of(size)
        self.events: list[Event] = []
        self.draws: dict[str, dict] = {}

    def event(self, kind: str, subject: str, body: dict, actor: str = "ann") -> int:
        seq = len(self.events) + 1
        self.events.append(Event(seq, "2026-01-01", kind, subject, actor, body, "", f"{seq:064x}"))
        return seq

    @property
    def record(self) -> Record:
        return Record(self.events, "ledger")

    def make(
        self,
        name="a",
        n=None,
        stop="open",
        properties=(WANTED,),
        seed=7,
        design="random",
        strata=None,
        testimony=None,
        **more,
    ) -> None:
        spec = DrawSpec(
            name=name,
            frame=FrameSpec(population=len(self.ids), digest=frame_digest(self.ids)),
            design=design,
            stop=read_stop(stop),
            properties=tuple(properties),
            seed=str(seed),
            n=n,
            testimony=None if testimony is None else Testimony(**testimony),
            strata=tuple(
                StratumSpec(name=k, population=len(v[0]), reads=v[1])
                for k, v in (strata or {}).items()
            ),
            **more,
        )
        self.draws[name] = strata or {}
        self.event("draw" if testimony is None else "attest", name, spec.to_dict())

    def draw(self, name="a") -> Draw:
        found = self.record.draw(name)
        drawn = Draw(found, Frame(found.spec.frame, self.ids, None))
        if found.spec.design == "stratified":
            members = {k: v[0] for k, v in self.draws[name].items()}
            batches = Batches((found.spec.strata, *(e.strata for _, e in found.extensions)))
            vars(drawn)["order"] = in_strata(members, batches, found.spec.seed)
            vars(drawn)["_strata"] = {one: k for k, ids in members.items() for one in ids}
        elif found.spec.design == "top":
            vars(drawn)["order"] = self.ids[: found.size]
        return drawn

    def extend(self, more: int, name="a") -> int:
        return self.event("extend", name, Extension(draw=name, more=more).to_dict())

    def open(self, position: int, name="a") -> int:
        drawn = self.draw(name)
        one = drawn.order[position - 1]
        body = Opened(route=draw_route(drawn), transcripts=(one,), places=(position,))
        return self.event("open", name, body.to_dict())

    def label(
        self, position: int, value="no", rater="ann", name="a", wanted=WANTED, kind="label"
    ) -> int:
        one = self.draw(name).order[position - 1]
        body = LabelSpec(
            rater=rater,
            category=wanted.category,
            value=value,
            transcript_id=one,
            definition=wanted.digest,
            draw=name,
            position=position,
        )
        return self.event(kind, f"{one} {wanted.category} {rater}", body.to_dict(), rater)

    def labels(self, values: str, name="a", start=1, **more) -> None:
        """Label one place after another: `y`, `n`, or `s` for one that is skipped."""
        for position, value in enumerate(values, start):
            if value == "s":
                self.skip(position, name=name)
            else:
                self.label(position, "yes" if value == "y" else "no", name=name, **more)

    def skip(self, position: int, rater="ann", name="a", category="doubts") -> int:
        one = self.draw(name).order[position - 1]
        body = SkipSpec(
            rater=rater, category=category, transcript_id=one, draw=name, position=position
        )
        return self.event("skip", f"{one} {category} {rater}", body.to_dict(), rater)

    def look(self, name="a", category="doubts", kind="estimate") -> int:
        frame = frame_digest(self.ids)
        return self.event(kind, category, {"category": category, "frame": frame, "draws": [name]})
