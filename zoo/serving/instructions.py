"""What an export says of itself to people: the README.md of its folder."""

import json

import tensorflow as tf

from zoo.serving.deployment import BATCHING, COMPOSE, GRPC_PORT, IMAGE, MODELS, MOST_ROWS, REST_PORT
from zoo.serving.facts import described
from zoo.serving.requests import example_inputs
from zoo.serving.served_model import DEFAULT_SIGNATURE

README = "README.md"
MARK = "Written by `zoo export`"

README_TEXT = """\
# {name}

This is {what}. {mark}, version {version}.
TF Serving {serving} has all operations it needs; in Python it needs `tensorflow` and `tensorflow-text`, no other code.

## Start a server

In this folder:

```
zoo serve . --name {name}  # the real TF Serving where it is installed or Docker is, else a small one
docker compose up  # TF Serving in Docker ({compose}, {models})
```

## Ask it

By REST, one object a text (row by row), or one list an input (`inputs` for `instances`):

{curl}
By gRPC, in Python with `tensorflow-serving-api`:

```python
import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

request = predict_pb2.PredictRequest()
request.model_spec.name = {name!r}
request.model_spec.signature_name = "serving_default"
{grpc_inputs}
service = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel("localhost:{grpc_port}"))
response = service.Predict(request, timeout=30)
{grpc_outputs}
```

In Python, without a server, in this folder:

```python
import numpy as np
import tensorflow as tf
import tensorflow_text  # brings its operations

model = tf.saved_model.load("{version}")
answer = model.signatures["serving_default"]({python_inputs})
{python_outputs}
```

## What it can be asked

B is the number of texts in a request, T of tokens, W of words, N of blanks, C of labels, D the size of a hidden
state. Where rows have unequal lengths, -1 stands behind their ids and positions, "" behind their strings. Positions
count characters (Unicode code points). A text that is too long is {too_long}. An input with a default value may be left
out over gRPC, or have one value for all texts, `[x]`; TF Serving's REST interface wants all of them.

TF Serving merges requests that come at the same time (`{batching}`), and then

- a request has {most_rows} texts at most;
- all inputs of a request have as many rows. A default value has one: inputs may be left out beside one text only;
- requests with ids are refused together (FAILED_PRECONDITION) where their rows are not equally wide: put -1 behind
  them, up to one width for all.

Without its options `--enable_batching` and `--batching_parameters_file` none of the three holds.

{signatures}"""
REFUSED = "refused (INVALID_ARGUMENT, HTTP 400), and with it the requests that the server has merged with it"


def readme(document, kind, signatures, records):
    """The text of the README.md.

    Args:
        document: from :func:`zoo.serving.facts.metadata`.
        kind: the :class:`zoo.kinds.Kind`.
        signatures: name -> :class:`zoo.signatures.Signature`.
        records: texts of the task to ask about.
    """
    first = records[0] if records else dict.fromkeys(kind.fields, "a text")
    lines = [
        f'request.inputs["{name}"].CopyFrom(tf.make_tensor_proto([{json.dumps(first[name], ensure_ascii=False)}]))'
        for name in kind.fields
    ]
    outputs = signatures[DEFAULT_SIGNATURE].outputs.items()
    texts = ", ".join(f"{name}=tf.constant([{json.dumps(first[name], ensure_ascii=False)}])" for name in kind.fields)
    return README_TEXT.format(
        name=document["name"],
        version=document["version"],
        what=described(document),
        mark=MARK,
        serving=IMAGE.rpartition(":")[2],
        compose=COMPOSE,
        models=MODELS,
        batching=BATCHING,
        most_rows=MOST_ROWS,
        curl="\n".join(curl(document["name"], kind, name, signature, first) for name, signature in signatures.items()),
        grpc_inputs="\n".join(lines),
        grpc_outputs="\n".join(_printed(f'tf.make_ndarray(response.outputs["{name}"])', it) for name, it in outputs),
        python_inputs=texts,
        python_outputs="\n".join(_printed(f'answer["{name}"].numpy()', it) for name, it in outputs),
        grpc_port=GRPC_PORT,
        too_long=kind.when_cut if document["too_long"] == "cut" else REFUSED,
        signatures="\n".join(section(name, signature) for name, signature in signatures.items()),
    )


def curl(model, kind, name, signature, record):
    """A REST request to one signature, ready to be copied; "" where a text alone does not tell what to ask."""
    inputs = example_inputs(kind, signature, [record])
    if inputs is None:
        return ""
    row = {given: _plain(value[0]) for given, value in inputs.items()}
    row |= {given: value.default for given, value in signature.inputs.items() if value.default is not None}
    asked = {} if name == DEFAULT_SIGNATURE else {"signature_name": name}
    body = json.dumps({**asked, "instances": [row]}, ensure_ascii=False).replace("'", "'\\''")
    return f"```\ncurl -d '{body}' \\\n  http://localhost:{REST_PORT}/v1/models/{model}:predict\n```\n"


def section(name, signature):
    """One signature: its inputs and outputs, as a list."""
    lines = [f"### `{name}`\n\n{signature.about}\n"]
    for given_name, given in signature.inputs.items():
        default = "" if given.default is None else f"; {given.default} if it is left out"
        lines.append(f"- in: `{given_name}`, {given.about}{default}")
    lines += [f"- out: `{said}`, {about}" for said, about in signature.outputs.items()]
    return "\n".join(lines) + "\n"


def _printed(array, about):
    """A line of Python that prints an output: strings as text, not as the bytes that TensorFlow makes of them."""
    return f'print(np.char.decode({array}.astype(bytes), "utf-8"))' if about.startswith("string") else f"print({array})"


def _plain(value):
    value = value.numpy() if isinstance(value, tf.Tensor) else value
    return value.decode() if isinstance(value, bytes) else value.tolist()
