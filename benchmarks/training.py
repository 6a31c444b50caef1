"""What the training races share: how each library takes its steps on the same batches.

All contestants read the same batches in the same order, clip at norm 1 and use AdamW with the same settings, each in
its library's usual form. Each has its own library's random initial weights: losses agree as curves, not to the digit.
"""

import contextlib
import os

LEARNING_RATE = 1e-3
WEIGHT_DECAY = 0.1
BETAS = 0.9, 0.99


def batches(columns, batch_size):
    """What the zoo's trainer reads, without end: (inputs, labels, weights), NumPy arrays."""
    from zoo.batching import Batches

    return Batches(columns, batch_size, seed=0).stream()


def zoo_turn(model, columns, batch_size, steps, precision="float32", compile="auto", learning_rate=LEARNING_RATE):
    """A ``turn`` of the zoo's own trainer, fed and compiled as ``zoo train`` does.

    Args:
        model: function without arguments -> :class:`zoo.task_model.TaskModel`.
        columns: :class:`zoo.batching.Columns`.
        batch_size: int.
        steps: int, of one turn.
        precision, compile: as of ``zoo train``.
        learning_rate: float.
    """
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import tensorflow as tf

    from zoo.base import computing_in
    from zoo.batching import Batches
    from zoo.compilation import decide
    from zoo.memory import keep_freed_memory
    from zoo.optimization import Recipe
    from zoo.trainer import Trainer

    keep_freed_memory()
    with computing_in(precision):
        model = model()
    batches, total = Batches(columns, batch_size, seed=0), 10_000
    compiled = decide(compile, model, batches, total, tf.distribute.get_strategy(), precision)
    if compiled:
        batches.multiple = batches.longest()
    recipe = Recipe(learning_rate=learning_rate, weight_decay=WEIGHT_DECAY, beta_1=BETAS[0], beta_2=BETAS[1])
    trainer = Trainer(model, recipe, total, compiled=compiled)
    trainer.feed(batches)

    def turn():
        tokens, losses = trainer.tokens, []
        while len(losses) < steps:
            losses += trainer.advance(steps - len(losses))[0].tolist()
        return {"work": trainer.tokens - tokens, "losses": losses}

    return turn


def torch_turn(module, loss_of, stream, steps, compiled=False, precision="float32", learning_rate=LEARNING_RATE):
    """A ``turn`` of a PyTorch module.

    Args:
        module: torch.nn.Module.
        loss_of: function (module, *tensors) -> loss.
        stream: iterator of (NumPy arrays for ``loss_of``, number of target tokens).
        steps: int, of one turn.
        compiled: bool, whether by ``torch.compile``.
        precision: "float32", or "mixed_bfloat16" for PyTorch's autocast.
        learning_rate: float.
    """
    import torch

    torch.set_num_threads(os.cpu_count())
    optimizer = torch.optim.AdamW(module.parameters(), learning_rate, BETAS, weight_decay=WEIGHT_DECAY, fused=True)
    lower = precision == "mixed_bfloat16"
    run = torch.compile(loss_of) if compiled else loss_of

    def turn():
        losses, work = [], 0
        for _ in range(steps):
            arrays, tokens = next(stream)
            with torch.autocast("cpu", torch.bfloat16) if lower else contextlib.nullcontext():
                loss = run(module, *map(torch.from_numpy, arrays))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            work += int(tokens)
        return {"work": work, "losses": losses}

    return turn


def keras_turn(model, stream, steps, learning_rate=LEARNING_RATE):
    """A ``turn`` of the training step of a Keras model that returns logits.

    Args:
        model: keras.Model.
        stream: iterator of (inputs, labels, weights), NumPy arrays.
        steps: int, of one turn.
        learning_rate: float.
    """
    import keras
    import tensorflow as tf

    model.compile(
        optimizer=keras.optimizers.AdamW(learning_rate, WEIGHT_DECAY, *BETAS, epsilon=1e-8, global_clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[],  # a model of keras-hub would measure its accuracy, too
    )
    read = 0

    def counted():
        nonlocal read
        for batch in stream:
            read += int(batch[2].sum())
            yield batch

    first = next(stream)
    signature = tf.nest.map_structure(lambda x: tf.TensorSpec([None] * x.ndim, x.dtype), first)
    options = tf.data.Options()
    options.autotune.enabled = False  # its threads stall the end of short runs
    dataset = tf.data.Dataset.from_generator(counted, output_signature=signature).with_options(options)
    iterator = iter(dataset)

    def turn():
        before = read
        losses = [float(model.train_on_batch(*next(iterator))) for _ in range(steps)]
        return {"work": read - before, "losses": losses}

    return turn
