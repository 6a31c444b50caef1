"""The development server under real clients: what they ask of it, and what they should not."""

import http.client
import json
import socket

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)

from tests.serving.upper import get, post
from zoo.serving.development import DevelopmentServer
from zoo.serving.limits import Limits
from zoo.serving.requests import predict_request

LIMITS = Limits(workers=2, body_bytes=100_000, batch_size=16, seconds=5.0)


@pytest.fixture(scope="module")
def server(upper):
    with DevelopmentServer(upper, limits=LIMITS) as server:
        yield server


@pytest.fixture
def predictions(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        yield prediction_service_pb2_grpc.PredictionServiceStub(channel)


# -- what is asked ----------------------------------------------------------------------------------------------------


def test_rest_answers_by_rows_and_by_columns(server):
    status, document = post(server, {"instances": ["사과 a", "b"]})
    assert (status, document) == (
        200,
        {"predictions": [{"upper": "사과 A", "version": 1}, {"upper": "B", "version": 1}]},
    )
    status, document = post(server, {"inputs": {"text": ["a"]}}, "/v1/models/upper/versions/1:predict")
    assert (status, document) == (200, {"outputs": {"upper": ["A"], "version": [1]}})
    status, document = post(server, {"signature_name": "fail", "instances": [{"text": "good"}]})
    assert (status, document) == (200, {"predictions": ["good"]})


def test_rest_tells_status_and_metadata(server):
    available = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    assert get(server, "/v1/models/upper") == (200, {"model_version_status": [available]})
    assert get(server, "/v1/models/upper/versions/1") == (200, {"model_version_status": [available]})
    status, document = get(server, "/v1/models/upper/metadata")
    assert (status, document["model_spec"]["name"], document["model_spec"]["version"]) == (200, "upper", "1")
    signature = document["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["inputs"]["text"]["dtype"] == "DT_STRING"
    assert set(signature["outputs"]) == {"upper", "version"}


def test_grpc_answers(server, predictions):
    response = predictions.Predict(predict_request("upper", "serving_default", {"text": ["사과", "b"]}), timeout=60)
    assert [text.decode() for text in tf.make_ndarray(response.outputs["upper"])] == ["사과", "B"]
    assert (response.model_spec.name, response.model_spec.version.value) == ("upper", 1)
    filtered = predict_request("upper", "", {"text": ["a"]}, version=1)
    filtered.output_filter.append("version")
    assert list(predictions.Predict(filtered, timeout=60).outputs) == ["version"]


def test_grpc_tells_status_and_metadata(server, predictions):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "upper"
    definitions = get_model_metadata_pb2.SignatureDefMap()
    predictions.GetModelMetadata(request, timeout=60).metadata["signature_def"].Unpack(definitions)
    assert set(definitions.signature_def) == {"serving_default", "fail"}
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = "upper"
        response = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(request, timeout=60)
    (status,) = response.model_version_status
    assert (status.version, status.state) == (1, get_model_status_pb2.ModelVersionStatus.AVAILABLE)


def test_no_text_has_no_answer(server, predictions):
    assert post(server, {"inputs": {"text": []}}) == (200, {"outputs": {"upper": [], "version": []}})
    response = predictions.Predict(predict_request("upper", "", {"text": tf.zeros([0], tf.string)}), timeout=60)
    assert tf.make_ndarray(response.outputs["upper"]).shape == (0,)


# -- what should not be asked -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "path", "status", "message"),
    [
        (b"{not json", "/v1/models/upper:predict", 400, "JSON Parse error"),
        ({"instances": [1]}, "/v1/models/upper:predict", 400, "not of expected type: string"),
        ({"instances": [["a"], ["b"]]}, "/v1/models/upper:predict", 400, "must have the shape"),
        ({"instances": ["a"]}, "/v1/models/lower:predict", 404, "Servable not found"),
        ({"instances": ["a"]}, "/v1/models/upper/versions/7:predict", 404, "Servable not found"),
        ({"instances": ["a"]}, "/v1/models/upper:guess", 400, "Malformed request"),
        ({"examples": [{"text": "a"}]}, "/v1/models/upper:classify", 501, "answers :predict only"),
        ({"examples": [{"text": "a"}]}, "/v1/models/upper/versions/1:regress", 501, "answers :predict only"),
        ({"instances": ["a"]}, "/v1/nothing", 400, "Malformed request"),
        ({"instances": ["a"]}, "/elsewhere", 404, "Not Found"),
        ({"signature_name": "none", "instances": ["a"]}, "/v1/models/upper:predict", 400, "fail, serving_default"),
        ({"signature_name": "fail", "instances": ["bad"]}, "/v1/models/upper:predict", 400, "the text is bad"),
        ({"instances": ["a"] * 17}, "/v1/models/upper:predict", 400, "larger than maximum input batch size 16"),
        (b'{"instances": ["' + b"a" * 200_000 + b'"]}', "/v1/models/upper:predict", 413, "reads 100000 at most"),
    ],
)
def test_rest_refuses_with_the_status_of_tf_serving_and_lives_on(server, body, path, status, message):
    found, document = post(server, body, path)
    assert found == status
    assert message in document["error"]
    assert post(server, {"instances": ["a"]})[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("PUT", "/v1/models/upper:predict", 405, "PUT is not possible here: GET, POST are"),
        ("DELETE", "/v1/models/upper", 405, "DELETE is not possible here"),
        ("GUESS", "/v1/models/upper", 405, "GUESS is not possible here"),
        ("PATCH", "/elsewhere", 404, "Not Found: /elsewhere"),
        ("POST", "/elsewhere", 404, "Not Found: /elsewhere"),
        ("GET", "/", 404, "Not Found: /"),
        ("GET", "/v1/models/lower", 404, "Servable not found"),
        ("GET", "/v1/models/upper:predict", 400, "Malformed request: GET /v1/models/upper:predict"),
        ("GET", "/v1/models/upper/versions/" + "9" * 5000, 400, "Malformed request"),
        ("GET", "/" + "a" * 70_000, 414, "Too Long"),
    ],
)
def test_other_methods_and_paths_are_refused_in_json(server, method, path, status, message):
    client = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)
    body = json.dumps({"instances": ["a"]}) if method != "GET" else None
    for _ in range(2):  # the body of the first is not taken for the second
        client.request(method, path, body)
        response = client.getresponse()
        assert response.headers["Content-Type"] == "application/json"
        assert (response.status, response.headers["Allow"]) == (status, "GET, POST" if status == 405 else None)
        assert message in json.load(response)["error"]
    client.close()


