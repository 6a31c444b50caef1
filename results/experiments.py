"""Trains what some tables of the README show.

    python results/experiments.py few-labels-tiny   a BERT, pre-trained on the tiny world's texts or not, on its tasks
    python results/experiments.py few-labels-nsmc   the same on Korean film reviews, beside models that read no more
    python results/experiments.py prompt-tuning     a GPT that knows stories: all of it, a head, or a prompt is trained

What is done already is not done again: stopped at any time, the same command goes on. Each run is added to the result
files; ``results/make_tables.py`` shows them.
"""

import json
from pathlib import Path

import click
from result_files import HERE, add

import zoo
from zoo import checkpoints
from zoo.run_folder import RESULTS, is_run, read_config
from zoo.tasks import find

SEEDS = (0, 1, 2)
TINY_TASKS = ("tiny-sentiment:en", "tiny-inference:en", "tiny-names:en", "tiny-questions:en")


class Bench:
    """Trains and scores runs, each once.

    Args:
        runs: folder of the runs.
        results: folder of the result files.
        progress: whether to show each training's.
    """

    def __init__(self, runs, results=HERE, progress=True):
        self.runs, self.results, self.progress = Path(runs), Path(results), progress

    def written(self, name, content):
        """The path of a text file beside the runs, which may be their data."""
        self.runs.mkdir(parents=True, exist_ok=True)
        (self.runs / name).write_text(content, encoding="utf-8")
        return self.runs / name

    def run(self, name, model, task, split, **options):
        """The folder of a run: trained, and scored on ``split``; only what of it is not done yet is done now."""
        folder = self.runs / name
        begun = is_run(folder)
        if begun:
            _check(folder, options)
        if not begun or read_config(folder)["status"] != "complete":
            if begun and checkpoints.newest(folder):
                run = zoo.resume(folder, progress=self.progress)
            else:
                run = zoo.train(model, task, out=folder, overwrite=True, progress=self.progress, **options)
            if run.config["status"] != "complete":
                raise click.ClickException(f"{folder} was stopped; the same command goes on from there.")
        else:
            run = folder
        if split not in json.loads((folder / RESULTS).read_text(encoding="utf-8"))["splits"]:
            figures = zoo.evaluate(run, split)
            click.echo(f"{folder}: {figures['metric']} {figures[figures['metric']]:.3f}")
        return folder

    def learn(self, name, model, task, **options):
        """A run scored on the test split, whose figures are kept."""
        folder = self.run(name, model, task, "test", **options)
        click.echo(f"added {add(folder, self.results)}")


def _check(folder, options):
    """Refuses a run that was made with other options: its figures would be said to be those of these."""
    asked = {"drawn" if name == "examples" else name: value for name, value in options.items()}
    asked["init"] = str(options["init"]) if options.get("init") else None
    made = read_config(folder)
    names = ("steps", "batch_size", "seed", "drawn", "init", "prompt_length", "text")
    other = [name for name in names if name in asked and asked[name] != made.get(name)]
    if other:
        was = ", ".join(f"{name} {made.get(name)} (now {asked[name]})" for name in other)
        raise click.ClickException(f"{folder} was made with {was}: delete it, or choose another folder by --runs.")


def few_labels_tiny(bench, tasks=TINY_TASKS, numbers=(50, 200, 1000), seeds=SEEDS, steps=400, pretraining_steps=4000):
    """Tasks of the tiny world, learned from few labels, with and without pre-training on its texts."""
    # To copy a word from the sentences before is learned late. Of trials of 1,500 steps the one without next sentences
    # and without dropout was the furthest; a model of 128 numbers learns to fill blanks faster from larger weights.
    settings = {"dropout": 0.0, "initializer_range": 0.09}
    options = {"steps": pretraining_steps, "batch_size": 64, "learning_rate": 2e-3, "settings": settings}
    options["text"] = {"next_sentence": False}
    pretrained = bench.run("pretrained", "bert", "tiny-pretraining:en", "validation", **options)
    same = settings | {"max_sequence_length": read_config(pretrained)["settings"]["max_sequence_length"]}
    for task in tasks:
        for number in numbers:
            for seed in seeds:
                options = {"examples": number, "seed": seed, "steps": steps, "batch_size": 32}
                name = f"{task.replace(':', '-')}-bert-{{}}-{number}-{seed}".format
                bench.learn(name("pretrained"), "bert", task, init=pretrained, **options)
                bench.learn(name("random"), "bert", task, settings=same, **options)


