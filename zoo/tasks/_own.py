"""Tasks made of the user's own files: what they have in common.

``zoo train transformer translation --data pairs.tsv``

One file is divided into training (80 %), validation (10 %) and test (10 %) by a
checksum of its content (:func:`zoo.datasets.splits.divide`): every time alike,
and no text in two parts. A folder with files ``train.*``, ``validation.*`` and
``test.*`` is taken as it is.
"""

from pathlib import Path

from zoo.datasets import DataError
from zoo.datasets.readers import ending, malformed, table
from zoo.datasets.splits import divide
from zoo.datasets.structured import json_lines
from zoo.tasks import Task


class OwnDataTask(Task):
    """Base class; a subclass says which files it understands and makes an example of a record.

    Args:
        variant: see the subclass.
        data: paths; one string may name several with commas between them.
    """

    takes_data = True
    formats = ""  # one line for people: which files with which content
    layouts = ()  # columns of .tsv and .csv files, see zoo.datasets.readers.table
    tokenizer = "byte-level-bpe"  # knows every script and loses nothing

    def __init__(self, variant=None, data=None):
        super().__init__(variant, data)
        self.data = [path for given in self.data for path in _paths(given)]  # absolute, to be found again
        self._parts = None

    def examples(self, split):
        """The examples of a split, see :class:`zoo.tasks.Task`.

        Raises:
            DataError: no data given, a malformed line, too few examples.
        """
        self.check_split(split)
        if self._parts is None:
            self._parts = self._divided()
        return self._parts[split]

    def all_examples(self):
        """All examples undivided: for a file that is a test set as a whole."""
        if self._split_files():
            return [example for split in self.splits for example in self.examples(split)]
        return [example for example, _ in self._items()]

    def read(self, paths):
        """Reads files: a list of (example, texts that may stand in one split only)."""
        return [item for path in paths for item in self.read_file(path)]

    def read_file(self, path):
        """Reads one file, see :meth:`read`."""
        return [self.example(record, path, line) for line, record in self.records(path)]

    def records(self, path):
        """The records of a file: a list of (line, dictionary)."""
        if ending(path) == ".jsonl":
            return json_lines(path)
        if ending(path) in (".tsv", ".csv") and self.layouts:
            return table(path, *self.layouts)
        raise DataError(f"{path}: task {self.registered_name!r} takes {self.formats}.")

    def example(self, record, path, line):
        """(example, texts that may stand in one split only) of a record; DataError if it is malformed."""
        raise NotImplementedError

    def labels(self, example):
        """Labels which the training part must know, or None."""
        return None

    def divided(self, items):
        """Parts of what :meth:`read` returned: {split: examples}."""
        examples, contents = [example for example, _ in items], [content for _, content in items]
        labels = [self.labels(example) for example in examples]
        return divide(examples, contents, labels=None if None in labels else labels, where=", ".join(self.data))

    def _divided(self):
        files = self._split_files()
        if not files:
            return self.divided(self._items())
        return {split: [example for example, _ in self.read(files[split])] for split in self.splits}

    def _items(self):
        return self.read_folder(self._folder) if self._folder else self.read(self._files())

    def _split_files(self):
        """{split: files} of a folder whose files are named after the splits; else None."""
        if not self._folder:
            return None
        every = sorted(path for path in self._folder.iterdir() if path.is_file())
        files = {split: [path for path in every if path.name.split(".")[0] == split] for split in self.splits}
        missing = [split for split in self.splits if not files[split]]
        if 0 < len(missing) < len(files):
            raise DataError(f"{self._folder} has no file {missing[0]}.*; expected train.*, validation.* and test.*.")
        return None if missing else files

    def read_folder(self, folder):
        """Reads a folder whose files are not named after splits, see :meth:`read`."""
        raise DataError(f"{folder}: expected files train.*, validation.* and test.* in this folder.")

    @property
    def _folder(self):
        return Path(self.data[0]) if len(self.data) == 1 and Path(self.data[0]).is_dir() else None

    def _files(self):
        if not self.data:
            name = self.registered_name
            raise DataError(f"task {name!r} is for your own data: give it with --data FILE ({self.formats}).")
        return [Path(path) for path in self.data]


class TextsTask(OwnDataTask):
    """Base class of tasks about one text or a pair of texts."""

    has_pairs = None  # becomes known with the first example

    def text_fields(self, record, path, line):
        """("text",) or ("text", "text_pair"), as in the first record; DataError for a record of the other form."""
        if self.has_pairs is None:
            self.has_pairs = "text_pair" in record
        if self.has_pairs != ("text_pair" in record):
            here, there = ("a", "no") if "text_pair" in record else ("no", "a")
            raise malformed(path, line, f"there is {here} 'text_pair'", f"{there} 'text_pair', as in the first example")
        return ("text", "text_pair") if self.has_pairs else ("text",)


def text(record, name, path, line):
    """The text of a record's field ``name``, without white space around it.

    Raises:
        DataError: the field is missing, empty or not a string.
    """
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        problem = f"{name!r} is missing" if name not in record else f"{name!r} is {value!r}"
        raise malformed(path, line, problem, f"a text that is not empty for {name!r}")
    return value.strip()


def strings(record, name, path, line):
    """The list of strings in a record's field ``name``; DataError if it is something else."""
    value = record.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item.strip() for item in value):
        found = "missing" if name not in record else f"{value!r:.60}"
        raise malformed(path, line, f"{name!r} is {found}", f"a list of strings, none empty, for {name!r}")
    return value


def _paths(given):
    """One path, or several with commas between them; a file that exists may have a comma in its name."""
    given = str(given)
    if not given:
        raise DataError("data names no file: '' was given.")
    paths = [given] if Path(given).exists() else given.split(",")
    return [str(Path(path).absolute()) for path in paths]
