"""BERT's published tokenization (Devlin et al. 2019, arXiv:1810.04805): cleaning, words and marks, then WordPiece.

A tokenizer for vocabularies that came with published weights. Its ids are
those of the ``tokenizers`` library (and so of ``transformers``), letter for
letter, for any text.

Deviation: 684 rare characters, none of which a published vocabulary has. What
Unicode took up or moved to another class after version 8 (2015) is treated by
its class of today, for the library's tables are as old as that; and capitals
that came after version 13 stay, for TensorFlow's tables are.
"""

import tensorflow as tf
import tensorflow_text as tf_text

from zoo.tokenizers.base import ROLES
from zoo.tokenizers.lowercasing import lower_each
from zoo.tokenizers.utf8 import valid_utf8
from zoo.tokenizers.vocabulary import read_lines
from zoo.tokenizers.wordpiece import WordPieceTokenizer

SPECIAL_TOKENS = dict(zip(ROLES, ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), strict=True))

_CONTROL = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x{9F}\p{Cf}\p{Co}\x{FFFD}]"
_SPACE = r"[\t\n\r\p{Z}]"
_MARK = r"[!-/:-@\[-`{-~\p{P}]"  # all of ASCII that is no letter, digit or space: "$" and "^", too
# Written without spaces, so that each is a word; kana and Hangul are not among
# them. 2B920 (Unicode's block begins at 2B820) is the library's, and so ours.
_CHINESE = (
    r"[\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{2A6DF}"
    r"\x{2A700}-\x{2B81F}\x{2B920}-\x{2CEAF}\x{2F800}-\x{2FA1F}]"
)


class BertTokenizer(WordPieceTokenizer):
    """Pieces of words by BERT's rules. White space is not kept; "uncased" loses case and accents, too.

    Stripping accents decomposes Hangul into single letters, which stay apart:
    "uncased" vocabularies know them as such.

    Args:
        tokens, lowercase, special_tokens: as for every tokenizer; without
            ``special_tokens`` they are BERT's, [PAD] [UNK] [CLS] [SEP] [MASK].
        strip_accents: bool; None: as ``lowercase``.
        split_chinese: bool, whether each Chinese character is a word.
    """

    name = "bert"

    def __init__(self, tokens, lowercase=False, special_tokens=None, strip_accents=None, split_chinese=True):
        super().__init__(tokens, lowercase, special_tokens or SPECIAL_TOKENS)
        self.strip_accents = strip_accents
        self.split_chinese = split_chinese

    @classmethod
    def from_vocabulary(cls, tokens, lowercase, strip_accents=None, split_chinese=True, special_tokens=None):
        """A tokenizer with a published vocabulary.

        Args:
            tokens: list of str, the lines of ``vocab.txt``.
            lowercase, strip_accents, split_chinese: ``do_lower_case``, ``strip_accents`` and
                ``tokenize_chinese_chars`` of ``tokenizer_config.json``.
            special_tokens: dict, role -> token, if they are not the usual ones.

        Raises:
            ValueError: a token stands there twice or is empty, or a special token is missing.
        """
        doubled = len(tokens) - len(set(tokens))
        if doubled or "" in tokens:
            raise ValueError(
                f"of the {len(tokens)} tokens {doubled} stand twice and {tokens.count('')} are empty: "
                "expected one token on each line of the vocabulary."
            )
        return cls(list(tokens), lowercase, special_tokens, strip_accents, split_chinese)

    @classmethod
    def from_file(cls, vocab_txt, lowercase, strip_accents=None, split_chinese=True, special_tokens=None):
        """The same from the path of a ``vocab.txt``: a token on each line, the first has id 0."""
        return cls.from_vocabulary(read_lines(vocab_txt), lowercase, strip_accents, split_chinese, special_tokens)

    def settings(self):
        return {"strip_accents": self.strip_accents, "split_chinese": self.split_chinese, **super().settings()}

    def normalize(self, texts):
        texts = tf.strings.regex_replace(valid_utf8(texts), _CONTROL, "")
        texts = tf.strings.regex_replace(texts, _SPACE, " ")
        if self.split_chinese:
            texts = tf.strings.regex_replace(texts, _CHINESE, r" \0 ")
        if self.lowercase if self.strip_accents is None else self.strip_accents:
            texts = tf.strings.regex_replace(tf_text.normalize_utf8(texts, "NFD"), r"\p{Mn}", "")
        return lower_each(texts) if self.lowercase else texts

    def split(self, texts):
        return tf_text.regex_split(texts, f" |{_MARK}", keep_delim_regex_pattern=_MARK)

    @staticmethod
    def glue(texts):
        # The rules of the `tokenizers` library; our own ones would join more marks to their words.
        return tf.strings.regex_replace(texts, " ([.?!,])", r"\1")

    @classmethod
    def settled_words(cls, words):
        return cls.glue([words]).numpy()[0].decode()  # its rules never look back
