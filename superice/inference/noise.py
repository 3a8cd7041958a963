"""Draw the noise of members: each from streams of its own, so that a member depends on no other member and on no job.

With a memory, the noise of a date is a weighted sum of noises of this day and of the days before it. The squares of the
weights sum to 1, so every date has the distribution of a date that is drawn alone, while members change gradually from
day to day.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from datetime import date, timedelta

import torch
from torch import Tensor

LONGEST_MEMORY = 3  # e-folding times after which the weight of a day is left out


def member_seed(seed: int, day: date, member: int | str) -> int:
    """Return the seed of a member's noise of a day, which depends only on (seed, day, member)."""
    digest = hashlib.sha256(f"{seed} {day.isoformat()} {member}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def weigh_days(memory_days: float) -> list[float]:
    """Return the weights of the noises of a day and of the days before it; their squares sum to 1.

    The correlation of two dates that are n days apart is nearly exp(-n / memory_days).
    """
    if memory_days == 0:
        return [1.0]
    days = math.ceil(LONGEST_MEMORY * memory_days)
    weights = [math.exp(-age / memory_days) for age in range(days + 1)]
    norm = math.hypot(*weights)
    return [weight / norm for weight in weights]


class MemberNoise:
    """Draw white noise of unit variance for a batch of members on the CPU.

    Parameters
    ----------
    seed
        Of the ensemble.
    day
        The date.
    members
        Numbers or names of the members.
    shape
        Rows and columns of a field.
    device
        Where the noise is needed.
    memory_days
        e-folding time of the correlation from date to date, in days; 0 for none.
    """

    def __init__(
        self,
        seed: int,
        day: date,
        members: Sequence[int | str],
        shape: tuple[int, int],
        device: torch.device,
        memory_days: float = 0.0,
    ) -> None:
        self.shape, self.device = shape, device
        self.weights = weigh_days(memory_days)
        days = [day - timedelta(age) for age in range(len(self.weights))]
        self.streams = [
            [torch.Generator().manual_seed(member_seed(seed, earlier, member)) for earlier in days]
            for member in members
        ]

    def __call__(self) -> Tensor:
        """Draw a field for each member, (batch, 1, y, x)."""
        return self.draw(self.shape)

    def draw(self, shape: tuple[int, int]) -> Tensor:
        """Draw a field of another ``shape`` for each member; the result has the shape ``(batch, 1, *shape)``."""
        return torch.stack([self._draw_member(streams, (1, *shape)) for streams in self.streams]).to(self.device)

    def _draw_member(self, streams: list[torch.Generator], shape: tuple[int, ...]) -> Tensor:
        """Draw a field of ``shape`` from the streams of the days."""
        field = torch.zeros(shape)
        for weight, stream in zip(self.weights, streams, strict=True):
            field.add_(torch.randn(shape, generator=stream), alpha=weight)
        return field
