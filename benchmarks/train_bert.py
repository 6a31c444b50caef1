"""Training BERT-base to classify texts of 128 tokens; the peers are transformers' and keras-hub's own models."""

import functools

import numpy as np

from benchmarks.race import Race
from benchmarks.training import batches, keras_turn, torch_turn, zoo_turn

VOCABULARY, LENGTH, CLASSES = 30_522, 128, 2
BATCH, STEPS = 8, 3
LEARNING_RATE = 5e-5  # of fine-tuning (Devlin 2018, appendix A.3): what the other races take would diverge at this size


@functools.cache
def columns():
    """32 texts of random tokens; every place is real, so that nobody gains or loses by padding."""
    from zoo.batching import Columns

    random = np.random.default_rng(0)
    texts = list(random.integers(0, VOCABULARY, (32, LENGTH), np.int32))
    inputs = {"token_ids": texts, "segment_ids": [np.zeros_like(text) for text in texts]}
    labels = [np.array(label, np.int32) for label in random.integers(0, CLASSES, len(texts))]
    return Columns(inputs, labels, [np.array(1.0, np.float32)] * len(texts))


def zoo(**options):
    def model():
        from zoo.layers.heads import ClassificationHead
        from zoo.models.bert import PRESETS, Bert
        from zoo.task_model import TaskModel

        return TaskModel(Bert(PRESETS["base"]), ClassificationHead(CLASSES, Bert.pooling))

    return zoo_turn(model, columns(), BATCH, STEPS, learning_rate=LEARNING_RATE, **options)


def transformers(**options):
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    model = BertForSequenceClassification(BertConfig(num_labels=CLASSES)).train()

    def loss_of(model, token_ids, segment_ids, mask, labels):
        return model(token_ids, attention_mask=mask, token_type_ids=segment_ids, labels=labels).loss

    def stream():
        for inputs, labels, _ in batches(columns(), BATCH):
            ids = (inputs[name].astype(np.int64) for name in ("token_ids", "segment_ids", "padding_mask"))
            yield (*ids, labels.astype(np.int64)), len(labels)

    return torch_turn(model, loss_of, stream(), STEPS, learning_rate=LEARNING_RATE, **options)


def keras_hub(precision="float32"):
    import keras
    from keras_hub.models import BertBackbone, BertTextClassifier

    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(0)
    backbone = BertBackbone(VOCABULARY, 12, 12, 768, 3072, max_sequence_length=512)
    return keras_turn(BertTextClassifier(backbone, CLASSES), batches(columns(), BATCH), STEPS, LEARNING_RATE)


def race(in_words="", **options):
    contestants = {"zoo": zoo, "transformers": transformers, "keras-hub": keras_hub}
    return Race(
        title=f"train BERT-base, sequence {LENGTH}, batch {BATCH}{in_words}",
        unit="texts",
        contestants={name: functools.partial(each, **options) for name, each in contestants.items()},
        goals={"transformers": 1.5, "keras-hub": 1.5},
    )


RACES = {"bert-base": race(), "bert-base-bfloat16": race(", all in bfloat16", precision="mixed_bfloat16")}
