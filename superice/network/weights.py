"""Weights files: one file holds everything that inference needs, the weights and their network's description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from superice.errors import InputError
from superice.network.almost_fair_crps import ProperScores
from superice.network.description import make_unreadable_error, rename_keys
from superice.network.formulations import Formulation, NoisePrediction, Preconditioned
from superice.network.normalisation import Normalisation
from superice.network.regression import Regression
from superice.network.settings import NetworkSettings
from superice.network.unet import UNet, build_network
from superice.utils.files import atomic_path
from superice.utils.settings import build_settings

FORMULATIONS: dict[str, type[Any]] = {  # each both a formulation and the settings of it
    "noise_prediction": NoisePrediction,
    "preconditioned": Preconditioned,
    "proper_scores": ProperScores,
    "regression": Regression,
}
CHOSEN = ("sampler", "fitted_on", "grid", "features")
"""What the choice among trainings adds to a file; those of single trainings and of older versions have none of it."""


def build_formulation(section: dict[str, Any]) -> Formulation:
    """Build the formulation from a section ``diffusion`` of a configuration: its name and its numbers.

    Raises InputError for an unknown name or number.
    """
    name = section.get("formulation")
    if name not in FORMULATIONS:
        raise InputError(f"diffusion.formulation: one of {', '.join(FORMULATIONS)} is needed", value=name)
    return build_settings(FORMULATIONS[name], section, "diffusion")


@dataclass
class TrainedNetwork:
    """A trained network and everything that is needed to draw from it.

    Attributes
    ----------
    network
        The network, in evaluation mode.
    diffusion
        The section ``diffusion`` that it was trained with.
    normalisation
        That of its training days.
    origin
        Experiment, seed, and whether the training diverged.
    sampler
        What was chosen of the section ``sampler`` to draw with; empty before the choice among trainings, as are the
        next three.
    fitted_on
        The days, inputs and members on which the factor of the sampler's noise was chosen, and the scores that it has
        there; empty where it was not chosen.
    grid
        That of the training days, as ``Grid.describe`` returns it.
    features
        The section ``features`` that the training days were made with.
    file
        The file that the network was read from.
    """

    network: UNet
    diffusion: dict[str, Any]
    normalisation: Normalisation
    origin: dict[str, Any]
    sampler: dict[str, Any] = field(default_factory=dict)
    fitted_on: dict[str, Any] = field(default_factory=dict)
    grid: dict[str, Any] = field(default_factory=dict)
    features: dict[str, Any] = field(default_factory=dict)
    file: Path | None = None

    @property
    def formulation(self) -> Formulation:
        """The formulation, built from its section."""
        return build_formulation(self.diffusion)

    @property
    def diverged(self) -> bool:
        """Whether the training met a loss that is not a number."""
        return self.origin.get("diverged", False)

    def save(self, path: str | Path) -> None:
        """Write the file (safetensors, metadata in JSON)."""
        content = {
            "network": self.network.settings.model_dump(),
            "diffusion": self.diffusion,
            "normalisation": asdict(self.normalisation),
            "origin": self.origin,
            **{key: getattr(self, key) for key in CHOSEN},
        }
        write_weights(path, self.network, content)

    @classmethod
    def load(cls, path: str | Path) -> TrainedNetwork:
        """Read the file, and return its network in evaluation mode.

        Raises InputError when the file cannot be read, its metadata are incomplete, or its weights do not fit.
        """
        content, tensors = read_weights(path)
        with refuse_metadata(path):
            _bring_up_to_date(content)
            trained = cls(
                network=build_network(build_settings(NetworkSettings, content["network"], "network")).eval(),
                diffusion=content["diffusion"],
                normalisation=Normalisation(**content["normalisation"]),
                origin=content["origin"],
                **{key: content.get(key, {}) for key in CHOSEN},
                file=Path(path),
            )
            build_formulation(trained.diffusion)
            trained.normalisation.require(trained.network.settings.inputs)
        load_weights(trained.network, tensors, path, finite=not trained.diverged)
        return trained


def _bring_up_to_date(content: dict[str, Any]) -> None:
    """Give the sections of an older file today's keys. A removed key that did something stays, and is refused by name."""
    for section in ("network", "diffusion", "sampler"):
        content[section] = rename_keys(section, content.get(section, {}))
    for numbers in ("mean", "deviation"):
        content["normalisation"][numbers].pop("unbounded_increment", None)


def write_weights(path: str | Path, network: nn.Module, content: dict[str, Any]) -> None:
    """Write a network's weights, and ``content``, which describes them, as JSON in their metadata."""
    tensors = {name: tensor.detach().contiguous() for name, tensor in network.state_dict().items()}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, metadata={"superice": json.dumps(content)})


def read_weights(path: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read content and weights that ``write_weights`` wrote. Raises InputError for another or a damaged file."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise InputError("there is no such weights file", file=path) from error
    except (OSError, SafetensorError) as error:
        raise make_unreadable_error(path, error) from error
    if "superice" not in metadata:
        raise InputError("holds weights without a description of their network", file=path)
    with refuse_metadata(path):
        return json.loads(metadata["superice"]), tensors


@contextmanager
def refuse_metadata(path: str | Path) -> Iterator[None]:
    """Raise InputError, which names the file, where its metadata cannot be used."""
    try:
        yield
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise InputError(f"has invalid metadata for its weights ({error})", file=path) from error


def load_weights(network: nn.Module, tensors: dict[str, Tensor], path: str | Path, finite: bool = True) -> None:
    """Load weights into a network.

    Raises InputError when they do not fit or, if ``finite`` is asked for, when one is not a number.
    """
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"its weights do not match its network ({reason})", file=path) from error
    for name, tensor in tensors.items():
        if finite and not tensor.isfinite().all():
            raise InputError("a weight is not a number", file=path, variable=name)
