"""Published tokenizers as the ``tokenizers`` library builds them, and texts that are hard to get right."""

import string
import unicodedata

import tensorflow as tf
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

TRICKY = [
    "",
    " ",
    "\n",
    "Hello, world!",
    "It's don't I'm I'd you're they've he'll, but we'LL '' 'tis ''s  's 'dog",
    "no  two   three    spaces ",
    "  before, behind  \n\n  lines\r\n\r\n\tand tabs\t\tx",
    "\u3000ideographic\u3000\u3000space\u3000 한 글\u00a0hard\u2003em\u2028line\u2029paragraph\u0085next\x0b\x0cfeed",
    "NUL \x00 in\x00side \x01\x02\x03\x04\x05 \x7f\x80\x9f \x01\x03\x02 x",
    "\ufeffmark\u200bzero\u200cwidth\u200djoin\u00adsoft\u180e\u2060\ufffd\ue000private\U000f0000\uffff",
    "👩‍👩‍👧‍👦 👍🏽 🇰🇷🇩🇪 ❤️ 1️⃣ ☕︎ emoji👩‍🚀in words",
    "미나는 사과를 부엌에 두었다. ㅋㅋㅋ ㅠㅠ 안녕하세요!",
    unicodedata.normalize("NFD", "미나는 사과를 부엌에 두었다. 각힣 café Ångström"),
    "吾輩は猫である。名前はまだ無い。カタカナ ｶﾀｶﾅ ヴァイオリン が か\u3099",
    "中文和English混合text，没有空格𠀀𪜀𫝀𫠠𬺰豈﨎",
    "Äußerst schöne Straße, ÄRGER, naïve Noël façade Ñandú Ø ł İstanbul ıI K Å",
    "ΟΔΟΣ ΣΊΣΥΦΟΣ σς Σ Σ. ΑΣ́Α",
    "Việt Nam tiếng e\u0301\u0323 e\u0323\u0301 \u0301leading ह़िन्दी ६ ੬६ ไทย العَرَبِيَّة עִבְרִית",
    "$9.99 + 5^2 = `code` ~x| <b> a_b #tag @me 50% 3/4 ½ ² Ⅷ ①",
    "“quotes” ‘single’ «guillemets» — – … ¿qué? ¡sí! 、。・「」〜",
    "[CLS] [MASK] [UNK] [PAD] ##ing <|endoftext|> <0x00> Ġspace ## a##b",
    "a" * 100 + " " + "a" * 101 + " " + "한" * 100 + " " + "한" * 101 + " " + "\U0001d538" * 100,
    "x" * 300 + "한글" * 60,
    "don\u2019t ca\u0300n\u0327t A\u030a \u1e9b\u0323 ﬁ ǆ",
    "1234567 １２３ ١٢٣ 12abc34 a1b2",
]


class Echo(tf.Module):
    """What is exported to see a tokenizer work without our code: texts -> their ids, and the texts again."""

    def __init__(self, tokenizer):
        super().__init__()
        self.tokenizer = tokenizer

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def echo(self, texts):
        token_ids = self.tokenizer.encode(texts)
        return {"ids": token_ids.values, "texts": self.tokenizer.decode(token_ids)}


def bert(tokens, lowercase, strip_accents=None, split_chinese=True):
    """BERT's tokenizer as ``transformers`` builds it from vocab.txt and tokenizer_config.json."""
    reference = Tokenizer(models.WordPiece({token: i for i, token in enumerate(tokens)}, unk_token="[UNK]"))
    reference.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=split_chinese, strip_accents=strip_accents, lowercase=lowercase
    )
    reference.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    reference.decoder = decoders.WordPiece(prefix="##", cleanup=True)
    return reference


def gpt2(vocabulary, merges):
    """GPT-2's tokenizer as ``transformers`` builds it from vocab.json (dict) and merges.txt (list of "left right")."""
    reference = Tokenizer(models.BPE(vocabulary, [tuple(merge.split(" ")) for merge in merges]))
    reference.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    reference.decoder = decoders.ByteLevel()
    return reference


def ids(reference, texts):
    """What the reference makes of texts: list of lists of ids."""
    return [encoding.ids for encoding in reference.encode_batch_fast(texts, add_special_tokens=False)]


_STRIP = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
_CLEAN = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
# Capitals of Unicode 14 (TensorFlow's lowercasing has the tables of version 13), ideographs of Unicode 15.1 (its
# regular expressions have those of 15.0).
_NEW = {*"\u2c2f\ua7c0\ua7d0\ua7d6\ua7d8", *map(chr, range(0x10570, 0x10596)), *map(chr, range(0x2EBF0, 0x2EE5E))}


def is_old(letter):
    """Whether the `tokenizers` library, whose tables are those of Unicode 8, sees a letter as Python does."""
    stripped = [part for part in unicodedata.normalize("NFD", letter) if unicodedata.category(part) != "Mn"]
    is_control = letter == "\ufffd" or (unicodedata.category(letter) in ("Cc", "Cf", "Co") and letter not in "\t\n\r")
    is_mark = letter in string.punctuation or unicodedata.category(letter)[0] == "P"
    cut = pre_tokenizers.BertPreTokenizer().pre_tokenize_str(f"a{letter}b")
    return (
        letter not in _NEW
        and _STRIP.normalize_str(f"a{letter}") == "a" + "".join(stripped)
        and (_CLEAN.normalize_str(f"a{letter}") == "a") == is_control
        and (len(cut) == 3) == is_mark
    )
