"""Predict the memory of a training step before the first batch, so that a training that does not fit says so at once."""

from __future__ import annotations

import torch

from superice.errors import InputError
from superice.network.settings import NetworkSettings
from superice.network.unet import UNet
from superice.utils.device import measure_free_memory

# Pixels of a batch below which a step fits anywhere: its prediction would take longer than its training.
SMALL_BATCH = 500_000
WITH_CONVOLUTIONS_ON_GPU = 1.15  # measured on an H200: 1.10 in fp32, 1.14 in bf16


def predict_memory(
    network: NetworkSettings, samples: int, shape: tuple[int, int], precision: torch.dtype, recompute: bool = False
) -> int:
    """Predict the bytes that a training step needs: weights, optimizer, and the maps that are kept for the gradient.

    The step is traced with tensors that have a shape and no content. What convolutions need for themselves is not
    included: on a CPU 0.2 to 0.3 GB were measured, 0.6 GB with ``recompute``; on a GPU a tenth of the prediction in fp32,
    a seventh in bf16.

    Parameters
    ----------
    network
        The shape of the network.
    samples
        Fields that the network evaluates together.
    shape
        Rows and columns of a field.
    precision
        Data type of the convolutions.
    recompute
        Whether residual blocks are evaluated again in the backward pass.
    """
    # Both take seconds to import.
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.distributed._tools.mem_tracker import MemTracker

    with FakeTensorMode():
        model = UNet(network).train()
        model.recompute = recompute
        optimizer = torch.optim.Adam(model.parameters(), foreach=False)
        tracker = MemTracker()
        tracker.track_external(model, optimizer)
        with tracker, torch.autocast("cpu", precision, enabled=precision != torch.float32):
            noisy = torch.empty(samples, 1, *shape)
            context = torch.empty(samples, network.context_channels, *shape)
            model(noisy, torch.empty(samples), context).float().square().mean().backward()
            optimizer.step()
        peaks = tracker.get_tracker_snapshot("peak")
    return sum(peak["Total"] for peak in peaks.values())


def require_memory(
    network: NetworkSettings,
    samples: int,
    shape: tuple[int, int],
    precision: torch.dtype,
    device: torch.device,
    recompute: bool = False,
) -> None:
    """Raise InputError, with what is needed, what is free and the remedies, where a training step does not fit.

    The parameters are those of `predict_memory`; ``samples`` are those of one device.
    """
    if samples * shape[0] * shape[1] < SMALL_BATCH:
        return
    needed, free = predict_memory(network, samples, shape, precision, recompute), measure_free_memory(device)
    if device.type == "cuda":
        needed = int(WITH_CONVOLUTIONS_ON_GPU * needed)
    if needed > free:
        rows, columns = shape
        raise InputError(
            f"training needs about {needed / 1e9:.3g} GB for {samples} x {rows} x {columns} pixels on each device, and"
            f" {free / 1e9:.3g} GB are free: raise training.devices, or set training.recompute: true,"
            " training.precision: bf16, a smaller training.batch or training.patch, or network.patch: 2"
        )
