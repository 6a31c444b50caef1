"""Trains what the tables of few labels show: the same model with and without pre-training, from few and many examples.

    python results/few_labels.py tiny    a BERT that was pre-trained on the tiny world's texts, on its four tasks
    python results/few_labels.py nsmc    a BERT that was pre-trained on the text of Korean film reviews, on their labels

What is done already is not done again. Each run is added to the result files; ``results/make_tables.py`` shows them.
"""

import json
from pathlib import Path

import click
from result_files import add

import zoo
from zoo import checkpoints
from zoo.run_folder import RESULTS, is_run, read_config
from zoo.tasks import find

SEEDS = (0, 1, 2)
RUNS = Path("runs/few-labels")


def is_done(folder, split=None):
    """Whether the run in ``folder`` is complete and, if a split is named, has been scored on it."""
    if not is_run(folder) or read_config(folder)["status"] != "complete":
        return False
    return split is None or split in json.loads((folder / RESULTS).read_text(encoding="utf-8"))["splits"]


def pretrain(name, task, **options):
    """The folder of a BERT that was pre-trained on ``task``."""
    folder = RUNS / name / "pretrained"
    if not is_done(folder):
        if checkpoints.newest(folder):
            run = zoo.resume(folder, progress=options["progress"])
        else:
            run = zoo.train("bert", task, out=folder, overwrite=True, **options)
        click.echo(f"{folder}: {zoo.evaluate(run, 'validation')}")
    return folder


def learn(name, model, task, number, seed, **options):
    """Trains on ``number`` examples (None: all), scores the test split, and keeps the result file."""
    start = "pretrained" if options.get("init") else "random"
    folder = RUNS / name / f"{task}-{model}-{start}-{number or 'all'}-{seed}".replace(":", "-")
    if not is_done(folder, "test"):
        run = zoo.train(model, task, examples=number, seed=seed, out=folder, overwrite=True, **options)
        figures = zoo.evaluate(run, "test")
        click.echo(f"{folder.name}: {figures['metric']} {figures[figures['metric']]:.3f}")
    click.echo(f"added {add(folder)}")


def tiny(progress):
    """Four tasks of the tiny world, 50, 200 and 1,000 labels."""
    pretrained = pretrain("tiny", "tiny-pretraining:en", steps=6000, progress=progress)
    sizes = read_config(pretrained)["settings"]
    for task in ("tiny-sentiment", "tiny-inference", "tiny-names", "tiny-questions"):
        for number in (50, 200, 1000):
            for seed in SEEDS:
                options = {"steps": 400, "batch_size": 32, "progress": progress}
                learn("tiny", "bert", f"{task}:en", number, seed, init=pretrained, **options)
                same = {"max_sequence_length": sizes["max_sequence_length"]}
                learn("tiny", "bert", f"{task}:en", number, seed, settings=same, **options)


def nsmc(progress):
    """Korean film reviews, few labels and all, beside two models that are never pre-trained."""
    reviews = RUNS / "nsmc" / "reviews.txt"
    if not reviews.exists():
        reviews.parent.mkdir(parents=True, exist_ok=True)
        texts = [example["text"] for example in find("nsmc").examples("train")]
        reviews.write_text("\n\n".join(texts), encoding="utf-8")
    text = {"tokenizer": "wordpiece", "vocabulary_size": 8000, "max_length": 96}
    pretrained = pretrain("nsmc", "pretraining", data=reviews, text=text, steps=6000, batch_size=64, progress=progress)
    for number in (200, 2000, None):
        steps = 400 if number else 4000
        for seed in SEEDS if number else SEEDS[:1]:
            options = {"steps": steps, "progress": progress}
            learn("nsmc", "bert", "nsmc", number, seed, init=pretrained, **options)
            for model in ("bert", "birnn", "bag_of_words"):
                learn("nsmc", model, "nsmc", number, seed, **options)


@click.command(help=__doc__.partition("\n")[0])
@click.argument("name", type=click.Choice(["tiny", "nsmc"]))
@click.option("--progress/--no-progress", default=True, show_default=True, help="Whether to show each training's.")
def main(name, progress):
    {"tiny": tiny, "nsmc": nsmc}[name](progress)


if __name__ == "__main__":
    main()
