"""What every tokenizer is: texts to token ids and back, inside the TensorFlow graph.

A tokenizer that runs in the graph becomes part of an exported model: the server takes strings and gives strings. All
of them share the public methods below and one readable file on disk; a kind of tokenizer is a file beside this one,
which says how it is trained and how a batch is encoded and decoded. Tokenizers trained here have the same five special
tokens, with the same ids; those that came with published weights have their own.

Shapes: B texts, W words of a text, N words in all, T tokens of a text, V vocabulary_size.
"""

import json
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf

from zoo.tokenizers.lowercasing import normalize
from zoo.tokenizers.ragged import join, keep
from zoo.tokenizers.utf8 import valid_utf8, without_begun_character

# Those of tokenizers trained here, ids 0 to 4.
SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[START]", "[END]", "[MASK]")
ROLES = ("padding", "unknown", "start", "end", "mask")

FILE = "tokenizer.json"


class TokenizerFileError(ValueError):
    """A tokenizer's file that is missing or damaged; the message says which and why."""


class Tokenizer(tf.Module):
    """Base class: ``encode`` and ``decode`` for all kinds, saving, the vocabulary.

    A subclass sets ``name`` and writes ``train``, ``encode_in_graph`` and
    ``decode_in_graph``. A ``tf.Module``, so that its lookup tables travel with
    whatever model is exported around it.

    Args:
        tokens: list of str, id -> token.
        lowercase: bool, whether texts are lowercased before they are encoded.
        special_tokens: dict, role -> token, of the ``ROLES`` that the vocabulary
            knows; one token may have several. None: ``SPECIAL_TOKENS``.

    Attributes:
        padding_id, unknown_id, start_id, end_id, mask_id: int, or None where
            the vocabulary has no such token.
        is_special: bool [V], True where a token has one of these roles. Special
            tokens are written by no text and write nothing themselves.
        piece_lengths: int32 [V], how many characters of a word a token covers:
            turns tokens into character offsets. Special tokens have 0, which for
            [UNK] stands for "the rest of the word".
        spellings: tuple of V bytes, what each token writes.
        is_exact: bool, whether a text is the spellings of its tokens, one after the other.
        piece_mark: str, how tokens begin that stand inside a word, behind another; "": none tells.

    Raises:
        ValueError: a special token is not in the vocabulary, or there is nothing else in it.
    """

    name = None
    is_exact = True
    piece_mark = ""

    def __init__(self, tokens, lowercase=False, special_tokens=None):
        super().__init__()
        self._tokens = tuple(tokens)
        self.lowercase = lowercase
        self._roles = tuple((special_tokens or dict(zip(ROLES, SPECIAL_TOKENS, strict=True))).items())
        ids = self._special_ids()
        self.padding_id, self.unknown_id, self.start_id, self.end_id, self.mask_id = map(ids.get, ROLES)
        self.is_special = np.isin(np.arange(len(tokens)), list(ids.values()))
        if self.is_special.all():
            raise ValueError(
                f"a {self.name} tokenizer with nothing but special tokens: its training texts are empty, "
                "or all that is in them is rarer than min_frequency."
            )
        marked = list(zip(tokens, self.is_special, strict=True))
        self.piece_lengths = np.array([0 if special else self.characters(token) for token, special in marked], "int32")
        self.spellings = tuple(b"" if special else self.spelling(token) for token, special in marked)
        # `partial` makes these functions of this object alone; TensorFlow would count
        # the graphs of all tokenizers together and warn of too many.
        texts, ids = tf.TensorSpec([None], tf.string), tf.RaggedTensorSpec([None, None], tf.int32, 1)
        self._encode_function = tf.function(partial(self._encode), input_signature=[texts], autograph=False)
        self._decode_function = tf.function(partial(self._decode), input_signature=[ids], autograph=False)

    @property
    def tokens(self):
        """The vocabulary, a list of str: id -> token."""
        return list(self._tokens)

    @property
    def special_tokens(self):
        """The special tokens, a dict: role -> token."""
        return dict(self._roles)

    @property
    def vocabulary_size(self):
        """Number V of tokens, special ones included."""
        return len(self._tokens)

    @classmethod
    def train(cls, texts, vocabulary_size, lowercase, min_frequency):
        """Makes a tokenizer from an iterable of str, see :func:`zoo.tokenizers.train_tokenizer`."""
        raise NotImplementedError

    def encode_in_graph(self, texts):
        """Normalised texts, string [B] -> RaggedTensor int32 [B, T]; called while a graph is traced."""
        raise NotImplementedError

    def decode_in_graph(self, token_ids):
        """RaggedTensor int32 [B, T] without special tokens -> string [B]; called while a graph is traced."""
        raise NotImplementedError

    def decode_behind(self, token_ids, texts):
        """The same behind texts, string [B], see :meth:`decode`; written by those whose ``is_exact`` is False."""
        raise NotImplementedError

    def spell(self, token_ids, separator=""):
        """Writes the tokens of RaggedTensor int32 [B, T] one after the other: string [B]."""
        spellings = tf.constant(self.spellings)  # [V]
        return join(token_ids.with_values(tf.gather(spellings, token_ids.values)), separator)

    def spelling(self, token):
        """What a token that is not special writes in UTF-8, bytes."""
        return token.encode()

    @property
    def continues_word(self):
        """bool [V], True for the tokens that stand inside a word, behind its first token.

        Raises:
            ValueError: the tokens of this kind do not tell.
        """
        raise ValueError(
            f"the tokens of a {self.name} tokenizer do not tell where a word begins; those of word and wordpiece do."
        )

    def characters(self, token):
        """How many characters of a word a token that is not special covers, int."""
        return len(token)

    def settings(self):
        """What the constructor needs, as values that JSON can hold."""
        return {"special_tokens": self.special_tokens, "lowercase": self.lowercase, "tokens": self.tokens}

    def encode(self, texts):
        """Texts to token ids; adds no special tokens.

        Args:
            texts: string tensor [B] or a list of str, UTF-8.

        Returns:
            RaggedTensor int32 [B, T].
        """
        return self._encode_function(tf.convert_to_tensor(texts, tf.string))

    def decode(self, token_ids, behind=None):
        """Token ids to texts; special tokens are left out.

        Args:
            token_ids: RaggedTensor or dense integers [B, T], or a list of lists.
            behind: string tensor [B], texts that go on with these tokens; None: they are texts of their own.

        Returns:
            string tensor [B], to be put behind those texts as it stands: with the space that belongs between.
        """
        if isinstance(token_ids, (list, tuple)):
            token_ids = tf.ragged.constant(token_ids, ragged_rank=1, dtype=tf.int32)
        if not isinstance(token_ids, tf.RaggedTensor):
            token_ids = tf.RaggedTensor.from_tensor(tf.convert_to_tensor(token_ids))
        token_ids = tf.cast(token_ids, tf.int32).with_row_splits_dtype(tf.int64)
        if behind is None or self.is_exact:
            return self._decode_function(token_ids)
        return self.decode_behind(self._ordinary(token_ids), behind)

    def settled(self, token_ids, behind=None):
        """The part of a growing text that no further token can change, for people who see it grow.

        Args:
            token_ids: list of int, the tokens so far.
            behind: string tensor [1] or None, as for :meth:`decode`.

        Returns:
            str, a beginning of what :meth:`decode` makes of these tokens, and of these and any others.
        """
        written = without_begun_character(b"".join(self.spellings[token_id] for token_id in token_ids))
        return valid_utf8(tf.constant([written])).numpy()[0].decode()

    def encode_words(self, words):
        """Encodes words one by one, for labels and answers that belong to words.

        A word is encoded as a text of its own (byte-level BPE: without the
        space before it). It never has zero tokens: at least one [UNK] (padding,
        where the vocabulary knows all words).

        Args:
            words: RaggedTensor string [B, W].

        Returns:
            RaggedTensor int32 [B, W, T].
        """
        pieces = self.encode(words.values)  # [N, T]
        lost = tf.cast(pieces.row_lengths() == 0, tf.int64)  # [N]
        unknown = self.padding_id if self.unknown_id is None else self.unknown_id
        unknown = tf.RaggedTensor.from_row_lengths(tf.fill([tf.reduce_sum(lost)], unknown), lost)
        return words.with_values(tf.concat([pieces, unknown], axis=1))  # [B, W, T]

    def _encode(self, texts):
        return self.encode_in_graph(self.normalize(texts))

    def _decode(self, token_ids):
        return self.decode_in_graph(self._ordinary(token_ids))

    def _ordinary(self, token_ids):
        """The tokens that are not special."""
        return keep(token_ids, ~tf.gather(self.is_special, token_ids.values))

    def normalize(self, texts):
        """What happens to texts, string [B], before they are split."""
        return normalize(texts, self.lowercase)

    def _special_ids(self):
        """Role -> id of the special tokens."""
        ids = {token: index for index, token in enumerate(self._tokens)}
        unknown = sorted(set(self.special_tokens) - set(ROLES))
        if unknown:
            raise ValueError(f"{unknown} are no roles of special tokens; possible are {list(ROLES)}.")
        for role, token in self._roles:
            if token not in ids:
                raise ValueError(f"the vocabulary has no {token!r}, which is to serve for {role}: is it the right one?")
        return {role: ids[token] for role, token in self._roles}

    def save(self, folder):
        """Writes ``tokenizer.json``, which people can read, into a folder."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        content = {"name": self.name, "vocabulary_size": self.vocabulary_size, **self.settings()}
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (folder / FILE).write_text(text + "\n", encoding="utf-8")
