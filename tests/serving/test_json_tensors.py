"""TF Serving's JSON: what its documentation shows (tensorflow.org/tfx/serving/api_rest), and what it refuses."""

import json

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from zoo.serving.json_tensors import parse, to_arrays, to_document
from zoo.serving.limits import ServingError


def definition(**types):
    found = meta_graph_pb2.SignatureDef()
    for name, dtype in types.items():
        found.inputs[name].dtype = tf.as_dtype(dtype).as_datatype_enum
    return found


TAGGED = definition(tag="string", signal="int32", sensor="float32")


def arrays(document, given):
    return to_arrays(parse(json.dumps(document).encode()), given)


def test_rows_of_named_tensors():
    """The documentation's example of three named inputs."""
    rows = [
        {"tag": "foo", "signal": [1, 2, 3, 4, 5], "sensor": [[1, 2], [3, 4]]},
        {"tag": "bar", "signal": [3, 4, 1, 2, 5], "sensor": [[4, 5], [6, 8]]},
    ]
    found = arrays({"instances": rows}, TAGGED)
    assert found["tag"].tolist() == [b"foo", b"bar"]
    assert (found["signal"].shape, found["signal"].dtype) == ((2, 5), np.int32)
    assert (found["sensor"].shape, found["sensor"].dtype) == ((2, 2, 2), np.float32)
    # The same by columns.
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    for name, value in arrays({"inputs": columns}, TAGGED).items():
        np.testing.assert_array_equal(value, found[name])


def test_a_single_input_needs_no_name():
    one = definition(text="string")
    for document in ({"instances": ["foo", "bar"]}, {"inputs": ["foo", "bar"]}, {"inputs": {"text": ["foo", "bar"]}}):
        assert arrays(document, one)["text"].tolist() == [b"foo", b"bar"]
    assert arrays({"instances": [{"b64": "7YWM"}, {"b64": "/w=="}]}, one)["text"].tolist() == ["테".encode(), b"\xff"]
    assert arrays({"inputs": "alone"}, one)["text"].shape == ()


def test_answers_by_rows_and_by_columns():
    outputs = {"word": np.array([[b"a", b""], [b"b", b"c"]], object), "start": np.array([[0, -1], [0, 2]], np.int32)}
    assert to_document(outputs, "instances") == {
        "predictions": [{"word": ["a", ""], "start": [0, -1]}, {"word": ["b", "c"], "start": [0, 2]}]
    }
    assert to_document(outputs, "inputs") == {"outputs": {"word": [["a", ""], ["b", "c"]], "start": [[0, -1], [0, 2]]}}
    assert to_document({"score": np.array([0.1, 1e-7], np.float32)}, "instances") == {"predictions": [0.1, 1e-7]}


def test_bytes_are_base64_where_the_name_says_so():
    outputs = {"image_bytes": np.array([b"\xff\x00"], object)}
    assert to_document(outputs, "instances") == {"predictions": [{"b64": "/wA="}]}
    assert to_document({"text": np.array(["사과".encode()], object)}, "instances") == {"predictions": ["사과"]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "JSON Parse error"),
        (b"{", "JSON Parse error"),
        (b"\xff", "JSON Parse error"),
        (b"[" * 100_000, "JSON Parse error"),
        (b"[1]", "Is not object"),
        (b"{}", "Missing 'inputs' or 'instances' key"),
        (b'{"instances": [1], "inputs": [1]}', "only one of"),
        (b'{"signature_name": 3, "instances": [1]}', "must be a string value"),
        (b'{"instances": []}', "No values"),
        (b'{"instances": "a"}', "list/array"),
        (b'{"instances": [1]}', "expecting list of objects"),
        (b'{"inputs": [1]}', "expecting an object"),
        (b'{"inputs": {"tag": ["a"], "signal": [1]}}', "Missing named input: sensor"),
        (b'{"instances": [{"tag": "a"}]}', "keys must be equal to: sensor,signal,tag"),
        (b'{"instances": [{"tag": "a", "signal": 1, "sensor": 1, "more": 1}]}', "keys must be equal to"),
        (b'{"instances": [{"tag": "a", "signal": 1.5, "sensor": 1}]}', "not of expected type: int32"),
        (b'{"instances": [{"tag": "a", "signal": true, "sensor": 1}]}', "not of expected type: int32"),
        (b'{"instances": [{"tag": "a", "signal": 3000000000, "sensor": 1}]}', "not of expected type: int32"),
        (b'{"instances": [{"tag": 1, "signal": 1, "sensor": 1}]}', "not of expected type: string"),
        (b'{"instances": [{"tag": {"b64": "?"}, "signal": 1, "sensor": 1}]}', "base64"),
        (b'{"instances": [{"tag": "\\ud800", "signal": 1, "sensor": 1}]}', "Unicode"),
        (b'{"inputs": {"tag": ["a"], "signal": [[1, 2], [3]], "sensor": [1]}}', "unexpected size: 1 at level: 1"),
        (b'{"inputs": {"tag": ["a"], "signal": [1, [2]], "sensor": [1]}}', "unexpected size"),
        (b'{"inputs": {"tag": ["a"], "signal": [[1], 2], "sensor": [1]}}', "incorrect level"),
        (b'{"inputs": {"tag": ["a"], "signal": ' + b"[" * 500 + b"]" * 500 + b', "sensor": [1]}}', "levels"),
    ],
)
def test_what_is_no_request_is_refused_with_a_reason(body, message):
    with pytest.raises(ServingError, match=message) as caught:
        to_arrays(parse(body), TAGGED)
    assert caught.value.http_status == 400
