"""One file that holds all that inference needs: weights, their network, formulation and normalisation."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from superice.errors import InputError
from superice.network.almost_fair_crps import ProperScores
from superice.network.formulations import Formulation, NoisePrediction, Preconditioned, VelocityPrediction
from superice.network.normalisation import Normalisation
from superice.network.regression import Regression
from superice.network.unet import NetworkSettings, UNet, build_network
from superice.utils.command_line import build_settings
from superice.utils.files import atomic_path

FORMULATIONS = {
    "noise_prediction": NoisePrediction,
    "velocity_prediction": VelocityPrediction,
    "preconditioned": Preconditioned,
    "proper_scores": ProperScores,
    "regression": Regression,
}


def build_formulation(section: dict[str, Any]) -> Formulation:
    """The formulation of a configuration's section ``diffusion``: its ``formulation`` and that one's numbers."""
    numbers = dict(section)
    name = numbers.pop("formulation", None)
    if name not in FORMULATIONS:
        raise InputError(f"diffusion.formulation: one of {', '.join(FORMULATIONS)} is needed", value=name)
    return build_settings(FORMULATIONS[name], numbers, f"diffusion ({name})")


@dataclass
class TrainedNetwork:
    """A trained network with what is needed to draw from it.

    Attributes:
        network: in evaluation mode.
        diffusion: the section ``diffusion`` it was trained with.
        normalisation: of its training days.
        origin: experiment, seed, and whether the training diverged.
    """

    network: UNet
    diffusion: dict[str, Any]
    normalisation: Normalisation
    origin: dict[str, Any]

    @property
    def formulation(self) -> Formulation:
        """The formulation, built from its section."""
        return build_formulation(self.diffusion)

    @property
    def diverged(self) -> bool:
        """Whether the training met a loss that is no number."""
        return self.origin.get("diverged", False)

    def save(self, path: str | Path) -> None:
        """Write the file (safetensors, metadata in JSON)."""
        content = {
            "network": asdict(self.network.settings),
            "diffusion": self.diffusion,
            "normalisation": asdict(self.normalisation),
            "origin": self.origin,
        }
        write_weights(path, self.network, content)

    @classmethod
    def load(cls, path: str | Path) -> TrainedNetwork:
        """Read the file. Raises InputError when it is no such file, or damaged, or its weights fit no such network."""
        content, tensors = read_weights(path)
        try:
            generator = cls(
                network=build_network(build_settings(NetworkSettings, content["network"], "network")).eval(),
                diffusion=content["diffusion"],
                normalisation=build_settings(Normalisation, content["normalisation"], "normalisation"),
                origin=content["origin"],
            )
            build_formulation(generator.diffusion)
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise InputError(f"does not say rightly what its weights are of ({error})", file=path) from error
        load_weights(generator.network, tensors, path, finite=not generator.diverged)
        return generator


def write_weights(path: str | Path, network: nn.Module, content: dict[str, Any]) -> None:
    """Write a network's weights and, as JSON in their metadata, what they are of."""
    tensors = {name: tensor.detach().contiguous() for name, tensor in network.state_dict().items()}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, metadata={"superice": json.dumps(content)})


def read_weights(path: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What ``write_weights`` has written. Raises InputError for a file that is no such file, or damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise InputError(f"is not a readable weights file ({error})", file=path) from error
    if "superice" not in metadata:
        raise InputError("holds weights, but not the network and normalisation they belong to", file=path)
    try:
        return json.loads(metadata["superice"]), tensors
    except ValueError as error:
        raise InputError(f"does not say rightly what its weights are of ({error})", file=path) from error


def load_weights(network: nn.Module, tensors: dict[str, Tensor], path: str | Path, finite: bool = True) -> None:
    """Give a network its weights. Raises InputError when they do not fit it or, where asked, hold what is no number."""
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"its weights do not fit its network ({reason})", file=path) from error
    for name, tensor in tensors.items():
        if finite and not tensor.isfinite().all():
            raise InputError("a weight is not a number", file=path, variable=name)
