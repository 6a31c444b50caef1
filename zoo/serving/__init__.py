"""Exports at work: what lies beside a SavedModel, a small server for development, clients of any server.

=================  ==============================================================
requests.py        questions as TF Serving's messages; warm-up requests
instructions.py    the README.md of an export, for people
facts.py           its metadata, for programs
deployment.py      how the real server is started: its configuration, Docker's
served_model.py    a SavedModel that answers messages, in plain TensorFlow
versions.py        the newest version of a folder, exchanged while it is asked
limits.py          how much at once; what goes wrong, with TF Serving's statuses
json_tensors.py    TF Serving's JSON to tensors and back
connections.py     its HTTP connections: how many, how much they bring, how they end
rest.py            the development server's HTTP side
remote_calls.py    the development server's gRPC side
development.py     the development server
places.py          exported folders and addresses, told apart
clients.py         asks an exported folder, or a server at an address
asking.py          many texts, with settings: answers as those of zoo.predict
=================  ==============================================================
"""
