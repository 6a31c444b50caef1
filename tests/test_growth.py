"""How time and memory grow: what theory counts, by hand; and a measurement from end to end at a tiny size."""

import json

import pytest
from click.testing import CliRunner

from benchmarks import growth


def point(name, grows, **sizes):
    return {"model": name, "grows": grows, **growth.USUAL, **sizes}


def test_theory_counts_each_matrix_once_a_token_and_attention_once_a_pair():
    # One layer, d 128, 4 heads, inner layer 512: an LSTM has 4 gates of two 128 x 128 matrices.
    assert growth.multiplications("rnn", 10, 1, 1) == 10 * 8 * 128 * 128
    # Query, key, value and output; in and out of the inner layer; scores and weighted sums of 10 x 10 pairs.
    assert growth.multiplications("gpt", 10, 1, 1) == 10 * (4 * 128 * 128 + 2 * 128 * 512) + 2 * 10 * 10 * 128
    # Encoder and decoder; the decoder attends twice.
    encoder_and_decoder = 10 * (4 + 8) * 128 * 128 + 2 * 10 * 2 * 128 * 512 + 3 * 2 * 10 * 10 * 128
    assert growth.multiplications("transformer", 10, 1, 1) == encoder_and_decoder
    for name in growth.MODELS:
        assert growth.multiplications(name, 10, 3, 5) == 15 * growth.multiplications(name, 10, 1, 1)


def test_powers_are_those_of_the_last_doubling():
    points = [point("gpt", "length", length=n, seconds=n**2 / 10, bytes=n) for n in (256, 512, 1024)]
    assert growth.exponent(points, "seconds") == pytest.approx(2.0)
    assert growth.exponent(points, "bytes") == pytest.approx(1.0)
    far = [point("gpt", "length", length=n) for n in (10**6, 2 * 10**6)]
    assert growth.exponent(far, "seconds", growth.multiplications) == pytest.approx(2.0, abs=0.01)
    recurrent = [point("rnn", "length", length=n) for n in (256, 512)]
    assert growth.exponent(recurrent, "seconds", growth.multiplications) == pytest.approx(1.0)


def test_growth_is_measured_written_down_and_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(growth, "SIZES", {"length": (8, 16), "batch": (1, 2)})
    monkeypatch.setattr(growth, "MODELS", ("gpt",))
    # In a process of its own, as always: what other tests have freed here would be taken first, and not be counted.
    measured = growth.measure("rnn", {"length": 8, "layers": 1, "batch": 2})
    assert measured["seconds"] > 0 and measured["bytes"] > 0
    monkeypatch.setattr(growth, "measure", lambda name, sizes: {"seconds": 0.01 * sizes["length"], "bytes": 1e6})
    done = CliRunner().invoke(growth.main, ["--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    points = json.loads((tmp_path / "growth.json").read_text())["points"]
    assert [(each["grows"], each["length"], each["batch"]) for each in points] == [
        ("length", 8, 1), ("length", 16, 1), ("batch", 256, 1), ("batch", 256, 2)
    ]  # fmt: skip
    assert "<svg" in (tmp_path / "growth.svg").read_text()
    assert "1.00 (1.0" in done.output, "twice the length, twice the time; theory beside it"
