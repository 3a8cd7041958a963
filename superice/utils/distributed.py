"""Share every batch of a training among the processes that torchrun started, one process for each GPU.

Each process reads the whole batch and draws all of its noise, but evaluates the network only on its own part of the
samples. The processes then exchange their outputs, so that each computes the loss of the whole batch, even where the
loss mixes samples (means over masks, the spectrum of a batch). Up to rounding, the losses equal those of one process.

``sum_over_processes`` sums outputs and moments; its gradient is again a sum over the processes.
DistributedDataParallel averages the gradients of the parameters to the gradient of that one loss.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from superice.errors import InputError

BATCH_NORM_AXES = (0, 2, 3)  # of (batch, channels, y, x)


@contextmanager
def join_processes() -> Iterator[None]:
    """Join the processes that torchrun started, each with its own GPU where there are GPUs; do nothing without torchrun.

    Raises InputError when there are fewer GPUs than processes.
    """
    if not dist.is_torchelastic_launched():
        yield
        return
    if torch.cuda.is_available():
        local_rank, count = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if local_rank >= count:
            raise InputError(f"training.devices: the job has {count} GPUs", value=os.environ["LOCAL_WORLD_SIZE"])
        torch.cuda.set_device(local_rank)
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def is_first_process() -> bool:
    """Return whether this process is the one that writes files and shows progress."""
    return not dist.is_initialized() or dist.get_rank() == 0


def count_processes() -> int:
    """Return the number of processes that share each batch."""
    return dist.get_world_size() if dist.is_initialized() else 1


def is_set_anywhere(flag: bool, device: torch.device) -> bool:
    """Return whether ``flag`` is set in at least one of the processes."""
    if not dist.is_initialized():
        return flag
    flags = torch.tensor(float(flag), device=device)
    dist.all_reduce(flags, op=dist.ReduceOp.MAX)
    return bool(flags)


class _SumOverProcesses(torch.autograd.Function):
    """A sum over the processes that torch can differentiate."""

    @staticmethod
    def forward(context: torch.autograd.function.FunctionCtx, tensor: Tensor) -> Tensor:
        """Return the sum of the processes' tensors."""
        summed = tensor.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(summed)
        return summed

    @staticmethod
    def backward(context: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        """Return the sum of the processes' gradients."""
        return _SumOverProcesses.apply(gradient)


def sum_over_processes(tensor: Tensor) -> Tensor:
    """Return the sum of ``tensor`` over the processes; its gradient is summed over them as well."""
    return _SumOverProcesses.apply(tensor)


def share_batch(model: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return a model that each process evaluates on its own part of the samples, with the outputs of all samples.

    With fewer samples than processes, some parts are empty. A single process gets ``model`` itself.
    """
    if not dist.is_initialized():
        return model

    def evaluate(*inputs: Tensor) -> Tensor:
        count, device = len(inputs[0]), inputs[0].device
        parts = torch.arange(count).tensor_split(dist.get_world_size())
        own = parts[dist.get_rank()].to(device)
        outputs = model(*(tensor[own] for tensor in inputs)).float()
        padded = outputs.new_zeros((count, *outputs.shape[1:])).index_add(0, own, outputs)
        return sum_over_processes(padded)

    return evaluate


def average_gradients(network: nn.Module) -> nn.Module:
    """Wrap the network so that all processes start from equal weights and average their gradients.

    A single process gets ``network`` itself.
    """
    if not dist.is_initialized():
        return network
    return DistributedDataParallel(network, broadcast_buffers=False)


class BatchNorm2d(nn.BatchNorm2d):
    """Batch norm without affine parameters that, in training, uses the moments of all processes' samples.

    torch's SyncBatchNorm does the same, but only on GPUs.
    """

    # Always there: the moments are tracked, and with a fixed momentum.
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor
    momentum: float

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (batch, channels, y, x)."""
        if not (self.training and dist.is_initialized()):
            return super().forward(x)
        wide = x.float()
        count = sum_over_processes(wide.new_tensor(x[:, 0].numel()))
        mean = sum_over_processes(wide.sum(BATCH_NORM_AXES, keepdim=True)) / count
        centred = wide - mean
        variance = sum_over_processes(centred.square().sum(BATCH_NORM_AXES, keepdim=True)) / count
        with torch.no_grad():
            self.running_mean.lerp_(mean.flatten(), self.momentum)
            self.running_var.lerp_(variance.flatten() * count / (count - 1), self.momentum)
            self.num_batches_tracked += 1
        return (centred * (variance + self.eps).rsqrt()).to(x.dtype)


@contextmanager
def keep_moments(norm: BatchNorm2d) -> Iterator[None]:
    """Evaluate a batch norm in training without a change of its running moments."""
    momentum, count = norm.momentum, norm.num_batches_tracked.clone()
    norm.momentum = 0.0
    try:
        yield
    finally:
        norm.momentum = momentum
        norm.num_batches_tracked.copy_(count)
