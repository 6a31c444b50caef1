"""Settings are frozen dataclasses; this module replaces values in them, checked by name and type."""

import dataclasses
import typing

from zoo.registry import unknown_name


class SettingError(ValueError):
    """A setting that does not exist or a value of the wrong type."""


def replace(config, changes):
    """A copy of a dataclass with some fields changed.

    Args:
        config: an instance of a (frozen) dataclass.
        changes: field name -> value; a string is converted to the field's type,
            so that ``{"dropout": "0.1"}`` from a command line works.

    Raises:
        UnknownNameError: no such field; lists the fields.
        SettingError: the value does not have the field's type, or the dataclass refuses it.
    """
    converted = convert_all(type(config), changes)
    try:
        return dataclasses.replace(config, **converted)
    except ValueError as error:
        raise SettingError(str(error)) from error


def convert_all(config_class, changes):
    """``changes``, field name -> value, with each value in the type of its field; raises as :func:`replace`."""
    types = typing.get_type_hints(config_class)
    for name in changes:
        if name not in types:
            raise unknown_name("setting", name, types)
    return {name: convert(name, value, types[name]) for name, value in changes.items()}


def convert(name, value, wanted):
    """``value`` as type ``wanted``; unions such as ``int | None`` and ``Literal`` are understood.

    Raises:
        SettingError: it cannot be; names the setting ``name``.
    """
    if typing.get_origin(wanted) is typing.Literal:
        possible = typing.get_args(wanted)
        if value not in possible:
            raise SettingError(str(unknown_name(f"value for {name}", value, [str(p) for p in possible])))
        return value
    alternatives = typing.get_args(wanted) or (wanted,)
    if type(None) in alternatives and (value is None or value == "none"):
        return None
    for kind in alternatives:
        if kind is bool and isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if kind is bool or isinstance(value, bool):
            if isinstance(value, kind):
                return value
            continue
        if isinstance(value, (str, int, float)) and kind in (int, float, str):
            try:
                if kind is int and isinstance(value, float) and not value.is_integer():
                    continue
                return kind(value)
            except ValueError:
                continue
    names = " or ".join(kind.__name__ for kind in alternatives)
    possible = " (true or false)" if bool in alternatives else ""
    raise SettingError(f"setting {name!r} takes a value of type {names}{possible}, not {value!r}.")
