"""The networks of the surrogate against Liu et al. (2018), their counts, and persistence."""

import numpy as np
import pytest
import torch

from superice.errors import InputError
from superice.network.unet import count_parameters
from superice.surrogate.network import PartialConvolution, Sea, build_surrogate
from superice.surrogate.settings import SurrogateNetworkSettings


def test_partial_convolution_is_that_of_liu_et_al():
    """Their Eq. 1, evaluated window by window: W (X o M) sum(1)/sum(M) + b where sum(M) > 0."""
    torch.manual_seed(0)
    layer = PartialConvolution(3, 4).double()
    torch.nn.init.normal_(layer.bias)
    x = torch.randn(2, 3, 7, 9, dtype=torch.float64)
    mask = (torch.rand(2, 1, 7, 9) > 0.5).double()
    mask[0, 0, :4, :4] = 0  # windows without any sea
    found = layer(x, Sea.from_mask(mask, (3,))).detach().numpy()
    padded_x, padded_m = (np.pad(part.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1))) for part in (x, mask))
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    whole = 0
    for sample, row, column in np.ndindex(2, 7, 9):
        window = np.s_[sample, :, row : row + 3, column : column + 3]
        seen = padded_m[window].sum()
        whole += seen == 0
        inside = weight * (padded_x[window] * padded_m[window])[None]
        expected = bias + (inside.sum((1, 2, 3)) * 9 / seen if seen else 0)
        assert np.allclose(found[sample, :, row, column], expected, atol=1e-10)
    assert whole > 0


@pytest.mark.parametrize(("filters", "count"), [(32, 2_374_945), (16, 595_345)])
def test_the_unet_has_the_papers_number_of_parameters(filters, count):
    """Keras also counts the running means and variances of the batch norms, which are not trained."""
    network = build_surrogate(SurrogateNetworkSettings(filters=filters, inputs=10))
    running = sum(b.numel() for name, b in network.named_buffers() if "running" in name)
    assert count_parameters(network) + running == count


@pytest.mark.parametrize("kind", ["unet", "residual"])
def test_untrained_network_is_persistence(kind):
    network = build_surrogate(SurrogateNetworkSettings(kind=kind, filters=8, inputs=3))
    change = network(torch.randn(2, 3, 8, 12), (torch.rand(2, 1, 8, 12) > 0.3).float())
    assert change.shape == (2, 1, 8, 12) and (change == 0).all()


def randomised(kind):
    torch.manual_seed(1)
    network = build_surrogate(SurrogateNetworkSettings(kind=kind, filters=8, inputs=3)).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return network


@pytest.mark.parametrize("kind", ["unet", "residual"])
@torch.no_grad()
def test_values_on_land_change_nothing_at_sea(kind):
    network, mask = randomised(kind), torch.ones(1, 1, 16, 16)
    mask[..., :6, :5] = 0
    fields = torch.randn(1, 3, 16, 16)
    change = network(fields, mask)
    assert (change[mask == 0] == 0).all() and change.abs().max() > 1e-3
    assert torch.equal(change, network(torch.where(mask > 0, fields, 99.0), mask))


@torch.no_grad()
def test_padding_is_land():
    """A field surrounded by land gives the same as alone; fields of any size can therefore be padded."""
    network = randomised("residual")
    fields, mask = torch.randn(1, 3, 12, 12), torch.ones(1, 1, 12, 12)
    pad = lambda part: torch.nn.functional.pad(part, (8, 8, 8, 8))
    assert torch.allclose(network(pad(fields), pad(mask))[..., 8:-8, 8:-8], network(fields, mask), atol=1e-5)


def test_unknown_kind_is_refused():
    with pytest.raises(InputError, match=r"surrogate\.network\.kind: 'lstm' is unknown; known are unet, residual"):
        build_surrogate(SurrogateNetworkSettings(kind="lstm"))
