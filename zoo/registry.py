"""The phone book: which models and tasks exist, and where.

The file system is the registry. A model's name is the name of its file in
``models/``, a task's name that of its file in ``zoo/tasks/`` (with ``-`` for
``_``; kinds of task likewise in ``zoo/kinds/``). Listing looks into the folder and imports nothing; a look-up imports
one file, whose decorator puts the class into the book. Users add a class of
their own with the same decorator. Only the standard library is used here.
"""

import difflib
import importlib
from importlib.util import find_spec
from pathlib import Path


class UnknownNameError(ValueError):
    """A name that is not known; the message lists those which are."""


def unknown_name(what, name, known):
    """The error for an unknown name: what was given, the nearest, what is possible."""
    known = sorted(known)
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return UnknownNameError(f"unknown {what} {name!r}.{hint} Possible: {', '.join(known) or 'none'}.")


class Registry:
    """Named classes, found by the file that defines them.

    Args:
        what: what an entry is called in error messages, e.g. ``"model"``.
        package: the package whose files are the entries, e.g. ``"zoo.models"``.
        hyphenated: whether a name has ``-`` where its file has ``_``.
    """

    def __init__(self, what, package, hyphenated=False):
        self.what = what
        self.package = package
        self.hyphenated = hyphenated
        self._entries = {}

    def register(self, name):
        """Class decorator: enters the class under ``name``.

        Raises:
            ValueError: if another class has the name; both owners are named.
        """

        def enter(entry):
            owner = self._entries.get(name)
            # The same file may be loaded again (a notebook's reload): same place, same owner.
            if owner is not None and _place(owner) != _place(entry):
                owners = f"{_place(owner)}; {_place(entry)} needs another name"
                raise ValueError(f"{self.what} {name!r} is taken by {owners}.")
            entry.registered_name = name
            self._entries[name] = entry
            return entry

        return enter

    def names(self):
        """All names, sorted: the files of the folder and what users registered."""
        files = {file.stem.replace("_", "-") if self.hyphenated else file.stem for file in self._files()}
        return sorted(files | set(self._entries))

    def get(self, name):
        """The class registered under ``name``; imports its file if need be.

        Raises:
            UnknownNameError: lists the known names and the nearest one.
        """
        if name not in self._entries:
            if name not in self.names():
                raise unknown_name(self.what, name, self.names())
            module = f"{self.package}.{name.replace('-', '_') if self.hyphenated else name}"
            importlib.import_module(module)
            if name not in self._entries:
                raise ValueError(f"{module} does not register a {self.what} named {name!r}.")
        return self._entries[name]

    def _files(self):
        folders = find_spec(self.package).submodule_search_locations
        return [file for folder in folders for file in Path(folder).glob("[!_]*.py")]


def _place(entry):
    return f"{entry.__module__}.{entry.__qualname__}"


MODELS = Registry("model", "zoo.models")
TASKS = Registry("task", "zoo.tasks", hyphenated=True)
KINDS = Registry("kind of task", "zoo.kinds", hyphenated=True)


def register_model(name):
    """Class decorator that registers a model family, see :class:`zoo.base.Backbone`; with Keras, too."""

    def enter(family):
        MODELS.register(name)(family).make_savable()
        return family

    return enter


def register_task(name):
    """Class decorator that registers a task, see :class:`zoo.tasks.Task`."""
    return TASKS.register(name)


def register_kind(name):
    """Class decorator that registers a kind of task, see :class:`zoo.kinds.Kind`."""
    return KINDS.register(name)
