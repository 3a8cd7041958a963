"""Settings of the surrogate: its inputs, network, loss, training, forecasts and restoration."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from superice.errors import InputError
from superice.training.settings import TrainingSettings
from superice.utils.settings import Distinct, Number, RuleBroken, Settings, declare

Positive = Annotated[Number, Field(gt=0)]
Precision = Literal["fp32", "bf16", "auto"]


class InputSettings(Settings):
    """Which fields the network reads."""

    section: ClassVar[str] = "surrogate.inputs"

    step_hours: Number = declare(12, "Time from the state to its prediction.", "h", gt=0)
    states_h: Annotated[tuple[Annotated[Number, Field(le=0)], ...], Field(min_length=1)] = declare(
        (0,), "Hours of the states: 0, which is now, then one, two, … steps before it.", "h"
    )
    forcings: Annotated[tuple[Literal["t2m", "u10", "v10"], ...], Distinct] = declare(
        ("t2m", "u10", "v10"), "Fields of the weather."
    )
    forcings_h: tuple[Number, ...] = declare((0, 6, 12), "Hours of the forcings; empty for no forcings.", "h")

    def check_rules(self) -> None:
        """Raise RuleBroken where the hours are none that a roll-out has."""
        states, step, forcings = self.states_h, self.step_hours, self.forcings_h
        rolled = tuple(0 - number * step for number in range(len(states)))
        if states != rolled:
            held = ", ".join(f"{hours:g}" for hours in rolled)
            raise RuleBroken("states_h", f"{held}: every state that a roll-out has, step by step (found {states})")
        if forcings and max(forcings) > step:
            raise RuleBroken("forcings_h", f"none after the step (found {forcings})")

    def count_steps(self, days: float, key: str) -> int:
        """Return the number of steps in some days. Raises InputError, which begins with the ``key``, unless it is whole."""
        steps = 24 * days / self.step_hours
        if steps != round(steps):
            raise InputError(f"{key}: {days:g} days are no whole number of steps of {self.step_hours:g} h")
        return round(steps)

    @property
    def channels(self) -> list[tuple[str, float]]:
        """Name and hours of every input: the states, then the forcings, time after time."""
        return [("sit", h) for h in self.states_h] + [(name, h) for h in self.forcings_h for name in self.forcings]

    @property
    def needed_hours(self) -> tuple[float, float]:
        """The first and the last of the hours that a prediction needs, without the target's."""
        hours = [h for _, h in self.channels]
        return min(hours), max(hours)


class SurrogateNetworkSettings(Settings):
    """The shape of the surrogate's network."""

    section: ClassVar[str] = "surrogate.network"

    kind: Literal["unet", "residual"] = declare("unet", "A U-Net or a residual network.")
    filters: int = declare(
        32, "Channels of the finest level of the U-Net, or of the widest layer of the residual network.",
        ge=4, multiple_of=4,
    )  # fmt: skip
    inputs: int = declare(10, "Fields that it reads, without the mask.", ge=1)
    pooling: Literal["all", "sea"] = declare(
        "all", "Cells that the maxima of the U-Net are taken over: all cells, land too, or those of the sea."
    )
    blocks: int = declare(5, "Blocks of the residual network.", ge=1)
    kernel: int = declare(5, "Size of the kernels of the residual network.", "cells", ge=1)

    def check_rules(self) -> None:
        """Raise RuleBroken for a kernel without a cell in its middle."""
        if self.kernel % 2 == 0:
            raise RuleBroken("kernel", f"an odd number, so that a cell is in its middle (found {self.kernel})")

    @property
    def factor(self) -> int:
        """Rows and columns of the network's fields are multiples of this."""
        return 4 if self.kind == "unet" else 1

    @property
    def partly_missing(self) -> bool:
        """Whether inputs may be missing in part; a state of the model is whole."""
        return False


class LossSettings(Settings):
    """The loss of a step: the error of the increment and of its mean."""

    section: ClassVar[str] = "surrogate.loss"

    constraint: Number = declare(
        100.0, "Weight of the error of the mean (lambda of the paper, whose means are over all cells, land too).", ge=0
    )
    over: Literal["sample", "batch"] = declare("sample", "What the mean is taken over.")
    input_noise: Number = declare(
        0.01, "Standard deviation of the noise on the normalised inputs in training.", "standard deviations", ge=0
    )


