"""What becomes of a text that is longer than the model reads, and how an export says so that was told to refuse it."""

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_service_pb2_grpc

import zoo
from tests.command_line import zoo as command
from tests.serving.upper import post
from zoo.registry import UnknownNameError
from zoo.serving.development import DevelopmentServer
from zoo.serving.limits import in_one_line
from zoo.serving.requests import predict_request


@pytest.fixture(scope="module")
def cuts(exports):
    return exports("bag_of_words", "tiny-inference")


@pytest.fixture(scope="module")
def refusing(cuts, tmp_path_factory):
    """The folder of the version that refuses."""
    return zoo.export(cuts.run, tmp_path_factory.mktemp("refusing") / "model", too_long="refuse")


@pytest.fixture(scope="module")
def texts(cuts):
    """Two questions, of which one is too long by a word; and how many tokens are read."""
    most = cuts.run.kind.facts["max_length"]
    word = cuts.records[0]["text"].split()[0]
    return {"text": [word, word], "text_pair": [word, " ".join([word] * (most + 1))]}, most


def test_it_is_cut_or_refused_as_the_export_was_told(cuts, refusing, texts):
    texts, most = texts
    word = texts["text"][0]
    (short,) = zoo.predict(cuts.run, [{"text": word, "text_pair": " ".join([word] * most)}])
    asked = {name: tf.constant(values) for name, values in texts.items()}
    said = tf.saved_model.load(str(cuts.folder)).signatures["serving_default"](**asked)
    assert said["probabilities"][1].numpy() == pytest.approx(short["probabilities"], abs=1e-6)
    refuses = tf.saved_model.load(str(refusing)).signatures
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"too long: at most {most} tokens are read"):
        refuses["serving_default"](**asked)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"token_ids is too long"):
        refuses["tokens"](token_ids=tf.ones([1, 500], tf.int32), segment_ids=tf.zeros([1, 500], tf.int32))
    allowed = {name: value[:1] for name, value in asked.items()}
    assert refuses["serving_default"](**allowed)["label"].shape == (1,)
    with pytest.raises(UnknownNameError, match=r"'trim'.*cut, refuse"):
        zoo.export(cuts.run, refusing.parent, too_long="trim")


def test_whoever_asks_reads_the_one_line_of_ours(refusing, texts):
    texts, most = texts
    said = f"the text pair is too long: at most {most} tokens are read, so shorten or split it. Tokens of each row: 1"
    said = f"{said} {most + 1}"
    lines = "".join("\t".join(parts) + "\n" for parts in zip(*texts.values(), strict=True))
    with DevelopmentServer(refusing.parent, "model") as server:
        http, address = f"http://127.0.0.1:{server.rest_port}/model", f"127.0.0.1:{server.grpc_port}"
        assert post(server, {"inputs": texts}, "/v1/models/model:predict") == (400, {"error": said})
        with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as caught:
            prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(predict_request("model", "", texts))
        assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.INVALID_ARGUMENT, said)
        for place, before in (
            (refusing, ""),
            (http, "the server says 400: "),
            (f"grpc://{address}/model", "the server says INVALID_ARGUMENT: "),
        ):
            done = command("predict", place, input=lines)
            assert (done.exit_code, done.stderr) == (2, f"zoo: {before}{said}\n")


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (  # of TensorFlow 2.21
            "Graph execution error:\n\nDetected at node A/Assert defined at (most recent call last):\n"
            "<stack traces unavailable>\nassertion failed: [too long. Rows:] [3 90]\n\t [[{{node A/Assert}}]] "
            "[Op:__inference_signature_wrapper_ask_7298]",
            "too long. Rows: 3 90",
        ),
        ("assertion failed: [too long. Rows:] [3 90]\n\t [[{{node A}}]]", "too long. Rows: 3 90"),  # of a server in C++
        (
            "2 root error(s) found.\n  (0) INVALID_ARGUMENT: assertion failed: [first] [1]\n\t [[{{node A}}]]\n\t "
            "[[B/_3]]\n  (1) INVALID_ARGUMENT: assertion failed: [second] [1]\n\t [[{{node A}}]]",
            "first 1",
        ),
        (
            "Graph execution error:\n\nDetected at node G defined at (most recent call last):\n"
            "<stack traces unavailable>\nindices[0,0] = 1000000 is not in [0, 451)\n\t [[{{node G}}]] [Op:__x_3899]",
            "indices[0,0] = 1000000 is not in [0, 451)",
        ),
        ("Servable not found for request: Latest(x)", "Servable not found for request: Latest(x)"),
    ],
)
def test_what_tensorflow_puts_around_an_error_is_left_out(message, line):
    assert in_one_line(message) == line
