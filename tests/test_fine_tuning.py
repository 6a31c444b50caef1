"""Fine-tuning: each layer its own learning rate, or a backbone that stays as it is; by hand, bit for bit."""

import dataclasses

import keras
import numpy as np
import pytest

import zoo
from zoo.batching import Batches, Columns
from zoo.layers.heads import ClassificationHead, LanguageModelHead
from zoo.optimization import Recipe
from zoo.optimizer import make_optimizer
from zoo.run_folder import RunError
from zoo.runs import create
from zoo.settings import SettingError
from zoo.settings import replace as with_changes
from zoo.task_model import TaskModel
from zoo.trainer import Trainer

SIZES = {"vocabulary_size": 12, "num_layers": 3, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 8}
ROWS = [np.array(row, np.int32) for row in ([2, 5, 6, 3], [2, 7, 3], [2, 8, 9, 9, 3], [2, 5, 3])]
COLUMNS = Columns(
    {"token_ids": ROWS, "segment_ids": [0 * row for row in ROWS]},
    [np.array(label, np.int32) for label in (0, 1, 1, 0)],
    [np.array(1.0, np.float32)] * 4,
)


def classifier(dropout=0.0):
    keras.utils.set_random_seed(3)
    return TaskModel(create("bert", **SIZES, dropout=dropout), ClassificationHead(2, pooling="first", dropout=0.0))


def step(model, recipe, steps=1):
    trainer = Trainer(model, recipe, 10)
    trainer.feed(Batches(COLUMNS, 4))
    trainer.advance(steps)
    return trainer


def by_path(variables):
    """Where a variable belongs, shortened to ``block_1``, ``head`` or ``embeddings`` -> arrays."""
    parts = {}
    for variable in variables:
        block = next((part for part in variable.path.split("/") if part.startswith("block_")), None)
        is_head = "classification_head" in variable.path or "language_model_head" in variable.path
        parts.setdefault(block or ("head" if is_head else "embeddings"), []).append(np.array(variable))
    return parts


def test_each_layer_takes_its_share_of_a_step_of_adam():
    """Adam's first step is -rate * g / (|g| + epsilon / sqrt(1 - beta_2)): the rate, where a gradient is not tiny."""
    model = classifier()
    before = by_path(model.trainable_variables)
    step(model, Recipe(learning_rate=0.01, layer_decay=0.5, epsilon=1e-12, clip_norm=0.0))
    after = by_path(model.trainable_variables)
    # From the top: the head, three blocks, the embeddings; each half of what is above.
    shares = {"head": 1.0, "block_2": 0.5, "block_1": 0.25, "block_0": 0.125, "embeddings": 0.0625}
    assert set(shares) == set(before)
    for part, share in shares.items():
        moved = [np.abs(new - old).max() for new, old in zip(after[part], before[part], strict=True)]
        assert max(moved) == pytest.approx(0.01 * share, rel=1e-3), part
        assert max(moved) <= 0.01 * share * 1.001


def test_layer_wise_rates_by_hand_with_weight_decay_over_three_steps():
    """Two numbers, a matrix and a vector, at depths 0 and 2: AdamW written down."""
    variables = [keras.Variable(np.full((1, 1), 2.0)), keras.Variable(np.full((1,), 3.0))]
    recipe = Recipe(learning_rate=0.1, layer_decay=0.8, weight_decay=0.5, beta_1=0.9, beta_2=0.99, epsilon=1e-8)
    optimizer = make_optimizer(recipe, 10, variables, depths=[0, 2])
    gradients = np.array([1.0, -2.0, 0.5])
    for gradient in gradients:
        optimizer.apply([np.full((1, 1), gradient), np.full((1,), gradient)], variables)
    for value, variable, rate, decay in ((2.0, variables[0], 0.1, 0.5), (3.0, variables[1], 0.1 * 0.64, 0.0)):
        mean = square = 0.0
        for t, gradient in enumerate(gradients, 1):
            mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
            value -= rate * decay * value
            value -= rate * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.99**t)) + 1e-8)
        assert float(np.squeeze(variable)) == pytest.approx(value, rel=1e-5)


def test_a_final_norm_belongs_to_the_top_layer_and_tied_weights_to_the_embeddings():
    backbone = create("gpt", **SIZES, dropout=0.0)
    model = TaskModel(backbone, LanguageModelHead(12, tied_to=backbone.tied_embedding, bias=True))
    depths = {id(v): depth for v, depth in zip(model.trainable_variables, model.depths(), strict=True)}
    assert {depths[id(v)] for v in backbone.final_norm.variables} == {1}
    assert {depths[id(v)] for v in backbone.blocks[0].variables} == {3}
    assert {depths[id(v)] for v in backbone.embedding.variables} == {4}
    assert sorted(set(depths.values())) == [0, 1, 2, 3, 4]


