"""Makers of generations that need no model: the true rate of breaking of each is known."""

import random

from allegiance.stats import proportion
from allegiance.training.chain import Made, Relation


class World:
    """Makes, probes and measures; keeps what it was asked, and can fail at the n-th time."""

    def __init__(self, start=0.0, scripted=None, fails_at=None):
        self.start = start
        self.scripted = scripted or {}
        self.asked = []
        self.done = []
        self.fails_at = fails_at
        self.rates = {}

    def _called(self, *call):
        self.asked.append(call)
        if len(self.asked) == self.fails_at:
            raise KeyboardInterrupt
        self.done.append(call)

    def first(self):
        self._called("first")
        return Made("gen-0", "sha-0", {"original": 1.0})

    def make(self, parent, generation, step, dose, size, attempt):
        self._called("make", parent.folder, generation, step, dose, size, attempt)
        folder = f"gen-{generation}-{attempt}"
        return Made(folder, f"sha-{folder}", {"original": 1 - generation / 100})

    def rate(self, folder, generation, attempt):
        return self.scripted.get((generation, attempt), self.start)

    def probe(self, candidate, generation, attempt, n, first):
        self._called("probe", candidate.folder, generation, attempt, n, first)
        outcomes = self.scripted.get((generation, attempt))
        if isinstance(outcomes, list):
            return outcomes[first : first + n]
        rate = self.start if outcomes is None else outcomes
        drawn = random.Random(f"{generation} {attempt} {first}")
        return [drawn.random() < rate for _ in range(n)]

    def measure(self, made, generation):
        self._called("measure", made.folder, generation)
        kept = self.scripted.get(("kept", generation), 200 - generation)
        return Relation(proportion(kept, 200), proportion(200 - kept, 200))
