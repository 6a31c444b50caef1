"""Where a training starts from that does not start from nothing: an earlier run, or published weights."""

import dataclasses

from zoo.datasets.splits import draw
from zoo.pretrained import Pretrained, PretrainedError, check_family, fill, read
from zoo.prompt_tuning import Prompted
from zoo.run_folder import RunError, is_run
from zoo.runs import Run, fitted_settings

# BERT's paper fine-tunes with 5e-5, 4e-5, 3e-5 or 2e-5 (appendix A.3), GPT-1's with 6.25e-5:
# what suits random weights would destroy those that are there.
FINE_TUNING = {"learning_rate": 5e-5}
# Some fill their embeddings up to a multiple of this, for the speed of their devices.
PADDED = 128
LOOKED_AT = 1000  # training texts, before it is said that a vocabulary suits them


def start_from(source, family, preset=None, dropout=None):
    """The start that a user names.

    Args:
        source: a :class:`zoo.runs.Run` or its folder; or published weights, see :func:`zoo.pretrained.read`.
        family: the family class that is to be trained.
        preset: the preset that the user asked for, if any.
        dropout: the rate that the user asked for, if any; a number, also as text.

    Returns:
        None without a source; else a :class:`FromRun` or a :class:`FromPretrained`, with the attributes
        ``preset``, ``recipe`` and ``source``, and the methods ``tokenizers``, ``settings`` and ``fill``.

    Raises:
        RunError, PretrainedError: it is no start, or that of another family or preset.
        SettingError: ``dropout`` is no rate.
    """
    if source is None:
        return None
    if isinstance(source, Run):
        return FromRun(source, family, preset)
    if isinstance(source, Pretrained):
        return FromPretrained(source, family, preset)
    if is_run(source):
        return FromRun(Run.load(source), family, preset)
    return FromPretrained(read(source, dropout), family, preset)


def check_vocabulary(kind, examples, task_name, source):
    """Refuses, by a RunError, a start whose vocabulary knows nothing of most texts: its weights would learn nothing.

    One text or another of a corpus may well be unknown; of the user's own texts not one may, see :mod:`zoo.tasks._own`.

    Args:
        kind: the :class:`zoo.kinds.Kind` with the tokenizers of ``source``.
        examples: those of training.
    """
    some = draw(examples, LOOKED_AT, seed=0)
    unread = sum(field is not None for field in kind.unread(some))
    if unread > len(some) / 2:
        raise RunError(
            f"the {kind.reader.name} tokenizer of {source} knows nothing in {unread:,} of {len(some):,} training texts "
            f"of {task_name}: all of each would be read as unknown. Start from a run of such texts, or without --init "
            "(init)."
        )


class FromRun:
    """A run of the same family: settings, tokenizers, backbone, and the head (or its pooler) if of the same form."""

    recipe = {}

    def __init__(self, run, family, preset):
        if run.config["model"] != family.registered_name:
            raise RunError(
                f"{run.folder} is a run of {run.config['model']!r}: it cannot start a {family.registered_name!r}."
            )
        if run.config.get("prompt_length"):
            raise RunError(
                f"{run.folder} is a prompt before a frozen model: start from that model, {run.config['init']}."
            )
        self.preset = run.config["preset"]
        if preset and preset != self.preset:
            raise RunError(f"{run.folder} was trained with the preset {self.preset!r}, which cannot become {preset!r}.")
        self.run = run
        self.source = str(run.folder)
        self.config = family.Config(**run.config["settings"])

    def tokenizers(self, kind_class):
        """The tokenizers, under the names that the new kind of task uses."""
        old, names = self.run.kind.tokenizers, kind_class.tokenizer_names
        if set(old) == set(names):
            return old
        first, *others = old.values()
        if any(other.tokens != first.tokens for other in others):
            raise RunError(
                f"{self.source} has a vocabulary for each side; {kind_class.registered_name} needs one for everything."
            )
        return dict.fromkeys(names, first)

    def settings(self, wanted, changes):
        """The configuration of the new model: the run's, with what the texts want and the user's changes."""
        return fitted_settings(self.config, wanted, changes)

    def fill(self, task_model):
        """Copies the weights into a new model."""
        backbone, is_prompted = _frozen(task_model)
        for part, new in (("backbone", backbone), ("head", task_model.head)):
            old = getattr(self.run.model, part)
            shapes = [[tuple(weight.shape) for weight in layer.weights] for layer in (old, new)]
            if shapes[0] == shapes[1]:
                new.set_weights(old.get_weights())
            elif part == "head" and is_prompted:
                raise _other_head(self.source)
            elif part == "head" and hasattr(old, "pooler") and hasattr(new, "pooler"):
                new.pooler.set_weights(old.pooler.get_weights())  # pre-trained on whole texts, as the paper has it
            elif part == "backbone":
                raise RunError(
                    f"the weights of {self.source} have other shapes than those of the new model"
                    f"{_changes(self.config, backbone.config)}: change no sizes, and choose a task whose texts are not "
                    "longer than that run's (max_sequence_length)."
                )
        if is_prompted:
            task_model.backbone.begin()


