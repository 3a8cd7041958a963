"""Errors name what is wrong, in a sentence and in columns."""

from superice.errors import InputError


def test_an_error_names_product_file_variable_and_value():
    error = InputError("outside 0 to 20 m", file="a.nc", variable="sit", value=31.5, product="cs2smos")
    assert str(error) == "cs2smos, a.nc, sit: outside 0 to 20 m (found 31.5)"
    assert error.as_record()["value"] == "31.5"
