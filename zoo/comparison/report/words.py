"""What a report says in sentences: the protocol, the machine, the meaning of each column."""

from pathlib import Path

from zoo.comparison.summary import COSTS, METRICS, signatures


def budget(task):
    """The budget of each training of a task."""
    if task["minutes"] is not None:
        return f"{task['minutes']:g} minutes of training"
    return f"{task['steps']:,} steps of {task['batch_size']} examples"


def protocol(results):
    """The protocol of a comparison: a list of sentences."""
    facts, tasks = results["protocol"], results["tasks"].values()
    seeds = ", ".join(map(str, facts["seeds"]))
    once = "with seed" if len(facts["seeds"]) == 1 else "once with each of the seeds"
    sentences = [
        f"Each model is trained {once} {seeds}; a figure is the mean over them, ± the standard deviation (n − 1)."
        if len(facts["seeds"]) > 1
        else f"Each model is trained {once} {seeds}: nothing is known of the spread, and no winner is named.",
        "All models of a task learn from the same examples; the weights kept are those of the best validation loss.",
        "Each family keeps its own training recipe (learning rate, schedule, label smoothing and the like), "
        + (
            f"but for the learning rate, which is {facts['learning_rate']:g} for all."
            if facts["learning_rate"]
            else "which is listed with its model."
        ),
        "The likelihood is teacher-forced, counts each target token once, padding never, and knows no label "
        "smoothing; the metric of the task is that of the model's own, greedily decoded answers.",
        "One model is called better than another only if the means differ by more than both standard deviations "
        "together; bold figures are better than all others in that sense.",
        "Each model was trained in a process of its own, whose largest resident memory is reported."
        if facts["isolated"]
        else "All were trained in one process, one after another; so peak memory is not reported.",
    ]
    if facts["data"]:
        sentences.append(f"The data are {' and '.join(Path(path).name for path in facts['data'])}.")
    if facts["bad_lines"] == "skip":
        sentences.append("Malformed lines of the data were left out; each run's config.json counts them.")
    drawn = facts.get("drawn")  # older results have none
    if drawn:
        sentences.append(
            f"Each training learned from {drawn:,} examples, drawn by its seed, and chose its weights by as "
            "many of the validation split, or all of it; vocabularies and labels are those of the whole training split."
        )
    if facts["at_once"] > 1:
        sentences.append(
            f"{facts['at_once']} models were trained at a time and shared the cores: speeds and seconds are those of a "
            "part of the machine."
        )
    if facts["minutes"] is not None:
        sentences.insert(1, "The budget is time: learning-rate schedules that end at the last step were kept constant.")
    for task in tasks:
        sizes = ", ".join(f"{count:,} {split}" for split, count in task["examples"].items())
        sentences.append(f"{task['task']}: {sizes} examples; {budget(task)}; {tokenizers(task)}.")
        sentences += [f"{task['task']}, signature of {sentence}" for sentence in signatures(task)]
    return sentences


def tokenizers(task):
    """Which tokenizer, and whether all models had the same vocabulary."""
    sizes = {model: sorted(set(entry["vocabulary"].values())) for model, entry in task["models"].items()}
    shown = {model: " and ".join(f"{count:,}" for count in counts) for model, counts in sizes.items()}
    if len(set(shown.values())) == 1:
        return f"the {task['tokenizer']} tokenizer with {next(iter(shown.values()))} tokens"
    listed = "; ".join(f"{model} {counts}" for model, counts in shown.items())
    return f"the {task['tokenizer']} tokenizer with unequal vocabularies ({listed}): compare perplexities with care"


def machine_sentence(machine):
    """What it was measured on."""
    memory = f", {machine['memory_bytes'] / 2**30:.0f} GiB of memory" if machine["memory_bytes"] else ""
    gpus = f", {', '.join(machine['accelerators'])}" if machine["accelerators"] else ""
    return f"{machine['processor']}, {machine['cores']} cores{memory}{gpus}, {machine['system']}"


def glossary(tasks):
    """``(title, meaning)`` of every column that occurs."""
    used = {column.figure for task in tasks for column in task["columns"]}
    names = {name for task in tasks for entry in task["task"]["models"].values()
             for part in entry["summary"]["splits"].values() for name in part}  # fmt: skip
    used |= {METRICS[name] for name in names if name in METRICS}
    return [(figure.title, figure.glossary) for figure in [*COSTS.values(), *METRICS.values()] if figure in used]
