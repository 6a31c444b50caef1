"""The Python interface in one page: create, train, evaluate, predict, compare, export.

Run it: python examples/train_and_compare.py

It trains small models for a few hundred steps on the tiny world, offline.
"""

# %%
import tempfile
from pathlib import Path

import zoo

# %% A model alone: a backbone with random weights, an ordinary Keras model.
backbone = zoo.create("gpt", num_layers=2, hidden_dim=64, num_heads=4, intermediate_dim=128)
print(f"{type(backbone).__name__}: {backbone.count_params():,} parameters")

with tempfile.TemporaryDirectory() as folder:
    folder = Path(folder)

    # %% A run: a family, a task, a budget. The folder holds all that is needed to use or repeat it.
    run = zoo.train("attention_seq2seq", "tiny-translation:en-ko", steps=200, out=folder / "run", progress=False)
    figures = zoo.evaluate(run, "test")
    print(f"BLEU {figures['bleu']:.1f}, {figures['nll']:.2f} nats per target token")
    print("Minsu went to the garden. =>", zoo.predict(run, ["Minsu went to the garden."])[0]["target"])

    # %% A comparison: one protocol for all, mean and standard deviation over the seeds, one report.
    results = zoo.compare(
        ["tiny-sentiment"],
        models=["bag_of_words", "birnn"],
        seeds=(0, 1),
        steps=100,
        out=folder / "comparison",
        progress=False,
    )
    for model, entry in results["tasks"]["tiny-sentiment:en"]["models"].items():
        accuracy = entry["summary"]["splits"]["test"]["accuracy"]
        print(f"{model}: accuracy {accuracy['mean']:.3f} ± {accuracy['sd']:.3f}")
    print("beside each other:", *sorted(path.name for path in (folder / "comparison").iterdir()))

    # %% An export: strings in, strings out, loaded by TensorFlow alone.
    print("exported:", *sorted(path.name for path in zoo.export(run, folder / "export").iterdir()))
