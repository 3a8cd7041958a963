"""Damaged copies of product files: refused, or unchanged but for the bytes that were damaged."""

import os
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from product_files import write_concentration, write_drift, write_thickness

from superice.errors import InputError
from superice.readers import cs2smos, osisaf_concentration, osisaf_drift

REAL = os.environ.get("SUPERICE_REAL_DATA")
APRIL = date(2022, 4, 12)
PRODUCTS = {"thickness": cs2smos, "concentration": osisaf_concentration, "drift": osisaf_drift}
COPIES = 8


def write_file(folder, kind):
    """Write a file of a product with random fields, in the provider's layout."""
    random = np.random.default_rng(0)
    if kind == "thickness":
        return write_thickness(folder, APRIL, random.uniform(0.1, 4, (432, 432)))
    if kind == "concentration":
        return write_concentration(folder, APRIL, random.uniform(0, 100, (432, 432)))
    shape = (177, 119)
    return write_drift(folder, APRIL, *random.uniform(-20, 20, (2, *shape)), np.full(shape, 30))


SOURCES = {
    **{f"written {kind}": (kind, APRIL, None) for kind in PRODUCTS},
    "real thickness": ("thickness", APRIL, "cs2smos"),
    "real concentration, 25 km": ("concentration", date(2019, 9, 10), "osisaf_sic"),
    "real concentration, 10 km": ("concentration", date(2019, 9, 9), "osisaf_sic"),
    "real drift": ("drift", APRIL, "osisaf_drift"),
}


@pytest.fixture(scope="module", params=SOURCES)
def source(request, tmp_path_factory):
    """Reader, date and file of a product, and the fields read from the undamaged file."""
    kind, day, folder = SOURCES[request.param]
    if folder is None:
        path = write_file(tmp_path_factory.mktemp("whole"), kind)
    elif REAL is None:
        pytest.skip("SUPERICE_REAL_DATA is not set")
    else:
        path = PRODUCTS[kind].find(Path(REAL) / folder, day)
    return PRODUCTS[kind], day, path, fields(PRODUCTS[kind].read(path, day))


def fields(read):
    names = [name for name in ("thickness", "concentration", "u", "v") if hasattr(read, name)]
    return [getattr(read, name) for name in names]


def cut(content, random):
    return content[: random.integers(len(content))], 0


def scattered(content, random):
    for place in random.integers(0, len(content) - 8, 40):
        content[place : place + 8] = random.bytes(8)
    return content, 320


def zeroed(content, random):
    length = min(int(2 ** random.integers(6, 14)), len(content) // 2)
    place = random.integers(0, len(content) - length)
    content[place : place + length] = bytes(length)
    return content, length


def noisy(content, random):
    length = min(int(2 ** random.integers(6, 14)), len(content) // 2)
    place = random.integers(0, len(content) - length)
    content[place : place + length] = random.bytes(length)
    return content, length


def flipped_in_the_header(content, random):
    for place in random.integers(0, min(len(content), 8192), 3):
        content[place] ^= 1 << random.integers(8)
    return content, 3


@pytest.mark.parametrize("damage", [cut, scattered, zeroed, noisy, flipped_in_the_header])
def test_no_junk_is_let_through(source, damage, tmp_path):
    reader, day, whole, expected = source
    random = np.random.default_rng(7)
    for _ in range(COPIES):
        content, damaged_bytes = damage(bytearray(whole.read_bytes()), random)
        path = tmp_path / whole.name
        path.write_bytes(content)
        try:
            read = fields(reader.read(path, day))
        except InputError as refusal:
            assert str(path) in str(refusal)
            continue
        for field, truth in zip(read, expected, strict=True):
            assert field.shape == truth.shape
            changed = ~((field == truth) | (np.isnan(field) & np.isnan(truth)))
            assert changed.sum() <= damaged_bytes
