"""Which texts a kind can read: as a whole, and with something in them that its tokenizer knows.

A text that is cut in silence, or read as unknown from its first to its last token, would get an answer all the same: an
answer to something else. ``zoo.predict`` refuses such texts, and so do the tasks that are made of the user's own files.
"""

import unicodedata
from functools import lru_cache

import numpy as np

from zoo.ragged import in_chunks
from zoo.records import name_of

SPACE = "▁"  # how white space that is a token of its own is written


class Reading:
    """The part of :class:`zoo.kinds.Kind` that judges texts before they are read."""

    may_be_empty = False  # whether there is an answer to a text without a token
    when_empty = "there is nothing in it to be answered."

    @property
    def reader(self):
        """The tokenizer of what is read."""
        return self.tokenizers["tokenizer"]

    def read_ids(self, field, texts):
        """What is read of the texts of a field before anything is cut: a list of int32 [T]."""
        return in_chunks(self.reader.encode, texts)

    def longest(self, field, model, **options):
        """How many tokens a text of a field may have, None for any number; and what to say of one that has more.

        Args:
            options: as for :meth:`check_input`, and ``length``, the tokens of the text.
        """
        raise NotImplementedError

    def input_texts(self, example):
        """All that is read of an example: field -> text."""
        return self.show_input(example)

    def unread(self, examples):
        """For each example the field in which nothing is known to the tokenizer, or None."""
        texts = [self.input_texts(example) for example in examples]
        found = [None] * len(examples)
        for field in reversed(texts[0]) if texts else ():
            rows = self.read_ids(field, [of_example[field] for of_example in texts])
            found = [
                field if len(row) == 0 or self._is_unknown(row) else before
                for row, before in zip(rows, found, strict=True)
            ]
        return found

    def check_input(self, records, model, **options):
        """Raises ValueError for a text that gets no answer: one that :meth:`check_texts` refuses, or a kind itself."""
        self.check_texts(records, model, **options)

    def check_texts(self, records, model, **options):
        """Raises ValueError for a text that cannot be read as a whole, or of which nothing would be understood.

        Args:
            records: list of dictionaries with the keys ``fields``.
            model: who is to answer.
            options: those of :meth:`respond`, and ``slides``, bool: whether the model's window may slide over longer
                texts, where it can.
        """
        for field in self.fields:
            rows = self.read_ids(field, [record[field] for record in records])
            for number, ids in enumerate(rows, 1):
                name = name_of(number, field, self.fields)
                if len(ids) == 0 and not self.may_be_empty:
                    raise ValueError(f"{name} has no token: {self.when_empty}")
                most, advice = self.longest(field, model, length=len(ids), **options)
                if most is not None and len(ids) > most:
                    raise ValueError(f"{name} has {len(ids)} tokens, but {advice}")
                if self._is_unknown(ids):
                    size = self.reader.vocabulary_size
                    raise ValueError(
                        f"{name} has nothing in it that this run knows: all of it would be read as unknown. Its "
                        f"{self.reader.name} tokenizer has the {size} tokens of the training texts."
                    )

    def _is_unknown(self, ids):
        """Whether something in a text is unknown, and all else are blanks, punctuation and special tokens."""
        return bool((ids == self.reader.unknown_id).any()) and not _speaking(self.reader)[ids].any()


@lru_cache(maxsize=8)
def _speaking(tokenizer):
    """bool [V], whether a token says something: special ones, blanks and punctuation do not."""
    spellings = [spelling.decode("utf-8", errors="replace") for spelling in tokenizer.spellings]
    return np.array([any(map(_is_said, spelling)) for spelling in spellings])


def _is_said(character):
    return not (character.isspace() or character == SPACE or unicodedata.category(character)[0] in "PZC")
