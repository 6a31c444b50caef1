"""The character NUL in texts: TensorFlow's lowercasing and tensorflow-text's splitting stop at it.

So it is written as two other control characters while they work. These are,
like NUL, neither letters nor white space, so that a text falls into the same
pieces. One more control character becomes free: a splitter may put it into
texts as a mark of its own.
"""

import tensorflow as tf

MARK = "\x02"
_ESCAPE = "\x01"
_ESCAPES = ((_ESCAPE, _ESCAPE + "\x03"), ("\x00", _ESCAPE + "\x04"), (MARK, _ESCAPE + "\x05"))


def hide(texts):
    """string [...] -> string [...] without NUL and without ``MARK``."""
    for character, escape in _ESCAPES:
        texts = tf.strings.regex_replace(texts, character, escape)
    return texts


def reveal(texts):
    """Undoes :func:`hide`."""
    for character, escape in reversed(_ESCAPES):
        texts = tf.strings.regex_replace(texts, escape, character)
    return texts
