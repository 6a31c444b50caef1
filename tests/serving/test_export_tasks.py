"""Every task of the registry answers alike after export.

A family sees nothing of a task but token ids and how many there are, a task nothing of a family but the kind of its
backbone. So the text side of tasks (tokenizers, labels, offsets, scores) is asked with one family, the smallest; every
family is asked in test_export_families.py. Tasks whose text sides have the same settings are asked through one of them.
"""

import os

import pytest

from tests.serving.exports import TASKS, operations
from tests.serving.fresh_process import check
from tests.serving.record_operations import OF_TENSORFLOW_TEXT, stock
from zoo.registry import KINDS
from zoo.registry import TASKS as REGISTRY

SMALLEST = {"text-to-text": "seq2seq", "language-modelling": "ngram"}  # the others: bag_of_words
SIZES = {"max_length", "min_frequency", "stride", "vocabulary_size"}  # they are the same code
SIDES = ("answer_units", "document_boundaries", "shared_vocabulary", "tag_units")


def text_side(task):
    """What becomes of a task's texts, as far as its name tells."""
    settings = set(KINDS.get(task.kind).text_settings) - SIZES | set(SIDES)
    return task.kind, tuple((name, getattr(task, name)) for name in sorted(settings))


def different_tasks():
    """A name for each text side that test_export_families.py does not know, one that needs no corpus if possible."""
    tasks = sorted(map(REGISTRY.get, REGISTRY.names()), key=lambda task: bool(task.corpora), reverse=True)
    names = {text_side(task): task.registered_name for task in tasks}
    known = {text_side(REGISTRY.get(name.partition(":")[0])) for name in TASKS}
    return sorted(name for side, name in names.items() if side not in known)


@pytest.mark.parametrize("task", different_tasks())
def test_every_task_answers_alike_after_export(exports, fresh, tmp_path, task):
    known = REGISTRY.get(task)
    if known.corpora and not os.environ.get("ZOO_DATA"):
        pytest.skip("ZOO_DATA is not set")
    export = exports(SMALLEST.get(known.kind, "bag_of_words"), task)
    needed = operations(export.folder)
    assert not needed - stock()
    whole_characters = {tokenizer.name for tokenizer in export.run.kind.tokenizers.values()} == {"character"}
    if whole_characters and known.kind != "tagging":  # which asks tensorflow-text where a unit begins
        # It loads in TensorFlow alone, without tensorflow-text.
        assert needed & set(OF_TENSORFLOW_TEXT) == set()
    check(export, fresh, tmp_path)
