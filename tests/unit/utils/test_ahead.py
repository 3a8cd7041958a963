"""Work ahead of the caller: order, errors, and how far ahead."""

import threading

import pytest

from superice.utils.ahead import work_ahead


def test_items_come_in_their_order():
    assert list(work_ahead(range(5))) == [0, 1, 2, 3, 4]
    assert list(work_ahead([])) == []
    assert list(work_ahead([None, None])) == [None, None]


def test_next_item_is_made_while_the_caller_works():
    is_second_made = threading.Event()

    def make():
        yield 1
        is_second_made.set()
        yield 2

    items = work_ahead(make())
    assert next(items) == 1
    assert is_second_made.wait(timeout=60)  # without asking for it
    assert list(items) == [2]


def test_no_more_than_one_item_is_made_ahead():
    made = []

    def make():
        for number in range(10):
            made.append(number)
            yield number

    items = work_ahead(make())
    next(items)
    items.close()
    assert made == [0, 1]


def test_error_is_raised_in_the_place_of_its_item():
    def make():
        yield 1
        raise ValueError("no second")

    items = work_ahead(make())
    assert next(items) == 1
    with pytest.raises(ValueError, match="no second"):
        next(items)
