"""A small model whose answers tell which question they belong to, and how a server of it is asked."""

import json
import urllib.error
import urllib.request

import tensorflow as tf


class Upper(tf.Module):
    """A model whose answer tells which question it belongs to: the text in capitals, and the version's number."""

    def __init__(self, version, pause):
        self.version = tf.Variable(version)
        self.pause = pause

    def answer(self, text):
        numbers = tf.random.uniform([self.pause, self.pause])
        slow = tf.cast(tf.reduce_any(numbers @ numbers < 0.0), tf.int32)  # 0, but that takes a moment
        version = tf.fill(tf.shape(text), self.version + slow)
        return {"upper": tf.strings.upper(text, encoding="utf-8"), "version": version}

    def fail(self, text):
        tf.debugging.Assert(tf.reduce_all(text != "bad"), ["the text is bad"])
        return {"text": text}


def write_version(directory, version, pause=0):
    """A version as an export writes it: aside first, then moved."""
    model = Upper(version, pause)
    signatures = {
        name: tf.function(function, input_signature=[tf.TensorSpec([None], tf.string, name="text")])
        for name, function in (("serving_default", model.answer), ("fail", model.fail))
    }
    aside = directory / f".partial-{version}"
    tf.saved_model.save(model, aside, signatures)
    aside.rename(directory / str(version))


def post(server, body, path="/v1/models/upper:predict"):
    """Status and document of a REST request."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{server.rest_port}{path}", body)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def get(server, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.rest_port}{path}", timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
