"""A training takes its memory from the system once, and is refused where it needs more than there is."""

import resource

import numpy as np
import pytest

from zoo import needs
from zoo.memory import keep_freed_memory
from zoo.runs import parse_model
from zoo.settings import SettingError, replace


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


@pytest.fixture
def of_16_gigabytes(monkeypatch):
    monkeypatch.setattr(needs, "physical_memory", lambda: 16 * 10**9)


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        # 10^7 positions of 128 numbers, each with 28 bytes.
        ("gpt", {"max_sequence_length": 10**7}, "=10000000 needs 36 GB .* smaller max_sequence_length"),
        # 10^5 layers of 12 x 128^2 weights in matrices and 13 x 128 in biases and norms: told without making them.
        ("gpt", {"num_layers": 10**5}, "gpt with num_layers=100000 needs 555 GB .* choose a smaller num_layers"),
        # 774 M parameters, as released.
        ("gpt:gpt2-large", {}, "gpt with vocabulary_size=50257 needs 22 GB .* this machine has 16 GB"),
    ],
)
def test_a_model_that_is_too_large_is_refused_before_its_weights_are_made(name, changes, told, of_16_gigabytes):
    family, _, config = parse_model(name)
    with pytest.raises(SettingError, match=told):
        needs.check_weights(family, replace(config, changes))


def test_what_fits_is_not_refused(of_16_gigabytes):
    for name in ("gpt:gpt2-medium", "transformer:multi30k", "bag_of_words"):
        family, _, config = parse_model(name)
        needs.check_weights(family, config)
    family, _, config = parse_model("gpt:gpt2-large")
    needs.check_weights(family, config, learns=False)


def test_a_batch_that_cannot_be_computed_is_refused(of_16_gigabytes):
    _, _, config = parse_model("gpt", "gpt2-small")  # 12 layers of 12 heads, 768 numbers
    needs.check_batch(config, 8, 1024, "float32")
    # 12 layers x 64 texts x 1024 tokens x (768 + 12 x 1024) numbers of 4 bytes are 41 GB.
    with pytest.raises(SettingError, match=r"a batch of 64 texts of 1024 tokens needs 41 GB at least.* batch_size"):
        needs.check_batch(config, 64, 1024, "float32")
    needs.check_batch(config, 16, 1024, "mixed_bfloat16")
