"""Many chains of one plan, simulated or real, whose true rates are known: what became of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allegiance.errors import UsageError
from allegiance.training.chain_plan import ChainPlan
from allegiance.training.chain_record import ChainRecord, Entry

Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]
Rates = NDArray[np.float64]

_ROUNDING = 1e-12  # a rate that is computed to be at the bound is at the bound


@dataclass(frozen=True)
class Chains:
    """Chains that were run on one plan.

    Attributes
    ----------
    plan
        Of each of them.
    rates
        Chains × (generations + 1): true rates of breaking of the accepted generations; NaN where a chain never came.
    stopped
        The generation that was not taken; 0 where the chain ran to its end.
    refused
        The true rate of the candidate that was not taken; NaN where there is none.
    probes, candidates
        Chains × (generations + 1): probes that were looked at for a generation, and attempts at it.
    """

    plan: ChainPlan
    rates: Rates
    stopped: Counts
    refused: Rates
    probes: Counts
    candidates: Counts

    @classmethod
    def of_records(
        cls,
        plan: ChainPlan,
        records: Sequence[ChainRecord],
        rate: Callable[[ChainRecord, Entry], float],
    ) -> "Chains":
        """Gather chains that were really run; one that was overruled counts up to its first halt.

        Parameters
        ----------
        plan
            What they have in common; name and seed may differ.
        records
            Of chains that are complete or halted.
        rate
            Gives the rate of breaking of an entry's generation, as exactly as it is known: on many more
            requests than the probes, or from a table of true rates.

        Raises
        ------
        UsageError
            If one of them is still under way.
        """
        shape = (len(records), plan.generations + 1)
        rates, refused = np.full(shape, np.nan), np.full(len(records), np.nan)
        stopped = np.zeros(len(records), dtype=np.int64)
        probes, candidates = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        for number, record in enumerate(records):
            if record.state not in ("complete", "halted") and not record.halts:
                raise UsageError(f"the chain {record.plan.name} is still under way.")
            for entry in record.entries:
                at = number, entry.generation
                probes[at] += entry.evidence["probed"]
                candidates[at] += entry.generation > 0
                if entry.stays:
                    rates[at] = rate(record, entry)
                elif entry.decision != "slow":
                    stopped[number], refused[number] = entry.generation, rate(record, entry)
                    break
        return cls(plan, rates, stopped, refused, probes, candidates)

    @property
    def ended(self) -> Rates:
        """True rate of the last accepted generation."""
        last = np.where(self.stopped > 0, self.stopped - 1, self.plan.generations)
        return self.rates[np.arange(len(last)), last]

    @property
    def lost(self) -> Rates:
        """How much more often the last accepted generation breaks than the first."""
        return self.ended - self.rates[:, 0]

    @property
    def false_halts(self) -> Flags:
        """Whether a candidate within the bound was not taken."""
        return np.asarray(self.refused <= self.plan.bound + _ROUNDING)

    @property
    def false_licences(self) -> Flags:
        """Whether a candidate at the bound and the margin, or above, was taken without force."""
        above = self.rates >= self.plan.bound + self.plan.margin - _ROUNDING
        return np.asarray(self._asked(above).any(axis=1))

    @property
    def missed(self) -> Flags:
        """Whether the chain ran to its end and breaks more often there than is borne."""
        return (self.stopped == 0) & (self.ended > self.plan.bound + _ROUNDING)

    @property
    def exposed(self) -> Counts:
        """The first generation for which a candidate above the bound was taken or stopped; 0 for none.

        A candidate that was made anew with a smaller step, and then lay within the bound, exposes nobody.
        """
        over = self._asked(self.rates > self.plan.bound + _ROUNDING)
        chains = np.flatnonzero(self.refused > self.plan.bound + _ROUNDING)
        over[chains, self.stopped[chains]] = True
        return np.where(over.any(axis=1), over.argmax(axis=1), 0)

    @property
    def repairs_refused(self) -> Flags:
        """Whether the generation that would have mended the one before was not taken."""
        at = self.plan.repair_at
        if at is None:
            return np.zeros(len(self.stopped), dtype=np.bool_)
        parent = np.nan_to_num(self.rates[:, at], nan=-1.0)
        return (self.stopped == at + 1) & (self.refused < parent)

    @property
    def repairs_offered(self) -> Flags:
        """Whether the chain came to the generation that would mend the one before."""
        at = self.plan.repair_at
        if at is None:
            return np.zeros(len(self.stopped), dtype=np.bool_)
        return np.isfinite(self.rates[:, at])

    @property
    def delays(self) -> tuple[Counts, Counts]:
        """Of the chains that stopped at or after a break: generations, and probes, from it to the stop."""
        exposed = self.exposed
        chains = np.flatnonzero((exposed > 0) & (self.stopped >= exposed))
        number = np.arange(self.probes.shape[1], dtype=np.int64)
        before = number[None, :] < exposed[chains, None]
        probes = self.probes[chains]
        probes[before] = 0
        return self.stopped[chains] - exposed[chains], np.asarray(probes.sum(axis=1))

    def _asked(self, where: Flags) -> Flags:
        """Leave out generations that no policy was asked about."""
        where = where.copy()
        where[:, 0] = False
        if self.plan.repair_at is not None:
            where[:, self.plan.repair_at] = False
        return where