def test_head_has_no_body(server):
    client = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)
    client.request("HEAD", "/v1/models/upper")
    response = client.getresponse()
    assert (response.status, response.read()) == (405, b"")
    client.close()


def test_rest_lives_on_after_what_is_no_http(server):
    for sent in (b"\x00\xff\r\n\r\n", b"POST /v1/models/upper:predict HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"GET /"):
        with socket.create_connection(("127.0.0.1", server.rest_port), timeout=30) as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            client.recv(10_000)
    assert post(server, {"instances": ["a"]})[0] == 200


def test_a_connection_serves_many_requests(server):
    client = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)
    for text, status in (("a", 200), (1, 400), ("b", 200)):
        client.request("POST", "/v1/models/upper:predict", json.dumps({"instances": [text]}))
        response = client.getresponse()
        document = json.load(response)
        assert response.status == status
        assert status != 200 or document["predictions"][0]["upper"] == text.upper()
    client.close()


def broken(change):
    request = predict_request("upper", "serving_default", {"text": ["a"]})
    change(request)
    return request


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda r: setattr(r.model_spec, "name", "lower"), grpc.StatusCode.NOT_FOUND),
        (lambda r: setattr(r.model_spec.version, "value", 7), grpc.StatusCode.NOT_FOUND),
        (lambda r: setattr(r.model_spec, "version_label", "x"), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda r: setattr(r.model_spec, "signature_name", "none"), grpc.StatusCode.FAILED_PRECONDITION),
        (lambda r: r.ClearField("model_spec"), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda r: r.inputs.clear(), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda r: r.inputs["more"].CopyFrom(r.inputs["text"]), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda r: r.inputs["text"].CopyFrom(tf.make_tensor_proto([1.5])), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda r: r.inputs["text"].CopyFrom(tf.make_tensor_proto([["a"]])), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda r: setattr(r.inputs["text"].tensor_shape.dim[0], "size", 10**12), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda r: setattr(r.inputs["text"].tensor_shape.dim[0], "size", -2), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda r: setattr(r.inputs["text"], "dtype", 99), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda r: r.output_filter.append("lower"), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda r: r.inputs["text"].CopyFrom(tf.make_tensor_proto(["a"] * 17)), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda r: r.inputs["text"].CopyFrom(tf.make_tensor_proto(["a" * 10**6])), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
def test_grpc_refuses_with_the_status_of_tf_serving_and_lives_on(predictions, change, code):
    with pytest.raises(grpc.RpcError) as caught:
        predictions.Predict(broken(change), timeout=60)
    assert caught.value.code() == code, caught.value.details()
    assert predictions.Predict(broken(lambda request: None), timeout=60).outputs


def test_other_calls_are_unimplemented(predictions):
    with pytest.raises(grpc.RpcError) as caught:
        predictions.Classify(classification_pb2.ClassificationRequest(), timeout=60)
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_it_listens_on_the_loopback_address_only(server):
    assert server.host == "127.0.0.1"
    own = socket.gethostbyname(socket.gethostname())
    if own.startswith("127."):
        pytest.skip("this machine has no other address of its own")
    with pytest.raises(OSError):
        socket.create_connection((own, server.rest_port), timeout=2).close()
