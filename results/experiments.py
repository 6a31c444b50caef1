"""Trains what some tables of the README show.

    python results/experiments.py few-labels-tiny   a BERT, pre-trained on the tiny world's texts or not, on its tasks
    python results/experiments.py few-labels-nsmc   the same on Korean film reviews, beside models that read no more
    python results/experiments.py prompt-tuning     a GPT that knows stories: all of it, a head, or a prompt is trained
    python results/experiments.py pretraining       a BERT that fills blanks, and says what follows what
    python results/experiments.py shakespeare       nanoGPT's two settings, and recurrent models of equal size
    python results/experiments.py fine-tuning       two encoders, each from random weights, on the real corpora

What is done already is not done again: where a result file is there, nothing is trained for it, and stopped at any
time, the same command goes on. Each run is added to the result files; ``results/make_tables.py`` shows them.
"""

import functools
import json
from pathlib import Path

import click
from result_files import HERE
from trainings import Trainings

from zoo.tasks import find

SEEDS = (0, 1, 2)
TINY_TASKS = ("tiny-sentiment:en", "tiny-inference:en", "tiny-names:en", "tiny-questions:en")
REAL_TASKS = (
    *("sst2", "banking77", "sick", "sick-relatedness", "kornli", "korsts", "wnut17", "klue-ner"),
    *("squad:small", "korquad:small"),
)


def few_labels_tiny(
    trainings, tasks=TINY_TASKS, numbers=(50, 200, 1000), seeds=SEEDS, steps=400, pretraining_steps=4000
):
    """Tasks of the tiny world, learned from few labels, with and without pre-training on its texts."""
    # To copy a word from the sentences before is learned late. Of trials of 1,500 steps the one without next sentences
    # and without dropout was the furthest; a model of 128 numbers learns to fill blanks faster from larger weights.
    settings = {"dropout": 0.0, "initializer_range": 0.09}

    def pretrained():
        options = {"steps": pretraining_steps, "batch_size": 64, "learning_rate": 2e-3, "settings": settings}
        options["text"] = {"next_sentence": False}
        return trainings.run("pretrained", "bert", "tiny-pretraining:en", "validation", **options)

    for task in tasks:
        for number in numbers:
            for seed in seeds:
                options = {"examples": number, "seed": seed, "steps": steps, "batch_size": 32}
                name = f"{task.replace(':', '-')}-bert-{{}}-{number}-{seed}".format
                trainings.learn(name("pretrained"), "bert", task, init=pretrained, **options)
                trainings.learn(name("random"), "bert", task, settings=settings, **options)


def few_labels_nsmc(trainings, numbers=(200, 2000, None), seeds=SEEDS, steps=(400, 2000), pretraining_steps=6000):
    """Korean film reviews, few labels and all, beside two models that are never pre-trained."""
    # Most reviews are one sentence, which no other follows.
    text = {"tokenizer": "wordpiece", "vocabulary_size": 8000, "max_length": 98, "next_sentence": False}
    settings = {"dropout": 0.0}  # it reads no review often enough to know it by heart

    @functools.cache
    def pretrained():
        texts = [example["text"] for example in find("nsmc").examples("train")]
        options = {"data": trainings.written("reviews.txt", "\n\n".join(texts)), "text": text, "settings": settings}
        options |= {"bad_lines": "skip"}  # a review of rare characters alone has nothing that could be learned
        options |= {"steps": pretraining_steps, "batch_size": 64, "learning_rate": 1e-3, "evaluate_every": 1000}
        return trainings.run("pretrained", "bert", "pretraining", "validation", **options)

    steps_of_few, steps_of_all = steps
    for number in numbers:
        # From all labels once: the spread over the seeds is that of the few that are drawn.
        for seed in seeds if number else seeds[:1]:
            options = {"examples": number, "seed": seed, "steps": steps_of_few if number else steps_of_all}
            options["batch_size"] = 32 if number else 64
            trainings.learn(f"bert-pretrained-{number or 'all'}-{seed}", "bert", "nsmc", init=pretrained, **options)
            for model, same in (("bert", {"settings": settings}), ("birnn", {}), ("bag_of_words", {})):
                trainings.learn(f"{model}-random-{number or 'all'}-{seed}", model, "nsmc", **options, **same)


