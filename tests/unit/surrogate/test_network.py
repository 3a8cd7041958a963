"""The networks of the surrogate against Liu et al. (2018), their counts, and persistence."""

import numpy as np
import pytest
import torch

from superice.errors import InputError
from superice.network.unet import count_parameters
from superice.surrogate.network import PartialConvolution, ResidualBlock, Sea, Stack, build_surrogate
from superice.surrogate.settings import SurrogateNetworkSettings


def test_partial_convolution_is_that_of_liu_et_al_at_sea_and_its_bias_on_land():
    """Their Eq. 1, evaluated window by window: W (X o M) sum(1)/sum(M) + b. Land is never filled in."""
    torch.manual_seed(0)
    layer = PartialConvolution(3, 4).double()
    torch.nn.init.normal_(layer.bias)
    x = torch.randn(2, 3, 7, 9, dtype=torch.float64)
    mask = (torch.rand(2, 1, 7, 9) > 0.5).double()
    mask[0, 0, :4, :4] = 0  # windows without any sea
    found = layer(x, Sea.from_mask(mask, (3,))).detach().numpy()
    padded_x, padded_m = (np.pad(part.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1))) for part in (x, mask))
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    beside_the_sea = 0
    for sample, row, column in np.ndindex(2, 7, 9):
        window = np.s_[sample, :, row : row + 3, column : column + 3]
        seen, at_sea = padded_m[window].sum(), mask[sample, 0, row, column]
        beside_the_sea += bool(seen and not at_sea)
        inside = weight * (padded_x[window] * padded_m[window])[None]
        expected = bias + (inside.sum((1, 2, 3)) * 9 / seen if at_sea else 0)
        assert np.allclose(found[sample, :, row, column], expected, atol=1e-10)
    assert beside_the_sea > 0


def make_coast(seed, size=16):
    """Return random fields (1, 8, y, x) and a mask with land in half of the cells."""
    torch.manual_seed(seed)
    return torch.randn(1, 8, size, size), (torch.rand(1, 1, size, size) > 0.5).float()


@torch.no_grad()
def test_land_says_nothing_of_the_sea_beside_it_to_the_pooling():
    """All cells of land hold one number a channel, whatever the sea holds."""
    stack = Stack([8, 8, 8]).eval()
    fields, mask = make_coast(0)
    sea = Sea.from_mask(mask, (3,))
    on_land = [stack(scale * fields, sea)[:, :, mask[0, 0] == 0] for scale in (1, 100)]
    assert torch.equal(on_land[0], on_land[1]) and (on_land[0] == on_land[0][..., :1]).all()


def test_pooling_over_the_sea_is_the_maximum_of_its_cells():
    fields, mask = make_coast(1)
    mask[..., :4, :4] = 0
    found = Sea.from_mask(mask, (3,)).max_pool(fields).numpy()
    for channel, row, column in np.ndindex(8, 8, 8):
        block = np.s_[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        values = fields[0, channel].numpy()[block][mask[0, 0].numpy()[block] > 0]
        assert found[0, channel, row, column] == (values.max() if values.size else 0)


@torch.no_grad()
@pytest.mark.parametrize("pooling", ["all", "sea"])
def test_what_norms_put_on_land_reaches_the_sea_only_where_land_is_pooled(pooling):
    network, mask = randomised("unet", pooling=pooling), make_coast(2)[1]
    fields = torch.randn(1, 3, 16, 16)
    before = network(fields, mask)
    land = mask == 0
    network.encoder[0].register_forward_hook(lambda stack, inputs, output: output.masked_fill(land, 50.0))
    assert torch.equal(network(fields, mask), before) == (pooling == "sea")


@torch.no_grad()
@pytest.mark.parametrize("kind", ["unet", "residual"])
def test_batch_norms_have_kerass_constants(kind):
    """``moving = 0.99 moving + 0.01 batch``, and a variance of 1 divides by the root of 1.001."""
    norms = [m for m in build_surrogate(SurrogateNetworkSettings(kind=kind, filters=8)).modules()
             if isinstance(m, torch.nn.BatchNorm2d)]  # fmt: skip
    assert len(norms) == {"unet": 5, "residual": 6}[kind]
    for norm in norms:
        x = torch.full((1, norm.num_features, 2, 2), 5.0)
        assert norm.eval()(x).mean() == pytest.approx(5 / 1.001**0.5, rel=1e-6)
        norm.train()(x)
        assert norm.running_mean.mean() == pytest.approx(0.05, rel=1e-5)


@torch.no_grad()
def test_a_residual_block_adds_what_mish_returns():
    """Mish is never below -0.30884 (Misra, 2019), and above it anything."""
    block = ResidualBlock(8, 3)
    torch.nn.init.normal_(block.third.weight)
    fields, mask = make_coast(3)
    added = block(10 * fields, Sea.from_mask(mask, (3,))) - 10 * fields
    assert -0.3089 < added.min() < -0.3 and added.max() > 1


@torch.no_grad()
def test_stem_and_head_of_the_residual_network_are_linear():
    """Its blocks add nothing before they are trained; what is left is homogeneous."""
    network = build_surrogate(SurrogateNetworkSettings(kind="residual", filters=8, inputs=3)).eval()
    torch.nn.init.normal_(network.output.weight)
    fields, mask = torch.randn(1, 3, 8, 8), torch.ones(1, 1, 8, 8)
    once, minus_twice = network(fields, mask), network(-2 * fields, mask)
    assert once.abs().max() > 0.1 and torch.allclose(minus_twice, -2 * once, atol=1e-5)
    network.norm.weight.fill_(3)
    assert torch.allclose(network(fields, mask), 3 * once, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "filters", "count"), [("unet", 32, 2_374_945), ("unet", 16, 595_345), ("residual", 64, 460_545)]
)
def test_a_network_has_the_released_codes_number_of_parameters(kind, filters, count):
    """Keras also counts the running means and variances of the batch norms, which are not trained."""
    network = build_surrogate(SurrogateNetworkSettings(kind=kind, filters=filters, inputs=10))
    running = sum(b.numel() for name, b in network.named_buffers() if "running" in name)
    assert count_parameters(network) + running == count


@pytest.mark.parametrize("kind", ["unet", "residual"])
def test_untrained_network_is_persistence(kind):
    network = build_surrogate(SurrogateNetworkSettings(kind=kind, filters=8, inputs=3))
    change = network(torch.randn(2, 3, 8, 12), (torch.rand(2, 1, 8, 12) > 0.3).float())
    assert change.shape == (2, 1, 8, 12) and (change == 0).all()


def randomised(kind, **shape):
    torch.manual_seed(1)
    network = build_surrogate(SurrogateNetworkSettings(kind=kind, filters=8, inputs=3, **shape)).eval()
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
