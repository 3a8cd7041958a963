"""Settings of the sampler: how the members of an ensemble are drawn."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from superice.network.settings import INPUTS, ErrorParts
from superice.utils.settings import Number, RuleBroken, Settings, declare

DEFAULT_SEED = 2024  # of ensembles
FROM_VALIDATION = "validation"
# What decides the members; the other keys of the section decide their number, and how they are computed.
STORED = ("name", "steps", "noise_scale", "shared_first_step", "memory_days", "memory_follows_drift", "input_errors")
NOISE_SCALED = ("stochastic_multistep", "one_pass")  # the samplers that take a noise_scale


def awaits_noise_scale(sampler: str, noise_scale: Any) -> bool:
    """Return whether the factor of a sampler's noise is still to be chosen, or to be read from the weights."""
    return sampler in NOISE_SCALED and noise_scale == FROM_VALIDATION


class InputErrors(Settings):
    """Errors of the observed inputs, drawn anew for each member: independent parts, white noise smoothed over a length."""

    section: ClassVar[str] = "sampler.input_errors"

    sic: ErrorParts = declare((), "Parts of the concentration's error: length and standard deviation.", "km, 1")
    sit: ErrorParts = declare((), "Parts of the thickness' error: length and standard deviation.", "km, m")
    deformation: ErrorParts = declare(
        (), "Parts of the error of the deformation's logarithm: length and standard deviation.", "km, log10"
    )

    sizes: Literal["configured", "products"] = declare(
        "configured",
        "Whether the standard deviations are those of the parts, or those that the products state at each pixel; the parts"
        " then say how these are shared out, and stand in where a product states none.",
    )
    products_factor: Number = declare(1.0, "Factor of the products' standard deviations.", "1", gt=0)

    def check_rules(self) -> None:
        """Raise RuleBroken where the products' standard deviations have no parts that say how they are shared out."""
        if self.sizes == "products" and not self.parts:
            raise RuleBroken(
                "sizes", "products needs the parts of an input's error, such as sit: [[18, 0.08], [60, 0.035]]"
            )

    @property
    def parts(self) -> dict[str, ErrorParts]:
        """The parts of the inputs that have errors, by the name of the input."""
        parts = {name: getattr(self, name) for name in INPUTS}
        return {name: of_input for name, of_input in parts.items() if of_input}


class SamplerSettings(Settings):
    """How members are drawn."""

    section: ClassVar[str] = "sampler"

    name: Literal["ddim", "multistep", "stochastic_multistep", "one_pass"] = declare(
        "ddim", "The sampler; the report's is ddim."
    )
    steps: int = declare(40, "Steps from pure noise to a member (N_d of the report).", ge=1)
    noise_scale: Annotated[Number, Field(gt=0)] | Literal["validation"] = declare(
        1.0,
        "Factor of the noise that stochastic_multistep adds, or that one_pass starts from; validation for the one that is"
        " chosen on validation days and stored in the weights.",
        "1",
    )
    shared_first_step: bool = declare(False, "Whether the first estimate is made once for all members.")
    memory_days: Number = declare(
        0.0,
        "Time after which a member's noise has lost its memory (e-folding); 0 to draw each date alone.",
        "days",
        ge=0,
    )
    memory_follows_drift: bool = declare(
        False,
        "Whether the noise of earlier days moves with the ice, rather than staying in place; memory_days, then a"
        " whole number, is the time from one noise to the next.",
    )
    input_errors: InputErrors = declare(
        InputErrors(),
        "Errors of the observed inputs, drawn anew for each member; without parts, inputs are taken as exact.",
    )
    members: int = declare(30, "Size of an ensemble.", "members", ge=1)
    batch: int = declare(
        2, "Most members that go through the network together; the result does not depend on it.", "members", ge=1
    )
    tile: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] | None = declare(
        None, "Most rows and columns that are evaluated at once, without the halo; null for no limit.", "pixels"
    )
    precision: Literal["fp32", "bf16", "auto"] = declare(
        "fp32",
        "Arithmetic of the convolutions: fp32 (TF32 on GPUs that have it), bf16, or auto for bf16 where the device has it.",
    )

    @property
    def passes(self) -> int:
        """Network evaluations for one member, without those that members share."""
        return self.steps - self.shared_first_step

    @property
    def awaits_noise_scale(self) -> bool:
        """Whether the factor of the noise is still to be chosen, or to be read from the weights."""
        return awaits_noise_scale(self.name, self.noise_scale)

    def without_drift(self) -> SamplerSettings:
        """Return the sampler of dates that are drawn by themselves, without the motion of the ice.

        A memory that follows the drift is left out, which changes the distribution of no date.
        """
        if not self.memory_follows_drift:
            return self
        return self.model_copy(update={"memory_days": 0.0, "memory_follows_drift": False})

    def check_rules(self) -> None:
        """Raise RuleBroken where the sampler does not make that many steps, or its memory cannot drift."""
        if self.memory_follows_drift and (self.memory_days < 1 or self.memory_days % 1):
            raise RuleBroken(
                "memory_days", f"whole days are needed for a memory that drifts (found {self.memory_days:g})"
            )
        if self.name == "one_pass" and self.steps != 1:
            raise RuleBroken("steps", f"one_pass is one step, 1 is needed (found {self.steps})")
        if self.shared_first_step and self.steps == 1:
            raise RuleBroken("steps", "1 is less than the minimum of 2: the first step is shared")
