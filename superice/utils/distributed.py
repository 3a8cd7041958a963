"""Data-parallel training: the processes that torchrun started, one for each GPU, share every batch of one training.

Each process reads the whole batch and draws all its noise, evaluates the network on its own part of the samples, and gets
the outputs of all parts. So a loss is that of the whole batch in every process, whatever it is made of (means over
masks, a batch's spectrum), and a training has the losses of one process, to rounding. Outputs and moments are summed over
the processes by ``total``, whose gradient is a total again; what the processes then have of a parameter's gradient is
averaged by DistributedDataParallel to the gradient of the one loss.
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

SAMPLES = (0, 2, 3)  # the axes of (batch, channels, y, x) that batch norm reduces


@contextmanager
def join_processes() -> Iterator[None]:
    """Join the processes that torchrun started, each with its own GPU where there are any; alone, nothing happens.

    Raises InputError when there are fewer GPUs than processes.
    """
    if not dist.is_torchelastic_launched():
        yield
        return
    if torch.cuda.is_available():
        own, count = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if own >= count:
            raise InputError(f"training.devices: the job has {count} GPUs", value=os.environ["LOCAL_WORLD_SIZE"])
        torch.cuda.set_device(own)
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def is_first_process() -> bool:
    """Whether this process is the one that writes files and shows progress."""
    return not dist.is_initialized() or dist.get_rank() == 0


def is_set_anywhere(flag: bool, device: torch.device) -> bool:
    """Whether ``flag`` is set in any of the processes."""
    if not dist.is_initialized():
        return flag
    flags = torch.tensor(float(flag), device=device)
    dist.all_reduce(flags, op=dist.ReduceOp.MAX)
    return bool(flags)


class _Total(torch.autograd.Function):
    @staticmethod
    def forward(context: torch.autograd.function.FunctionCtx, tensor: Tensor) -> Tensor:
        summed = tensor.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(summed)
        return summed

    @staticmethod
    def backward(context: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        return _Total.apply(gradient)


def sum_over_processes(tensor: Tensor) -> Tensor:
    """The sum over the processes; so is its gradient."""
    return _Total.apply(tensor)


def share_batch(model: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The model evaluated by each process on its part of the samples; the result is that of all of them.

    With fewer samples than processes some parts are empty. Alone, the model itself.
    """
    if not dist.is_initialized():
        return model

    def evaluate(*inputs: Tensor) -> Tensor:
        rows = torch.arange(len(inputs[0])).tensor_split(dist.get_world_size())[dist.get_rank()]
        rows = rows.to(inputs[0].device)
        part = model(*(tensor[rows] for tensor in inputs)).float()
        return sum_over_processes(part.new_zeros((len(inputs[0]), *part.shape[1:])).index_add(0, rows, part))

    return evaluate


def average_gradients(network: nn.Module) -> nn.Module:
    """The network whose gradients are averaged over the processes, weights equal at the start; alone, itself."""
    return DistributedDataParallel(network, broadcast_buffers=False) if dist.is_initialized() else network


class BatchNorm2d(nn.BatchNorm2d):
    """Batch norm without affine, in training with the moments of the whole batch, whichever process has its samples.

    torch's SyncBatchNorm does the same on GPUs alone.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (batch, channels, y, x)."""
        if not (self.training and dist.is_initialized()):
            return super().forward(x)
        wide = x.float()
        count = sum_over_processes(wide.new_tensor(x[:, 0].numel()))
        mean = sum_over_processes(wide.sum(SAMPLES, keepdim=True)) / count
        centred = wide - mean
        variance = sum_over_processes(centred.square().sum(SAMPLES, keepdim=True)) / count
        with torch.no_grad():
            self.running_mean.lerp_(mean.flatten(), self.momentum)
            self.running_var.lerp_(variance.flatten() * count / (count - 1), self.momentum)
            self.num_batches_tracked += 1
        return (centred * (variance + self.eps).rsqrt()).to(x.dtype)
