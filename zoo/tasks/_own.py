"""Tasks made of the user's own files: what they have in common.

``zoo train transformer translation --data pairs.tsv``

One file is divided into training (80 %), validation (10 %) and test (10 %) by a
checksum of its content (:func:`zoo.datasets.splits.divide`): every time alike,
and no text in two parts. A folder with files ``train.*``, ``validation.*`` and
``test.*`` is taken as it is.
"""

from functools import partial

from zoo.composed import composed
from zoo.datasets import DataError
from zoo.datasets.readers import ending, malformed
from zoo.datasets.splits import divide
from zoo.datasets.structured import json_lines
from zoo.datasets.tables import table
from zoo.tasks import Task
from zoo.tasks._hints import counted, leaked, spelled_alike
from zoo.tasks._paths import absolute_paths, files, only_folder, split_files


class OwnDataTask(Task):
    """Base class; a subclass says which files it understands and makes an example of a record.

    Args:
        variant: see the subclass.
        data: paths; one string may name several with commas between them.
    """

    takes_data = True
    formats = ""  # one line for people: which files with which content
    layouts = ()  # columns of .tsv and .csv files, see zoo.datasets.readers.table
    known_labels = None  # those that an example may have; None: any
    tokenizer = "byte-level-bpe"  # knows every script and loses nothing

    def __init__(self, variant=None, data=None):
        super().__init__(variant, data)
        self.data = absolute_paths(self.data)  # to be found again
        self._skipped = {}  # what was wrong with the lines that were skipped -> where each is
        self._parts = None
        self._places = {}  # id of an example -> its file, its line, and itself, so that the id stays its own
        self.kind_that_reads = None
        self._readable = {}  # split -> examples of which the kind can read something

    def examples(self, split):
        """The examples of a split, see :class:`zoo.tasks.Task`.

        Raises:
            DataError: no data given, a malformed line, too few examples.
        """
        self.check_split(split)
        if self._parts is None:
            self._parts = self._divided()
        if self.kind_that_reads is None:
            return self._parts[split]
        if split not in self._readable:
            self._readable[split] = list(self._read_by_kind(self._parts[split]))
            self._check_left(self._readable[split], split)
        return self._readable[split]

    def sizes(self):
        """As in the base class; texts of the test split count whether the kind can read them or not."""
        train, validation = (len(self.examples(split)) for split in ("train", "validation"))
        read = [path for paths in (self._split_files() or {"": self.data}).values() for path in paths]
        return counted(read, train, validation, len(self._parts["test"]))

    def reads_with(self, kind):
        """As in the base class: from now on, texts of which ``kind`` can read nothing are bad lines."""
        self.kind_that_reads, self._readable = kind, {}

    def hints(self):
        """As in the base class. Other splits are compared with training; nothing that is learned follows from them."""
        train = self.examples("train")
        leak = leaked(self._parts) if self._split_files() else None
        labels = [label for example in train for label in self.labels(example) or ()]
        return [said for said in (leak, spelled_alike(labels), self.label_hint(train)) if said]

    def label_hint(self, examples):
        """What may be wrong with these examples, but need not be: a sentence, or None."""

    def bad(self, error):
        """Raises the error of a malformed line, or notes it where the user wants such lines skipped."""
        if self.bad_lines == "refuse":
            raise error
        self._skipped[str(error)] = error.place

    @property
    def skipped(self):
        """What was wrong with the lines that were skipped, by file and line: each once, whatever was found when."""
        return sorted(self._skipped, key=self._skipped.get)

    def item(self, make, path, line):
        """``[make()]`` in NFC, an item of :meth:`read`; [] if it is malformed or has an unknown label: skipped."""
        try:
            example, content = composed(make())
            unknown = sorted(set(self.labels(example) or ()) - (self.known_labels or set()))
            if self.known_labels is not None and unknown:
                known = f"{', '.join(sorted(self.known_labels)):.200}"
                raise malformed(path, line, f"label {unknown[0]!r} does not occur in training", f"one of {known}")
        except DataError as error:
            self.bad(error)
            return []
        return [(self.placed(example, path, line), content)]

    def placed(self, example, path, line):
        """An example, of which is known from now on where it stands."""
        self._places[id(example)] = path, line, example
        return example

    def place_of(self, example):
        """The file and the line where an example begins."""
        return self._places[id(example)][:2]

    def all_examples(self):
        """All examples undivided: for a file that is a test set as a whole."""
        if self._split_files():
            examples = [example for split in self.splits for example in self.examples(split)]
        else:
            examples = [example for example, _ in self._items()]
            examples = examples if self.kind_that_reads is None else list(self._read_by_kind(examples))
        self._check_left(examples)
        return examples

    def _check_left(self, examples, split=None):
        if examples:
            return
        part = f" of {split}" if split else ""
        if self.skipped:
            raise DataError(f"nothing is left{part} without the malformed lines. The first: {self.skipped[0]}")
        raise DataError(f"{', '.join(self.data)}: there is no example{part} in it.")

    def read(self, paths):
        """Reads files: a list of (example, texts that may stand in one split only)."""
        return [item for path in paths for item in self.read_file(path)]

    def read_file(self, path):
        """Reads one file, see :meth:`read`."""
        return [
            item
            for line, record in self.records(path)
            for item in self.item(partial(self.example, record, path, line), path, line)
        ]

    def records(self, path):
        """The records of a file: a list of (line, dictionary)."""
        if ending(path) == ".jsonl":
            return json_lines(path, self.bad)
        if ending(path) in (".tsv", ".csv") and self.layouts:
            return table(path, *self.layouts, bad=self.bad)
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
        try:
            return divide(examples, contents, labels=None if None in labels else labels, where=", ".join(self.data))
        except DataError as error:
            raise DataError(" ".join(filter(None, [str(error), self.label_hint(examples)]))) from None

    def _divided(self):
        of_splits = self._split_files()
        if not of_splits:
            items = self._items()
            self._check_left(items)
            return self.divided(items)
        parts = {}
        for split in self.splits:
            parts[split] = [example for example, _ in self.read(of_splits[split])]
            labels = [self.labels(example) for example in parts[split]]
            if split == "train" and self.known_labels is None and None not in labels:
                self.known_labels = {label for of_example in labels for label in of_example}
        for split in self.splits:
            self._check_left(parts[split], split)
        return parts

    def _read_by_kind(self, examples):
        expected = f"something that the {self.kind_that_reads.reader.name} tokenizer of the training texts knows"
        for example, field in zip(examples, self.kind_that_reads.unread(examples), strict=True):
            if field is None:
                yield example
            else:
                problem = f"all of the {field.replace('_', ' ')} would be read as unknown"
                self.bad(malformed(*self.place_of(example), problem, expected))

    def _items(self):
        return self.read_folder(self._folder) if self._folder else self.read(self._files())

    def _split_files(self):
        return split_files(self._folder, self.splits)

    def read_folder(self, folder):
        """Reads a folder whose files are not named after splits, see :meth:`read`."""
        raise DataError(f"{folder}: expected files train.*, validation.* and test.* in this folder.")

    @property
    def _folder(self):
        return only_folder(self.data)

    def _files(self):
        if not self.data:
            name = self.registered_name
            raise DataError(f"task {name!r} is for your own data: give it with --data FILE ({self.formats}).")
        return files(self.data)
