"""Tasks, one file each: what data, which kind of question, which metric.

A task is a small promise: it names its kind (:mod:`zoo.kinds` knows how
examples of a kind become tensors, which head answers them and how answers are
scored) and returns the examples of a split. Everything else has a default.
"""

from zoo.registry import TASKS, UnknownNameError, unknown_name


class Task:
    """Base class of all tasks.

    Args:
        variant: one of ``variants``, e.g. a direction such as ``"de-en"``;
            the first one by default.
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
    metric = None  # the key that ranks models; the kind's own if None
    max_length = 128  # tokens of one text; the sequence a model sees may hold two texts
    steps = 1000  # a sensible budget for a tiny model
    batch_size = 64

    def __init__(self, variant=None):
        if variant is not None and variant not in self.variants:
            raise unknown_name(f"variant of task {self.registered_name}", variant, self.variants)
        self.variant = variant or (self.variants[0] if self.variants else None)

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
        classification      text: str, [text_pair: str], label: str
        tagging             tokens: list of str, tags: list of str (IOB2: "O", "B-X", "I-X")
        span-answering      context, question: str; answers: list of str; starts: list of int
                            (character offsets into context)
        ==================  ==============================================================
        """
        raise NotImplementedError

    def check_split(self, split):
        """Raises UnknownNameError for a split that this task does not have."""
        if split not in self.splits:
            raise unknown_name(f"split of task {self.name}", split, self.splits)


def find(name, data=None):
    """The task called ``name``: ``"multi30k"``, or with a variant ``"multi30k:en-de"``.

    Raises:
        UnknownNameError: lists the known tasks, or the variants of the task.
    """
    base, _, variant = str(name).partition(":")
    return TASKS.get(base)(variant or None)


__all__ = ["Task", "UnknownNameError", "find"]