def few_labels_nsmc(bench, numbers=(200, 2000, None), seeds=SEEDS, steps=(400, 2000), pretraining_steps=6000):
    """Korean film reviews, few labels and all, beside two models that are never pre-trained."""
    texts = [example["text"] for example in find("nsmc").examples("train")]
    reviews = bench.written("reviews.txt", "\n\n".join(texts))
    # Most reviews are one sentence, which no other follows.
    text = {"tokenizer": "wordpiece", "vocabulary_size": 8000, "max_length": 98, "next_sentence": False}
    options = {"data": reviews, "text": text, "steps": pretraining_steps, "batch_size": 64, "learning_rate": 1e-3}
    options["settings"] = {"dropout": 0.0}  # it reads no review often enough to know it by heart
    pretrained = bench.run("pretrained", "bert", "pretraining", "validation", **options, evaluate_every=1000)
    steps_of_few, steps_of_all = steps
    for number in numbers:
        # From all labels once: the spread over the seeds is that of the few that are drawn.
        for seed in seeds if number else seeds[:1]:
            options = {"examples": number, "seed": seed, "steps": steps_of_few if number else steps_of_all}
            options["batch_size"] = 32 if number else 64
            bench.learn(f"bert-pretrained-{number or 'all'}-{seed}", "bert", "nsmc", init=pretrained, **options)
            for model in ("bert", "birnn", "bag_of_words"):
                bench.learn(f"{model}-random-{number or 'all'}-{seed}", model, "nsmc", **options)


def prompt_tuning(bench, seeds=SEEDS, steps=2000, pretraining_steps=2000, sizes=None):
    """A GPT that has read stories learns to answer about them: in all its weights, in a head, or in a prompt."""
    sizes = sizes or {"hidden_dim": 64, "intermediate_dim": 128, "dropout": 0.0}
    # What a frozen model has never read it cannot write: it reads the words of all tasks, but not one answer.
    texts = [example["text"] for example in find("tiny-stories").examples("train")]
    texts += [f"{example['text']} {example['text_pair']}" for example in find("tiny-inference").examples("train")]
    texts += [example["source"] for example in find("tiny-questions-text").examples("train")]
    read = bench.written("read.jsonl", "".join(json.dumps({"text": text}) + "\n" for text in texts))
    text = {"tokenizer": "word", "max_length": 128}  # an answer is a word: by pieces it would be spelled with a blank
    options = {"settings": sizes, "text": text, "steps": pretraining_steps, "batch_size": 32, "learning_rate": 3e-3}
    pretrained = bench.run("pretrained", "gpt", "language-modelling", "validation", data=read, **options)
    by_head, in_words = "tiny-inference:en", "tiny-questions-text:en"
    ways = {
        "all-by-head": (by_head, {}),
        "head": (by_head, {"recipe": {"frozen": True, "learning_rate": 3e-3}}),
        "all-in-words": (in_words, {}),
        "prompt": (in_words, {"prompt_length": 20}),
    }
    for way, (task, options) in ways.items():
        for seed in seeds:
            options = {**options, "init": pretrained, "seed": seed, "steps": steps, "batch_size": 32}
            bench.learn(f"{way}-{seed}", "gpt", task, **options)


# Name -> what it trains, and the folder of its result files.
EXPERIMENTS = {
    "few-labels-tiny": (few_labels_tiny, HERE),
    "few-labels-nsmc": (few_labels_nsmc, HERE),
    "prompt-tuning": (prompt_tuning, HERE / "prompt-tuning"),
}


@click.command(help=__doc__.partition("\n")[0])
@click.argument("name", type=click.Choice(list(EXPERIMENTS)))
@click.option("--runs", metavar="DIR", help="Folder of the runs; runs/NAME by default.")
@click.option("--progress/--no-progress", default=True, show_default=True, help="Whether to show each training's.")
def main(name, runs, progress):
    train, results = EXPERIMENTS[name]
    train(Bench(runs or Path("runs", name), results, progress))


if __name__ == "__main__":
    main()
