"""A training takes its memory from the system once."""

import resource

import numpy as np
import pytest

from zoo.memory import keep_freed_memory


def test_memory_that_was_freed_is_used_again():
    if not keep_freed_memory():
        pytest.skip("this C library takes no advice")
    size, count, rounds = 2**19, 30, 10  # 2 MB each: from 4 MB on NumPy asks for huge pages
    pages = 4 * size * count / resource.getpagesize()

    def fill_and_forget():
        arrays = [np.ones(size, np.float32) for _ in range(count)]
        del arrays

    fill_and_forget()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        fill_and_forget()
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    assert faults < pages  # of one round; without the advice it is nearly ten times as many
