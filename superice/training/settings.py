"""Settings of a training and of the noise that its inputs are given."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from superice.network.settings import ErrorParts
from superice.utils.settings import Number, RuleBroken, Settings, declare


class InputNoise(Settings):
    """Observation-like noise on the inputs, which are then smoothed, as the cells and the footprint of a product do it.

    Its parts are independent, each white noise smoothed over a length.
    """

    section: ClassVar[str] = "training.input_noise"

    share: Number = declare(1.0, "Share of the samples that get noise.", "1", ge=0, le=1)
    sic_smoothing: Number = declare(
        0.0, "Standard deviation of the Gaussian that smooths the concentration; 0 for none.", "km", ge=0
    )
    sit_smoothing: Number = declare(
        0.0, "Standard deviation of the Gaussian that smooths the thickness; 0 for none.", "km", ge=0
    )
    sic: ErrorParts = declare((), "Parts of the concentration's noise: length and standard deviation.", "km, 1")
    sit: ErrorParts = declare((), "Parts of the thickness' noise: length and standard deviation.", "km, m")
    deformation: ErrorParts = declare(
        (), "Parts of the noise of the deformation's logarithm: length and standard deviation.", "km, log10"
    )

    @property
    def smoothing(self) -> dict[str, float]:
        """The standard deviations of the Gaussians that smooth inputs, in km, by the name of the input."""
        widths = {"sic": self.sic_smoothing, "sit": self.sit_smoothing}
        return {name: width for name, width in widths.items() if width}


class MissingInputs(Settings):
    """How often the inputs of a sample are missing, for a network that takes inputs which are partly missing."""

    section: ClassVar[str] = "training.missing_inputs"

    deformation_everywhere: Number = declare(
        0.25, "Share of the samples without any deformation, as on a day without a drift file.", "1", ge=0, le=1
    )
    deformation_in_part: Number = declare(
        0.25, "Share without deformation beyond a line, or in a hole, of cells of the drift.", "1", ge=0, le=1
    )
    sic_everywhere: Number = declare(
        0.1, "Share of the samples without any concentration, as on a day without its file.", "1", ge=0, le=1
    )
    sic_in_part: Number = declare(
        0.1, "Share without concentration beyond a line, or in a hole, of its cells.", "1", ge=0, le=1
    )
    sit_in_part: Number = declare(
        0.1,
        "Share without thickness beyond a line, or in a hole, of its cells; nothing is drawn or trained there.",
        "1",
        ge=0,
        le=1,
    )
    neighbours_everywhere: Number = declare(
        0.1, "Share of the samples without the concentrations of both neighbouring days.", "1", ge=0, le=1
    )
    sic_before_everywhere: Number = declare(
        0.05, "Share without that of the day before, as early in a season.", "1", ge=0, le=1
    )
    sic_after_everywhere: Number = declare(
        0.05, "Share without that of the day after, as late in a season.", "1", ge=0, le=1
    )

    def check_rules(self) -> None:
        """Raise RuleBroken where more than all samples would miss an input."""
        for name in ("deformation", "sic"):
            total = getattr(self, f"{name}_everywhere") + getattr(self, f"{name}_in_part")
            if total > 1:
                raise RuleBroken(
                    f"{name}_in_part", f"{name}_everywhere and {name}_in_part together exceed 1 (found {total:g})"
                )


class TrainingSettings(Settings):
    """How the network is trained."""

    section: ClassVar[str] = "training"

    epochs: int = declare(250, "Passes over the training days.", ge=1)
    batch: int = declare(4, "Samples of a batch.", "samples", ge=1)
    patch: tuple[Annotated[int, Field(ge=8)], Annotated[int, Field(ge=8)]] | None = declare(
        None, "Rows and columns of a sample; null for the full grid.", "pixels"
    )
    patches_per_day: int = declare(1, "Samples of each day in an epoch.", "samples", ge=1)
    min_ice_fraction: Number = declare(0.3, "Share of ice that a patch should have.", "1", ge=0, le=1)
    rotate_and_flip: bool = declare(False, "Whether samples are rotated and flipped at random.")
    masked_fraction: Number = declare(
        0.0, "Share of the samples that are masked in part (report, section 8.3).", "1", ge=0, le=1
    )
    input_noise: InputNoise = declare(InputNoise(), "Observation-like noise on the inputs.")
    missing_inputs: MissingInputs = declare(
        MissingInputs(), "How often inputs are missing; used where network.partly_missing is true."
    )
    optimizer: Literal["adam", "adamw"] = declare("adam", "The optimizer.")
    learning_rate: Number = declare(1e-3, "Learning rate of the optimizer.", gt=0)
    weight_decay: Number = declare(0.0, "Weight decay of the optimizer.", ge=0)
    schedule: Literal["constant", "cosine"] = declare(
        "constant", "Schedule of the learning rate; cosine has a short warm-up and ends at 0."
    )
    ema_decay: Number = declare(
        0.999, "Decay of the exponential moving average of the weights; 0 for no average.", ge=0, lt=1
    )
    clip_gradient: Number = declare(0.0, "Largest norm of the gradient; 0 for no limit.", ge=0)
    precision: Literal["fp32", "bf16", "auto"] = declare(
        "fp32",
        "Arithmetic of the convolutions: fp32 (TF32 on GPUs that have it), bf16, or auto for bf16 where the device has it.",
    )
    recompute: bool = declare(
        False,
        "Whether residual blocks are evaluated again for the gradient: half the memory or less, a third more time.",
    )
    compile: bool = declare(
        False,
        "Whether the network is compiled (torch.compile): a minute at the start, then a quarter faster on a GPU.",
    )
    validation_samples: Annotated[int, Field(ge=1)] | None = declare(
        None,
        "Samples of the validation days in each epoch's losses; null for all days, as many samples of each as in training.",
        "samples",
    )
    workers: int = declare(4, "Processes that read samples beside the training.", ge=0)
    devices: int = declare(1, "GPUs of one node that share each batch.", ge=1)
