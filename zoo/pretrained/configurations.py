"""Configurations of others <-> settings of ours, by the tables of :mod:`zoo.pretrained.fields`.

A field that is in no table stops the load: what it means is not known, and ignoring it might be wrong.
"""

import dataclasses

from zoo.pretrained.errors import PretrainedError, names
from zoo.registry import MODELS
from zoo.settings import replace


def settings_of(config, fields, source, dropout=None):
    """The settings of ours that a configuration of others stands for.

    Args:
        config: contents of their file, a dictionary.
        fields: :class:`Fields` of this kind of configuration.
        source: what error messages call the file.
        dropout: the rate that the caller wants, a number, also as text; None takes theirs.

    Raises:
        PretrainedError: a field is missing, or our family cannot express it; names the field.
        SettingError: ``dropout`` is no rate.
    """
    known = {*fields.settings, *fields.choices, *fields.dropouts, *fields.fixed, *fields.harmless}
    unknown = {name: value for name, value in config.items() if name not in known}
    if unknown:
        shown = names(f"{name} = {value!r}" for name, value in unknown.items())
        raise PretrainedError(
            f"{source}: the zoo's {fields.family} does not know what {shown} means. If it changes nothing that the "
            "model computes, delete it from the file."
        )
    for name, value in config.items():
        _check_value(name, value, fields, source)
    values = {**fields.defaults, **config}
    missing = [name for name in (*fields.settings, *fields.choices) if name not in values]
    if missing:
        raise PretrainedError(f"{source}: missing {names(missing)}.")
    settings = {ours: values[theirs] for theirs, ours in fields.settings.items()}
    settings |= {ours: meanings[values[theirs]] for theirs, (ours, meanings) in fields.choices.items()}
    if settings.get("intermediate_dim") is None:  # GPT's feed-forward layers, unless it says otherwise
        settings["intermediate_dim"] = 4 * settings["hidden_dim"]
    settings["dropout"] = _dropout(values, fields, source) if dropout is None else 0.0
    try:
        config = MODELS.get(fields.family).Config(**settings, **fields.constants)
    except ValueError as error:  # sizes that do not go together
        raise PretrainedError(f"{source}: {error}") from error
    return dataclasses.asdict(config if dropout is None else replace(config, {"dropout": dropout}))


def _check_value(name, value, fields, source):
    """Raises PretrainedError where the value of a field is not among those that it may have."""
    possible = fields.possible(name)
    if possible is not None and value not in possible:
        raise PretrainedError(
            f"{source}: {name} is {value!r}; the zoo's {fields.family} knows {names(map(repr, possible))} only, and "
            "would compute something other than these weights were trained for."
        )
    if name in fields.defaults and value == fields.defaults[name]:
        return
    types = MODELS.get(fields.family).Config.__annotations__
    whole = name in fields.settings and types[fields.settings[name]] is not float
    number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if (name in fields.settings or name in fields.dropouts) and not number:
        raise PretrainedError(f"{source}: {name} is {value!r}; expected a {'whole ' if whole else ''}number.")


def _dropout(config, fields, source):
    rates = {name: config.get(name, 0.1) for name in fields.dropouts}
    if len(set(rates.values())) > 1:
        shown = ", ".join(f"{name} {rate}" for name, rate in rates.items())
        raise PretrainedError(
            f"{source}: {shown}; the zoo's {fields.family} has one rate for all: choose it, such as dropout=0.1 "
            "(zoo train: --set dropout=0.1)."
        )
    return rates[fields.dropouts[0]]


def config_of(settings, fields):
    """The contrary of :func:`settings_of`: their configuration for settings of ours."""
    return {
        **{theirs: settings[ours] for theirs, ours in fields.settings.items()},
        **dict.fromkeys(fields.dropouts, settings["dropout"]),
        **{name: values[0] for name, values in fields.fixed.items() if name != "pruned_heads"},
        **{theirs: _first(meanings, settings[ours]) for theirs, (ours, meanings) in fields.choices.items()},
    }


def _first(meanings, value):
    """The first of their values that means ``value``."""
    return next(theirs for theirs, ours in meanings.items() if ours == value)
