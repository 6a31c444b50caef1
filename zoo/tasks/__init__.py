"""Tasks, one file each: what data, which kind of question, which metric.

A task is a small promise: it names its kind (:mod:`zoo.kinds` knows how
examples of a kind become tensors, which head answers them and how answers are
scored) and returns the examples of a split. Everything else has a default.
"""

import os

from zoo.datasets import DataError
from zoo.registry import KINDS, TASKS, UnknownNameError, unknown_name
from zoo.settings import SettingError, convert

BAD_LINES = ("refuse", "skip")


class Task:
    """Base class of all tasks.

    Args:
        variant: one of ``variants``, e.g. a direction such as ``"de-en"``;
            the first one by default.
        data: paths of the user's own files, for the tasks that are made of them
            (see :mod:`zoo.tasks._own`).

    Raises:
        UnknownNameError: no such variant.
        DataError: this task has data of its own and takes no other.
    """

    kind = None  # name of a file in zoo/kinds, with "-": "text-to-text", "language-modelling", "classification", ...
    variants = ()
    splits = ("train", "validation", "test")  # plus "test_long" where longer inputs than in training exist
    corpora = ()  # names in zoo.datasets.catalogue; empty if the data is made here
    citation = ""
    tokenizer = "word"  # "character", "byte", "word", "wordpiece" or "byte-level-bpe"
    lowercase = False
    vocabulary_size = 8000  # at most; tokenizers that need fewer take fewer
    min_frequency = 1  # rarer words are unknown (word tokenizer)
    shared_vocabulary = True  # text-to-text: one tokenizer for both sides, or one each
    document_boundaries = True  # language modelling: whether [START] and [END] frame each document
    masking_rate = 0.15  # pre-training: share of the tokens that are to be guessed; of those, how many become [MASK],
    mask_share, random_share = 0.8, 0.1  # and how many another token
    whole_words = False  # pre-training: whether all tokens of a word are masked, or none
    next_sentence = True  # pre-training: whether the model is asked, too, if a sentence follows another
    language_modelling = 0.0  # classification, regression: weight of a decoder's loss on the text; in GPT-1's paper 0.5
    tag_units = "words"  # tagging: what has a tag, "words" or "characters"
    stride = 128  # span answering: every so many tokens of a long context a window begins, as in BERT's code
    answer_units = "words"  # span answering: what the F1 of an answer counts, "words" or "characters"
    metric = None  # the key that ranks models; the kind's own if None
    max_length = 128  # tokens of one text; the sequence a model sees may hold two texts
    steps = 1000  # a sensible budget for a tiny model
    batch_size = 64
    takes_data = False  # whether the examples are the user's own
    bad_lines = "refuse"  # what is done about malformed lines of the user's own files, one of BAD_LINES
    skipped = ()  # what was wrong with the lines that were skipped

    def __init__(self, variant=None, data=None):
        if data and not self.takes_data:
            own = KINDS.get(self.kind).own_data_task
            raise DataError(f"task {self.registered_name!r} has its own data; for your files there is task {own!r}.")
        if variant is not None and variant not in self.variants:
            raise unknown_name(f"variant of task {self.registered_name}", variant, self.variants)
        self.variant = variant or (self.variants[0] if self.variants else None)
        self.data = [data] if isinstance(data, (str, os.PathLike)) else list(data or [])

    def adjust(self, changes, names):
        """Changes settings of the text side of this task.

        Args:
            changes: name -> value; strings, as from a command line, are converted.
            names: which can be changed, see :attr:`zoo.kinds.Kind.text_settings`.

        Raises:
            UnknownNameError, SettingError: no such setting, or a value of another type.
        """
        for name, value in changes.items():
            if name not in names:
                raise unknown_name(f"text setting of task {self.registered_name}", name, names)
            value = convert(name, value, type(getattr(self, name)))
            if type(value) is int and value < 1:
                raise SettingError(f"{name} must be positive, not {value}.")
            setattr(self, name, value)

    @property
    def name(self):
        """The name that :func:`find` takes, variant included."""
        return f"{self.registered_name}:{self.variant}" if self.variant else self.registered_name

    @property
    def target_language(self):
        """Code of the language that is written, where the variant tells it (``"de-en"`` -> ``"en"``)."""
        return self.variant.rpartition("-")[2] if self.variant else None

    def examples(self, split):
        """The examples of a split: a list of dictionaries, whose keys the kind defines.

        ==================  ==============================================================
        kind                keys of an example
        ==================  ==============================================================
        text-to-text        source, target: str
        language-modelling  text: str, a document; sentences end with a newline where known
        pretraining         sentences: list of str, a document
        classification      text: str, [text_pair: str], label: str
        regression          text: str, [text_pair: str], score: float
        tagging             tokens: list of str, tags: list of str (IOB2: "O", "B-X", "I-X")
        span-answering      context, question: str; answers: list of str; starts: list of int
                            (character offsets into context)
        ==================  ==============================================================
        """
        raise NotImplementedError

    def reads_with(self, kind):
        """Learns which :class:`zoo.kinds.Kind` will read the examples: the user's own may hold what it cannot read."""

    def sizes(self):
        """The user's own files and how many examples each split has of them: a line, or None."""

    def hints(self):
        """What may be wrong with the user's own examples, but need not be: a list of sentences."""
        return []

    def check_split(self, split):
        """Raises UnknownNameError for a split that this task does not have."""
        if split not in self.splits:
            raise unknown_name(f"split of task {self.name}", split, self.splits)


def find(name, data=None, bad_lines="refuse"):
    """The task called ``name``: ``"multi30k"``, or with a variant ``"multi30k:en-de"``.

    Args:
        name: the task, with or without variant.
        data: path or paths of your own files, for the tasks ``translation``, ``language-modelling``,
            ``pretraining``, ``classification``, ``regression``, ``tagging`` and ``question-answering``.
        bad_lines: one of ``BAD_LINES``, what to do where a line of these files is malformed.

    Raises:
        UnknownNameError: lists the known tasks, or the variants of the task.
        DataError: the task has data of its own and takes no other.
        SettingError: it has, and ``bad_lines`` is for the user's own.
    """
    if bad_lines not in BAD_LINES:
        raise unknown_name("way with bad lines", bad_lines, BAD_LINES)
    base, colon, variant = str(name).partition(":")
    task = TASKS.get(base)
    variant = variant if colon else None
    # A task that a user registers need not know about data.
    task = task(variant, data=data) if data else task(variant)
    if bad_lines != "refuse":
        if not task.takes_data:
            raise SettingError(f"bad_lines={bad_lines} is for your own data; task {task.name} has its own.")
        task.bad_lines = bad_lines
    return task


__all__ = ["BAD_LINES", "DataError", "Task", "UnknownNameError", "find"]
