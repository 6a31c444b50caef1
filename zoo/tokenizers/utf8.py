"""UTF-8 for tokens that are bytes: a character may be spread over several of them, or never become whole."""

import codecs

import tensorflow as tf


def starts_character(byte):
    """Whether a byte begins a UTF-8 character (all but 10xxxxxx): counting these counts characters."""
    return byte & 0b1100_0000 != 0b1000_0000


def valid_utf8(texts):
    """string [B] -> string [B] with the replacement character for what is no UTF-8."""
    return tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")


def without_begun_character(written):
    """Bytes without the last ones that may become a character, if others follow."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(written)
    begun, _ = decoder.getstate()
    return written[: len(written) - len(begun)]
