"""Tokenizers: texts to token ids and back, five kinds with one interface.

==================  =======================================  ====================
name                a token is                               a text comes back
==================  =======================================  ====================
character           a character of the training texts        exactly, if known
byte                a byte of UTF-8                          exactly
word                a word, a punctuation mark, a newline    but for white space
wordpiece           a piece of a word (BERT)                 but for white space
byte-level-bpe      a frequent sequence of bytes (GPT-2)     exactly
==================  =======================================  ====================

All run inside the TensorFlow graph, so that an exported model takes and gives
strings, and the special tokens have the same ids everywhere. Published weights
come with vocabularies and special tokens of their own: ``BertTokenizer`` and
``ByteLevelBPETokenizer`` read them.
"""

import hashlib
import json
from pathlib import Path

from zoo.registry import unknown_name
from zoo.tokenizers.base import FILE, SPECIAL_TOKENS, Tokenizer, TokenizerFileError
from zoo.tokenizers.bert import BertTokenizer
from zoo.tokenizers.byte import ByteTokenizer
from zoo.tokenizers.byte_level_bpe import ByteLevelBPETokenizer
from zoo.tokenizers.character import CharacterTokenizer
from zoo.tokenizers.splitting import split_words
from zoo.tokenizers.word import WordTokenizer
from zoo.tokenizers.wordpiece import WordPieceTokenizer

_TRAINED = (CharacterTokenizer, ByteTokenizer, WordTokenizer, WordPieceTokenizer, ByteLevelBPETokenizer)
_CLASSES = {kind.name: kind for kind in (*_TRAINED, BertTokenizer)}
TOKENIZERS = tuple(kind.name for kind in _TRAINED)
_newest = {}  # the tokenizer that was trained last: several models that learn one task need the same


def train_tokenizer(name, texts, vocabulary_size=8000, lowercase=False, min_frequency=1):
    """Makes a tokenizer whose vocabulary comes from texts; the same texts give the same vocabulary.

    Give it the texts of the *training* split only: a vocabulary that has seen
    the test split makes its results look better than they are.

    Args:
        name: one of ``TOKENIZERS``.
        texts: iterable of str.
        vocabulary_size: int, at most so many tokens, special ones included. The
            most frequent are taken; equally frequent ones in alphabetical order.
        lowercase: bool, whether texts are lowercased first (accents stay).
        min_frequency: int, rarer characters, words or merges are left out
            (wordpiece: rarer words take no part in the training).

    Raises:
        UnknownNameError: there is no tokenizer of this name.
        ValueError: no texts, or a vocabulary size that is too small.
    """
    check_tokenizer(name, vocabulary_size)
    if isinstance(texts, (str, bytes)):
        raise ValueError("texts is a single string; give a list of strings, for one text [text].")
    texts = list(texts)
    settings = name, vocabulary_size, lowercase, min_frequency
    asked = hashlib.sha256(repr(settings).encode())
    for text in texts:
        asked.update(text.encode("utf-8", "surrogatepass") + b"\0")
    if asked.digest() not in _newest:
        trained = _CLASSES[name].train(texts, *settings[1:])
        _newest.clear()
        _newest[asked.digest()] = trained
    return _newest[asked.digest()]


def check_tokenizer(name, vocabulary_size):
    """Raises as :func:`train_tokenizer` for a tokenizer that cannot be made of any texts."""
    if name not in TOKENIZERS:
        raise unknown_name("tokenizer", name, TOKENIZERS)
    smallest = len(SPECIAL_TOKENS) + (256 if name.startswith("byte") else 1)
    if vocabulary_size < smallest:
        raise ValueError(
            f"a {name} tokenizer needs a vocabulary_size of at least {smallest} "
            f"({len(SPECIAL_TOKENS)} special tokens included), not {vocabulary_size}."
        )


def load_tokenizer(folder):
    """The tokenizer that ``tokenizer.save(folder)`` wrote.

    Raises:
        TokenizerFileError: the file is missing or damaged.
    """
    file = Path(folder) / FILE
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        name, size, tokens = content.pop("name"), content.pop("vocabulary_size"), content["tokens"]
        if not len(set(tokens)) == len(tokens) == size:
            raise ValueError("tokens are missing or double")
        return _CLASSES[name](**content)
    except FileNotFoundError:
        raise TokenizerFileError(f"{file} is missing; tokenizer.save({str(folder)!r}) would write it.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TokenizerFileError(f"{file} is damaged ({type(error).__name__}: {error}); save it again.") from error


__all__ = [
    "SPECIAL_TOKENS",
    "TOKENIZERS",
    "BertTokenizer",
    "ByteLevelBPETokenizer",
    "Tokenizer",
    "TokenizerFileError",
    "check_tokenizer",
    "load_tokenizer",
    "split_words",
    "train_tokenizer",
]