class SurrogateTrainingSettings(Settings):
    """How the surrogate is trained."""

    section: ClassVar[str] = "surrogate.training"

    epochs: int = declare(500, "Most passes over the training years.", ge=1)
    patience: int = declare(30, "Epochs without a lower validation loss after which a training ends.", "epochs", ge=1)
    every_hours: Number = declare(6, "Time from one sample to the next.", "h", gt=0)
    batch: int = declare(32, "Samples of a batch.", "samples", ge=1)
    optimizer: Literal["adam", "adamw"] = declare("adamw", "The optimizer.")
    learning_rate: Number = declare(5e-5, "Learning rate of the optimizer.", gt=0)
    weight_decay: Number = declare(0.02, "Weight decay of the optimizer, which the learning rate multiplies.", ge=0)
    schedule: Literal["constant", "cosine"] = declare(
        "constant", "Schedule of the learning rate; cosine has a short warm-up and ends at 0."
    )
    ema_decay: Number = declare(
        0.0, "Decay of the exponential moving average of the weights; 0 for no average.", ge=0, lt=1
    )
    clip_gradient: Number = declare(0.0, "Largest norm of the gradient; 0 for no limit.", ge=0)
    precision: Precision = declare("fp32", "Arithmetic of the convolutions; auto for bf16 where the device has it.")
    validation_samples: int = declare(1450, "Samples of the validation years in each epoch's losses.", "samples", ge=1)
    workers: int = declare(4, "Processes that read samples beside the training.", ge=0)

    def without_stopping(self) -> TrainingSettings:
        """Return the settings that all trainings have, without the patience and the distance of the samples."""
        return TrainingSettings(**self.model_dump(exclude={"patience", "every_hours"}))


class ForecastSettings(Settings):
    """What is forecast, and how it is scored."""

    section: ClassVar[str] = "surrogate.forecasts"

    days: Number = declare(30, "Length of a forecast.", "days", gt=0)
    every_hours: Number = declare(6, "Time from one start to the next.", "h", gt=0)
    batch: int = declare(16, "Starts that are stepped together.", ge=1)
    precision: Precision = declare("fp32", "Arithmetic of the convolutions; auto for bf16 where the device has it.")
    exponent_km: tuple[Number, Number] = declare(
        (24, 200), "Shortest and longest wavelength of the spectral exponent over the sea.", "km"
    )
    kept_starts: int = declare(12, "Forecasts that are kept as fields.", ge=1)
    kept_days: Annotated[tuple[Positive, ...], Distinct] = declare(
        (1, 5, 10, 30), "Lead times at which they are kept, those within a forecast.", "days"
    )

    @property
    def kept_leads(self) -> list[float]:
        """The lead times in days at which forecasts are kept."""
        return [day for day in self.kept_days if day <= self.days]

    def check_rules(self) -> None:
        """Raise RuleBroken for wavelengths in the wrong order, and where no lead time would be kept."""
        _require_ascending("exponent_km", self.exponent_km)
        if not self.kept_leads:
            raise RuleBroken(
                "kept_days", f"at least one within the {self.days:g} days of a forecast (found {self.kept_days})"
            )


class RestorationSettings(Settings):
    """How the network of the report restores the scales that a roll-out smooths out."""

    section: ClassVar[str] = "surrogate.restoration"

    box_km: Number = declare(108, "Width of the average from which members are drawn.", "km", gt=0)
    band_km: tuple[Number, Number] = declare((24, 80), "Shortest and longest wavelength of the fine scale.", "km")
    lead_days: Number = declare(10, "Lead time of the forecasts that are restored.", "days", gt=0)
    members: int = declare(4, "Members that are drawn of each forecast.", "members", ge=1)
    every_days: int = declare(5, "Time from one training day to the next.", "days", ge=1)
    seed: int = declare(0, "Seed of the training and of the members.", ge=0)

    def check_rules(self) -> None:
        """Raise RuleBroken for wavelengths in the wrong order."""
        _require_ascending("band_km", self.band_km)


def _require_ascending(key: str, wavelengths: tuple[float, float]) -> None:
    shortest, longest = wavelengths
    if shortest >= longest:
        raise RuleBroken(key, f"the shorter wavelength first, then a longer one (found {wavelengths})")
