"""Lowercasing, the same in every place and locale: in a Turkish one TensorFlow would turn "I" into a dotless "ı".

ASCII therefore has its own rule, and "İ" is spelt out. TensorFlow's rule for
all letters stops at the character NUL, which is hidden from it.
"""

import tensorflow as tf
import tensorflow_text as tf_text

from zoo.tokenizers.escapes import hide, reveal


def normalize(texts, lowercase):
    """Lowercases texts, string [B], as ``str.lower`` does; leaves them alone without ``lowercase``.

    Accents stay (German "ä" is not "a"). NFC afterwards, so that a Hangul
    syllable is one character however it was typed.
    """
    return tf_text.normalize_utf8(lower(texts), "NFC") if lowercase else texts


def lower_each(texts):
    """Lowercases texts, string [B], letter by letter: a sigma is "σ" at the end of a word, too."""
    return lower(tf.strings.regex_replace(texts, "Σ", "σ"))


def lower(texts):
    """Lowercases texts, string [B], as ``str.lower`` does."""
    texts = tf.strings.regex_replace(tf.strings.lower(texts), "İ", "i\u0307")
    return reveal(tf.strings.lower(hide(texts), encoding="utf-8"))