def prompt_tuning(trainings, seeds=SEEDS, steps=2000, pretraining_steps=2000, sizes=None):
    """A GPT that has read stories learns to answer about them: in all its weights, in a head, or in a prompt."""
    sizes = sizes or {"hidden_dim": 64, "intermediate_dim": 128, "dropout": 0.0}

    @functools.cache
    def pretrained():
        # What a frozen model has never read it cannot write: it reads the words of all tasks, but not one answer.
        texts = [example["text"] for example in find("tiny-stories").examples("train")]
        texts += [f"{example['text']} {example['text_pair']}" for example in find("tiny-inference").examples("train")]
        texts += [example["source"] for example in find("tiny-questions-text").examples("train")]
        read = trainings.written("read.jsonl", "".join(json.dumps({"text": text}) + "\n" for text in texts))
        # An answer is a word: by pieces it would be spelled with a blank.
        text = {"tokenizer": "word", "max_length": 128}
        options = {"settings": sizes, "text": text, "steps": pretraining_steps, "batch_size": 32, "learning_rate": 3e-3}
        return trainings.run("pretrained", "gpt", "language-modelling", "validation", data=read, **options)

    by_head, in_words = "tiny-inference:en", "tiny-questions-text:en"
    ways = {
        "all-by-head": (by_head, {}),
        "head": (by_head, {"recipe": {"frozen": True, "learning_rate": 3e-3}}),
        "all-in-words": (in_words, {}),
        "prompt": (in_words, {"prompt_length": 20}),
    }
    for way, (task, options) in ways.items():
        for seed in seeds:
            options = {**options, "seed": seed, "steps": steps, "batch_size": 32}
            trainings.learn(f"{way}-{seed}", "gpt", task, init=pretrained, **options)


def pretraining(trainings, tasks=("tiny-pretraining:en", "books"), steps=3000):
    """How well a tiny BERT fills blanks and knows what follows, in the tiny world and in six books."""
    settings = {"dropout": 0.0, "initializer_range": 0.09}  # as in few_labels_tiny
    for task in tasks:
        options = {"steps": steps, "batch_size": find(task).batch_size, "settings": settings}
        options["recipe"] = {"learning_rate": 2e-3 if task.startswith("tiny") else 1e-3}
        trainings.learn(task.replace(":", "-"), "bert", task, "validation", "test", **options)


def fine_tuning(trainings, tasks=REAL_TASKS, models=("bert", "birnn"), steps=1000):
    """Every kind of question to an encoder, on real corpora, with a small budget and from random weights."""
    for task in tasks:
        for model in models:
            options = {"steps": steps, "batch_size": find(task).batch_size}
            trainings.learn(f"{task.replace(':', '-')}-{model}", model, task, **options)


def shakespeare(trainings, steps=(2000, 800)):
    """nanoGPT's two settings, with recurrent models of equal size beside the small one, and how they learn."""
    small, large = steps
    options = {"steps": small, "evaluate_every": max(small // 10, 1), "recipe": {"learning_rate": 3e-3}}
    for model in ("gpt:shakespeare", "rnn:shakespeare-gru", "rnn:shakespeare-lstm"):
        trainings.learn(model.replace(":", "-"), model, "shakespeare", "validation", **options)
    # Two cores with bfloat16 take 3 seconds a step: as far as forty minutes go, with the whole decay.
    options = {"steps": large, "evaluate_every": max(large // 10, 1), "batch_size": 64, "text": {"max_length": 256}}
    options["precision"] = "mixed_bfloat16"
    trainings.learn("gpt-shakespeare-large", "gpt:shakespeare-large", "shakespeare", "validation", **options)


# Name -> what it trains, and the folder of its result files.
EXPERIMENTS = {
    "few-labels-tiny": (few_labels_tiny, HERE),
    "few-labels-nsmc": (few_labels_nsmc, HERE),
    "prompt-tuning": (prompt_tuning, HERE / "prompt-tuning"),
    "pretraining": (pretraining, HERE),
    "shakespeare": (shakespeare, HERE),
    "fine-tuning": (fine_tuning, HERE / "fine-tuning"),
}


@click.command(help=__doc__.partition("\n")[0])
@click.argument("name", type=click.Choice(list(EXPERIMENTS)))
@click.option("--runs", metavar="DIR", help="Folder of the runs; runs/NAME by default.")
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Of each training of pretraining and fine-tuning.")
@click.option("--progress/--no-progress", default=True, show_default=True, help="Whether to show each training's.")
def main(name, runs, steps, progress):
    train, results = EXPERIMENTS[name]
    if steps and train not in (pretraining, fine_tuning):
        raise click.UsageError(f"--steps: the trainings of {name} have budgets of their own.")
    train(Trainings(runs or Path("runs", name), results, progress), **({"steps": steps} if steps else {}))


if __name__ == "__main__":
    main()
