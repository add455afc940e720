"""What a job's use of services costs, at the prices that the operator sets. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from polydub_gateway.jobs.state import Billed


@dataclass(frozen=True)
class Cost:
    """One kind of use and its price; None where the operator set none."""

    billed: Billed
    amount: float | None


@dataclass(frozen=True)
class Prices:
    """Prices as the deployment pays them.

    Args:
        currency: ISO 4217.
        per_unit: engine -> unit -> price of one unit.
    """

    currency: str = "USD"
    per_unit: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def costs(self, usage: Sequence[Billed]) -> list[Cost]:
        """The price of each kind of use."""
        return [Cost(each, self._amount(each)) for each in usage]

    def total(self, usage: Sequence[Billed]) -> float | None:
        """The sum of what has a price; None where something has none."""
        amounts = [self._amount(each) for each in usage]
        known = [amount for amount in amounts if amount is not None]
        return sum(known) if len(known) == len(amounts) else None

    def _amount(self, billed: Billed) -> float | None:
        price = self.per_unit.get(billed.engine, {}).get(billed.unit)
        return None if price is None else price * billed.quantity