def test_a_backbone_that_is_no_stack_counts_as_one_layer():
    model = TaskModel(create("birnn", vocabulary_size=12), ClassificationHead(2))
    assert set(model.depths()) == {0, 1}


def test_frozen_weights_stay_bit_for_bit_and_have_no_slots():
    model = classifier(dropout=0.5)
    inputs = {"token_ids": [[2, 5, 3]], "segment_ids": [[0, 0, 0]], "padding_mask": [[True] * 3]}
    inputs = {name: np.array(rows) for name, rows in inputs.items()}
    one, other = (keras.ops.convert_to_numpy(model(inputs, training=True)) for _ in range(2))
    assert (one != other).any()  # dropout is on before
    before = model.backbone.get_weights()
    head = [np.array(v) for v in model.head.trainable_variables]
    trainer = step(model, Recipe(learning_rate=0.1, frozen=True, weight_decay=0.5), steps=3)
    for old, new in zip(before, model.backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
    assert all((np.array(new) != old).any() for old, new in zip(head, model.head.trainable_variables, strict=True))
    # Two moments for each weight of the head, the counter and the learning rate; nothing for the backbone.
    slots = [tuple(v.shape) for v in trainer.optimizer.variables if len(v.shape)]
    assert sorted(slots) == sorted(2 * [tuple(v.shape) for v in model.head.trainable_variables])
    one, again = (keras.ops.convert_to_numpy(model(inputs, training=True)) for _ in range(2))
    np.testing.assert_array_equal(one, again)  # dropout is off in a frozen backbone


def test_what_cannot_be_is_refused():
    backbone = create("gpt", **SIZES)
    tied = TaskModel(backbone, LanguageModelHead(12, tied_to=backbone.tied_embedding))
    with pytest.raises(SettingError, match="frozen=true leaves nothing to learn"):
        Trainer(tied, Recipe(frozen=True), 1)
    for value in ("0", "1.5"):
        with pytest.raises(SettingError, match="layer_decay must lie in"):
            with_changes(Recipe(), {"layer_decay": value})
    with pytest.raises(SettingError, match=r"\(true or false\), not 'yes'"):
        with_changes(Recipe(), {"frozen": "yes"})


def test_a_start_that_knows_nothing_of_the_texts_is_refused(tmp_path):
    small = {"steps": 1, "batch_size": 4, "settings": {"hidden_dim": 4}, "progress": False}
    english = zoo.train("bag_of_words", "tiny-sentiment:en", out=tmp_path / "english", **small)
    small = {**small, "settings": {}, "init": english}
    with pytest.raises(RunError, match=r"word tokenizer of .*english knows nothing in 1,000 of 1,000 training texts"):
        zoo.train("bag_of_words", "tiny-sentiment:ko", out=tmp_path / "korean", **small)
    assert not (tmp_path / "korean").exists()
    zoo.train("bag_of_words", "tiny-sentiment:en", out=tmp_path / "more", **small)


def test_a_frozen_training_starts_from_a_run_and_leaves_one(tmp_path, capsys):
    data = tmp_path / "data.tsv"
    data.write_text("".join(f"{a} {b}\t{a}\n" for a in "xy" for b in "abcdefgh"))
    settings = {**SIZES, "max_sequence_length": 16}
    del settings["vocabulary_size"]
    options = {"data": data, "settings": settings, "text": {"max_length": 8}, "batch_size": 4, "progress": False}
    start = zoo.train("bert", "classification", steps=1, out=tmp_path / "start", **options)
    recipe = {"frozen": "true", "learning_rate": 0.1}
    zoo.train("bert", "classification", steps=1, out=tmp_path / "alone", recipe=recipe, **{**options, "progress": True})
    told = capsys.readouterr().err
    assert "random weights stay" in told and "rises in 1 of 1 steps" in told
    options = {"data": data, "text": {"max_length": 8}, "batch_size": 4, "progress": False, "init": start.folder}
    run = zoo.train("bert", "classification", steps=3, out=tmp_path / "run", recipe=recipe, **options)
    assert run.config["recipe"]["frozen"] is True
    assert dataclasses.asdict(Recipe(**run.config["recipe"])) == run.config["recipe"]
    loaded = zoo.load(run.folder).model.backbone
    for old, new in zip(start.model.backbone.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
