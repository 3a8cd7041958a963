"""Checkpoints that a training cannot resume from, made from one that it can."""

import pickle

import numpy as np
import torch


def _change(edit):
    """Return a function that edits the content of a checkpoint."""

    def write(path):
        content = torch.load(path, weights_only=True)
        torch.save(edit(content), path)

    return write


def _lack(key):
    return _change(lambda content: {name: value for name, value in content.items() if name != key})


def _replace(**parts):
    return _change(lambda content: content | parts)


UNUSABLE = {
    "plain_pickle": (lambda path: path.write_bytes(pickle.dumps({"training": "x"})), "is damaged"),
    "no_zip": (lambda path: path.write_text("version https://git-lfs.github.com/spec/v1"), "is damaged"),
    "numpy_numbers": (_replace(history=[{"epoch": np.float64(1)}]), "is damaged"),
    "list": (_change(lambda content: [1, 2]), "is not a checkpoint of this program"),
    "tensor": (_change(lambda content: torch.zeros(2)), "is not a checkpoint of this program"),
    "other_program": (
        _change(lambda content: {"epoch": 3, "model_state_dict": {}}),
        "is not a checkpoint of this program",
    ),
    **{f"lacks_{key}": (_lack(key), "is of another version") for key in ("scheduler", "history", "noise", "average")},
    "other_shapes": (_replace(network=torch.nn.Linear(3, 3).state_dict()), "is of another version"),
    "other_optimizer": (_replace(optimizer={"state": {}, "param_groups": []}), "is of another version"),
    "older_history": (_replace(history=[{"epoch": 1, "loss": 0.5}]), "is of another version"),
    "history_of_numbers": (_replace(history=[1, 2]), "is of another version"),
    "noise_as_text": (_replace(noise="none"), "is of another version"),
}