class FromPretrained:
    """Published weights: their settings, tokenizer, backbone, and the pooler where the new head has one."""

    preset = "pretrained"
    recipe = FINE_TUNING

    def __init__(self, pretrained, family, preset):
        check_family(pretrained, family.registered_name)
        if preset:
            raise PretrainedError(
                f"the preset {preset!r} was asked for, but all settings come from {pretrained.source}: leave it out."
            )
        if pretrained.tokenizer is None:
            raise PretrainedError(
                f"{pretrained.source} has weights, but no tokenizer that the zoo can read ({pretrained.no_tokenizer}). "
                "A training needs the one that the weights were made with: put its files there."
            )
        tokens, rows = pretrained.tokenizer.vocabulary_size, pretrained.settings["vocabulary_size"]
        if family.kind == "decoder" and tokens != rows:
            raise PretrainedError(
                f"{pretrained.source} has embeddings for {rows} tokens, but a tokenizer of {tokens}: a language model "
                "would write tokens that do not exist."
            )
        if rows - tokens >= PADDED:
            raise PretrainedError(
                f"{pretrained.source} has embeddings for {rows} tokens, but a tokenizer of {tokens}: its vocabulary is "
                "not whole, or belongs to other weights. If it is right, name the rest in it [unused0], [unused1], ..."
            )
        self.pretrained = pretrained
        self.source = pretrained.source

    def tokenizers(self, kind_class):
        """The tokenizer, under the names that the new kind of task uses."""
        return dict.fromkeys(kind_class.tokenizer_names, self.pretrained.tokenizer)

    def settings(self, wanted, changes):
        """The configuration of the new model: the source's, if the texts fit; only dropout may change."""
        config = self.pretrained.config(**changes)
        if wanted["max_sequence_length"] > config.max_sequence_length:
            raise PretrainedError(
                f"the task would read {wanted['max_sequence_length']} tokens at once; the weights in "
                f"{self.source} know {config.max_sequence_length} positions. Take weights with more, or a task with "
                "shorter texts."
            )
        return config

    def fill(self, task_model):
        """Copies the weights into a new model."""
        backbone, is_prompted = _frozen(task_model)
        fill(backbone, self.pretrained.part())
        if is_prompted:
            if task_model.head.weights:
                raise _other_head(self.source)
            task_model.backbone.begin()
        pooler = self.pretrained.part("pooler")
        if pooler and hasattr(task_model.head, "pooler"):
            fill(task_model.head.pooler, pooler)


def _frozen(task_model):
    """The backbone that weights are copied into, and whether it stands behind a prompt."""
    is_prompted = isinstance(task_model.backbone, Prompted)
    return task_model.backbone.backbone if is_prompted else task_model.backbone, is_prompted


def _changes(old, new):
    """The settings that differ between two configurations, in words."""
    pairs = [(field.name, getattr(old, field.name), getattr(new, field.name)) for field in dataclasses.fields(old)]
    changed = [f"{name} {before} -> {after}" for name, before, after in pairs if before != after]
    return f" ({', '.join(changed)})" if changed else ""


def _other_head(source):
    return RunError(
        f"prompt tuning trains no head, and {source} has none of the form that this task needs: choose a task that "
        "writes text (language-modelling, text-to-text), or one with the labels of that run."
    )
