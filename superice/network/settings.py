"""Settings of the network and of the formulations that it is trained in."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, create_model

from superice.seasons import NEIGHBOURS
from superice.utils.settings import DISCRIMINATOR, Distinct, Number, RuleBroken, Settings, declare, make_partial

INPUTS = ("sic", "sit", "deformation")
BLOCK_REACH = 2  # pixels from which a residual block takes anything
HEAD_REACH = 2  # the same of the head
# Pixels along the edge of a moved sample that are not compared: what is moved over one edge comes in at the other.
MOVED_EDGE = 16
ErrorParts = tuple[tuple[Annotated[Number, Field(ge=3)], Annotated[Number, Field(gt=0)]], ...]
"""Independent parts of an input's error, white noise smoothed by a Gaussian: its length in km and standard deviation."""


class NetworkSettings(Settings):
    """The shape of the network."""

    section: ClassVar[str] = "network"

    widths: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=2)] = declare(
        (32, 64, 96, 128), "Channels of each level, from the finest to the bottleneck."
    )
    depth: int = declare(4, "Residual blocks of each level.", ge=1)
    patch: Literal[1, 2, 4] = declare(
        1,
        "Side of the squares of pixels that the finest level takes as the channels of one cell; 1 for the report's network.",
        "pixels",
    )
    head_channels: int = declare(
        0,
        "Channels of a head of two 3x3 convolutions on the pixels, behind the output; 0 for none, as the report.",
        ge=0,
    )
    inputs: Annotated[
        tuple[Literal["sic", "sit", "deformation", "sic_before", "sic_after"], ...], Field(min_length=1), Distinct
    ] = declare(
        INPUTS,
        "Fields that the network reads; the mask is always added. The concentrations before and after the date are those of"
        " features.neighbouring_days.",
    )
    partly_missing: bool = declare(
        False,
        "Whether the network draws where only some inputs are known; it then also reads where each input is known.",
    )
    embedding_channels: int = declare(
        32, "Channels of the sinusoidal embedding of the noise level.", ge=2, multiple_of=2
    )
    embedding_frequencies: tuple[Number, Number] = declare(
        (1.0, 1000.0), "Lowest and highest frequency of the embedding."
    )

    def check_rules(self) -> None:
        """Raise RuleBroken where a concentration of another day is read by a network that takes complete inputs only."""
        if self.neighbours and not self.partly_missing:
            raise RuleBroken(
                "inputs", f"{self.neighbours[0]} is not known of every date: network.partly_missing must be true"
            )

    @property
    def neighbours(self) -> list[str]:
        """The inputs that are concentrations of other days."""
        return [name for name in NEIGHBOURS if name in self.inputs]

    @property
    def factor(self) -> int:
        """Rows and columns of the network's fields are multiples of this."""
        return self.patch * 2 ** (len(self.widths) - 1)

    @property
    def context_channels(self) -> int:
        """Channels of the context: the inputs, where each is known if they may be missing, and the mask."""
        return len(self.inputs) * (2 if self.partly_missing else 1) + 1

    @property
    def reach(self) -> int:
        """Pixels beyond a pooling cell's edge from which its output takes anything, a multiple of ``factor``.

        Every block reaches two cells of its level, bilinear upsampling half a coarser cell; the way goes back from the
        output through the decoder and the bottleneck to the input. A cell of the finest level is a patch. A head reaches
        ``HEAD_REACH`` pixels.
        """
        block = BLOCK_REACH * self.depth
        reach = -(-HEAD_REACH // self.patch) if self.head_channels else 0
        for _ in self.widths[1:]:
            reach = (reach + block + 2) // 2
        reach += block
        for _ in self.widths[1:]:
            reach = 2 * reach + block
        return -(-self.patch * reach // self.factor) * self.factor


class FormulationSettings(Settings):
    """What all formulations share: the name of their section."""

    section: ClassVar[str] = "diffusion"
    unknown_key: ClassVar[str] = "no key {!r} here"

    @property
    def smallest_patch(self) -> int:
        """Rows and columns that a sample needs."""
        return 1


class NoisePredictionSettings(FormulationSettings):
    """The report's method (section 3): cosine rates, and a network that predicts the noise."""

    formulation: Literal["noise_prediction"] = declare("noise_prediction", "What the network is trained to predict.")
    min_rate: Number = declare(0.02, "Signal rate at full noise.", "1", gt=0, lt=1)
    max_rate: Number = declare(0.95, "Signal rate at the lowest noise.", "1", gt=0, lt=1)
    embedded: Literal["noise_variance", "time"] = declare(
        "noise_variance", "What the embedding of the noise level shows to the network."
    )

    def check_rules(self) -> None:
        """Raise RuleBroken where the rates are not in order."""
        if self.min_rate >= self.max_rate:
            raise RuleBroken("min_rate", f"min_rate < max_rate is needed (found {self.min_rate}, {self.max_rate})")


class PreconditionedSettings(FormulationSettings):
    """The preconditioned denoiser of Karras et al. (2022)."""

    formulation: Literal["preconditioned"] = declare("preconditioned", "What the network is trained to predict.")
    noise_min: Number = declare(0.02, "Smallest noise of the sampler.", "standard deviations of the target", gt=0)
    noise_max: Number = declare(20.0, "Largest noise of the sampler.", "standard deviations of the target", gt=0)
    log_noise_mean: Number = declare(0.0, "Mean of the logarithm of the noise levels in training.")
    log_noise_std: Number = declare(2.2, "Standard deviation of that logarithm.", gt=0)
    spacing: Number = declare(7.0, "Exponent that spaces the sampler's noise levels (rho of the paper).", gt=0)

    def check_rules(self) -> None:
        """Raise RuleBroken where the noise levels are not in order."""
        if self.noise_min >= self.noise_max:
            raise RuleBroken("noise_min", f"noise_min < noise_max is needed (found {self.noise_min}, {self.noise_max})")


class ProperScoresSettings(FormulationSettings):
    """One network evaluation from noise to a member, trained with the almost fair CRPS (Lang et al., 2024)."""

    formulation: Literal["proper_scores"] = declare("proper_scores", "What the network is trained to predict.")
    fairness: Number = declare(0.95, "Alpha of the almost fair CRPS; 1 is the fair CRPS.", "1", ge=0, le=1)
    box_sizes: tuple[Annotated[int, Field(ge=2)], ...] = declare(
        (4, 16), "Sides of the boxes of which the means are scored as well.", "pixels"
    )
    spectrum_weight: Number = declare(
        1.0, "Weight of the score of the spectrum's modes; pixels and each size of boxes have 1.", ge=0
    )
    equivariance_weight: Number = declare(
        0.0,
        "Weight of what a member changes, beyond moving with them, when its noise and inputs are moved; above 0, samples"
        f" need {2 * MOVED_EDGE + 1} rows and columns.",
        ge=0,
    )

    @property
    def smallest_patch(self) -> int:
        """Rows and columns that a sample needs: some are left to compare where it is moved."""
        return 2 * MOVED_EDGE + 1 if self.equivariance_weight else 1


class RegressionSettings(FormulationSettings):
    """The same network without noise, trained on the mean square error."""

    formulation: Literal["regression"] = declare("regression", "What the network is trained to predict.")


FORMULATION_SETTINGS: dict[str, type[FormulationSettings]] = {
    "noise_prediction": NoisePredictionSettings,
    "preconditioned": PreconditionedSettings,
    "proper_scores": ProperScoresSettings,
    "regression": RegressionSettings,
}

DiffusionSettings = Annotated[
    NoisePredictionSettings | PreconditionedSettings | ProperScoresSettings | RegressionSettings,
    Field(discriminator=DISCRIMINATOR),
]
"""The numbers of a formulation, chosen by the key ``formulation``."""


def _find_formulation(values: Any) -> str:
    """Return the name of the formulation that a section states, or ``any``."""
    stated = values.get(DISCRIMINATOR) if isinstance(values, dict) else getattr(values, DISCRIMINATOR, None)
    return stated or "any"


def _make_partial_diffusion() -> Any:
    """Return the type of a section that states only some numbers: of the formulation that it names, or of any."""
    parts = {name: make_partial(kind) for name, kind in FORMULATION_SETTINGS.items()}
    fields: dict[str, Any] = {}
    for part in parts.values():
        fields |= {key: (field.annotation, field) for key, field in part.model_fields.items()}
    fields.pop(DISCRIMINATOR)
    parts["any"] = create_model("AnyFormulationSettings", __base__=FormulationSettings, **fields)
    parts["any"].is_partial = True
    tagged = [Annotated[kind, Tag(name)] for name, kind in parts.items()]
    return Annotated[reduce(or_, tagged), Discriminator(_find_formulation)]


PartialDiffusion: Any = _make_partial_diffusion()
