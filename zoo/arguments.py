"""What can be said against a training before any data are read: a slip of the finger shall not cost a vocabulary.

Whoever asks for a training that cannot be is told in this order: names, settings and what cannot go together; the
folder; the data.
"""

import dataclasses
import math

from zoo.compilation import check_compile
from zoo.needs import check_weights
from zoo.optimization import Recipe
from zoo.prompt_tuning import PROMPT_TUNING, check_decoder
from zoo.registry import KINDS, unknown_name
from zoo.run_folder import RunError
from zoo.runs import fitted_settings
from zoo.settings import SettingError, replace
from zoo.strategies import is_multi_worker
from zoo.tasks import find
from zoo.tokenizers import SPECIAL_TOKENS

ENDING = ("linear", "cosine")  # schedules that have to know how many steps there will be
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


def find_task(name, family, data, text, bad_lines):
    """The task that a model of ``family`` is to learn, with the user's settings of its text side."""
    task = find(name, data=data, bad_lines=bad_lines)
    kind_class = KINDS.get(task.kind)
    if family.kind not in kind_class.backbone_kinds:
        raise RunError(
            f"{family.registered_name} is of kind {family.kind!r}; task {task.name} ({task.kind}) takes models "
            f"of kind {' or '.join(kind_class.backbone_kinds)}. 'zoo list' shows which."
        )
    task.adjust(text, kind_class.text_settings)
    kind_class.check_task(task, family.kind)
    return task


def check_start(init, prompt_length, family, of_tokenizer):
    """Raises RunError for what cannot go with ``init``, or not without.

    Args:
        init, prompt_length: see :func:`zoo.train`.
        family: the family class.
        of_tokenizer: names of the settings of the tokenizer that the user gave.
    """
    if init is not None and of_tokenizer:
        raise RunError(f"the tokenizer comes with the weights in {init}: leave out {', '.join(sorted(of_tokenizer))}.")
    if prompt_length is None:
        return
    check_decoder(family)
    if prompt_length < 1:
        raise RunError(f"a prompt has one vector at least, not {prompt_length}.")
    if init is None:
        raise RunError("a prompt stands before what is trained already: name it by --init RUN (init=RUN).")


def check_choices(precision, compile, examples, seed, family, strategy):
    """Raises an error for a precision, compilation, number of examples or seed that there is not."""
    if precision not in PRECISIONS:
        raise unknown_name("precision", precision, PRECISIONS)
    check_compile(compile, family, strategy)
    if examples is not None and examples < 1:
        raise RunError(f"nothing can be learned from {examples} examples: give 1 at least.")
    if not 0 <= seed < 2**32:
        raise RunError(f"the seed must lie between 0 and 4294967295, not {seed}.")


def make_recipe(family, of_start, prompt_length, changes, learning_rate, minutes):
    """The :class:`zoo.optimization.Recipe`: the family's, what starting from weights changes in it, then the user.

    With a budget in minutes, a schedule that would have to know its last step stays constant, unless the user chose it.
    """
    planned = {**family.recipe, **of_start, **(PROMPT_TUNING if prompt_length else {})}
    if minutes is not None and planned.get("schedule") in ENDING:
        planned["schedule"] = "constant"
    changes = {**planned, **changes}
    if learning_rate is not None:
        changes["learning_rate"] = learning_rate
    return replace(Recipe(), changes)


def check_budget(steps, epochs, minutes, schedule, strategy):
    """Raises RunError for several budgets, one that is no number of steps, passes or minutes, or does not suit."""
    if sum(budget is not None for budget in (steps, epochs, minutes)) > 1:
        raise RunError("give one budget: steps, epochs or minutes.")
    for name, budget in (("steps", steps), ("epochs", epochs), ("minutes", minutes)):
        if budget is not None and not 0 < budget < math.inf:
            raise RunError(f"{name} must be positive and finite, not {budget}.")
    if minutes is not None and schedule in ENDING:
        raise RunError(
            f"the schedule {schedule!r} ends at the last step, which a budget in minutes does not know: "
            "choose schedule=constant or inverse-sqrt, or give steps."
        )
    if minutes is not None and is_multi_worker(strategy):
        raise RunError("a budget in minutes ends at another step on each worker: give steps or epochs.")


def check_settings(family, config, task, start, settings, learns):
    """Refuses settings of the model that are wrong whatever the texts are.

    Args:
        family: the family class.
        config: the preset's settings.
        task: what is to be learned.
        start: see :func:`zoo.initialization.start_from`; None: from nothing.
        settings: the user's changes, name -> value.
        learns: whether the backbone's weights do.
    """
    given = [name for name in settings if name.endswith("vocabulary_size")]
    if given and start:
        raise SettingError(f"{given[0]} comes with the weights in {start.source}: leave it out.")
    if given:
        raise SettingError(
            f"{given[0]} follows from the texts: leave it out. How many tokens there are at most is said by --text "
            "vocabulary_size=N (text={'vocabulary_size': N})."
        )
    fitted = {"max_sequence_length": KINDS.get(task.kind).shortest_sequence(task, family.kind)}
    if start:
        least = start.settings(fitted, settings)
    else:  # the vocabulary will be that of the texts: the smallest that there is
        names = [field.name for field in dataclasses.fields(config) if field.name.endswith("vocabulary_size")]
        least = fitted_settings(config, {**fitted, **dict.fromkeys(names, len(SPECIAL_TOKENS) + 1)}, settings)
    check_weights(family, least, learns)
