"""Who takes part in a comparison: which families suit which task."""

from zoo.registry import KINDS, MODELS
from zoo.run_folder import RunError
from zoo.runs import parse_model

# Families whose file tells several models of equal standing: each takes part.
SEVERAL = {"rnn": ("tiny", "tiny-lstm", "tiny-gru"), "seq2seq": ("tiny", "tiny-gru")}
# Decoders that were published for a kind of task whose own families are of another kind.
GUESTS = {"text-to-text": ("gpt",)}


def assign(tasks, models=None):
    """Which models take which task: task name -> list of ``"family"`` or ``"family:preset"``.

    Args:
        tasks: list of :class:`zoo.tasks.Task`.
        models: None, "all" or a list, see :func:`compare`.

    Raises:
        UnknownNameError: no such family or preset.
        RunError: a model suits none of the tasks.
    """
    if models is None or models == "all":
        return {
            task.name: [label for family in _families(task, models == "all") for label in _presets(family)]
            for task in tasks
        }
    labels = {label(model): parse_model(model)[0] for model in models}
    takers = {task.name: [name for name, family in labels.items() if suits(family, task)] for task in tasks}
    for name, family in labels.items():
        if not any(name in chosen for chosen in takers.values()):
            kinds = sorted({task.kind for task in tasks})
            raise RunError(f"{name} is of kind {family.kind!r}, which none of the tasks takes ({', '.join(kinds)}).")
    idle = [name for name, chosen in takers.items() if not chosen]
    if idle:
        raise RunError(f"none of the models {', '.join(labels)} suits {' and '.join(idle)}; 'zoo list' shows which do.")
    return takers


def suits(family, task):
    """Whether the kind of a task takes a family's kind of backbone."""
    return family.kind in KINDS.get(task.kind).backbone_kinds


def label(model):
    """The shortest name of a model: the preset only where it is not the family's first."""
    family, preset, _ = parse_model(model)
    is_first = preset == next(iter(family.presets))
    return family.registered_name if is_first else f"{family.registered_name}:{preset}"


def _families(task, every):
    """Names of the families for a task: those of the kind of backbone that comes first for it, and the guests."""
    first = KINDS.get(task.kind).backbone_kinds[0]
    families = [name for name in MODELS.names() if suits(MODELS.get(name), task)]
    return [name for name in families if every or MODELS.get(name).kind == first or name in GUESTS.get(task.kind, ())]


def _presets(family):
    return [label(f"{family}:{preset}") for preset in SEVERAL[family]] if family in SEVERAL else [label(family)]
