"""The requests that an export brings along: those of its README, ready to be copied, and those that warm it up."""

import re

import pytest
import tensorflow as tf

from tests.serving.upper import post
from zoo.serving import deployment
from zoo.serving.development import DevelopmentServer
from zoo.serving.facts import read_metadata
from zoo.serving.instructions import README
from zoo.serving.requests import WARM_UP, read_warm_up

# One that tags, one that writes, one of two texts, one that fills blanks, and how many of their signatures a text asks.
EXPORTS = {
    ("birnn", "tiny-names"): 4,
    ("ngram", "tiny-stories"): 4,
    ("bag_of_words", "tiny-inference"): 4,
    ("bag_of_words", "tiny-pretraining"): 4,
}


@pytest.fixture(scope="module", params=EXPORTS, ids="-".join)
def served(exports, request):
    """An export, the number of its requests, and a server of it, which has answered the requests for its warm-up."""
    export = exports(*request.param)
    with DevelopmentServer(export.folder.parent) as server:
        yield export, EXPORTS[request.param], server


def test_each_request_of_the_readme_is_answered(served):
    export, count, server = served
    text = (export.folder.parent / README).read_text(encoding="utf-8")
    asked = re.findall(r"curl -d '(.*)' \\\n  http://localhost:8501(\S+)\n", text)
    assert len(asked) == count
    for body, path in asked:
        status, document = post(server, body.replace("'\\''", "'").encode(), path)
        assert (status, len(document.get("predictions", []))) == (200, 1), document
    for name in read_metadata(export.folder)["signatures"]:
        assert f"### `{name}`" in text


def test_the_python_of_the_readme_is_answered(served, monkeypatch):
    export, _, server = served
    folder = export.folder.parent
    pieces = (folder / README).read_text(encoding="utf-8").split("```python\n")[1:]
    remote, local = [piece.partition("```")[0] for piece in pieces]
    signatures = read_metadata(export.folder)["signatures"]
    answered, said = {}, {}
    exec(remote.replace("localhost:8500", f"127.0.0.1:{server.grpc_port}"), answered)
    assert set(answered["response"].outputs) == set(signatures["serving_default"]["outputs"])
    monkeypatch.chdir(folder)
    exec(local, said)
    assert set(said["model"].signatures) == set(signatures)


def test_the_readme_says_what_merging_asks_of_a_client(served):
    text = " ".join((served[0].folder.parent / README).read_text(encoding="utf-8").split())
    assert f"a request has {deployment.MOST_ROWS} texts at most" in text
    assert "inputs may be left out beside one text only" in text
    assert "are refused together (FAILED_PRECONDITION) where their rows are not equally wide" in text


def test_warm_up_asks_every_signature_about_real_texts(served):
    export = served[0]
    requests = read_warm_up(export.folder)
    assert (export.folder / "assets.extra" / WARM_UP).exists()
    names = set(read_metadata(export.folder)["signatures"]) - {"detokenize"}  # which a text alone does not ask
    assert {request.model_spec.signature_name for request in requests} == names
    kind, field = export.run.kind, export.run.kind.fields[0]
    texts = {
        text for request in requests if field in request.inputs for text in tf.make_ndarray(request.inputs[field])
    }
    real = [kind.show_input(example)[field] for example in export.run.task.examples("validation")]
    assert texts and all(any(whole.startswith(text.decode()) for whole in real) for text in texts)
