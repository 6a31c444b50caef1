"""Reads the tokenizers that come with published weights: BERT's WordPiece and GPT-2's byte-level BPE.

Weights can be of use without a tokenizer: where there is none, the functions raise :class:`NoTokenizer`,
whose message says what is there in place of one, and :func:`attempt` keeps the reason.
"""

from zoo.pretrained.errors import names
from zoo.pretrained.files import read_json
from zoo.tokenizers import BertTokenizer, ByteLevelBPETokenizer, TokenizerFileError, load_tokenizer
from zoo.tokenizers.bert import SPECIAL_TOKENS
from zoo.tokenizers.vocabulary import read_lines

ROLES = {
    "padding": "pad_token",
    "unknown": "unk_token",
    "start": "cls_token",
    "end": "sep_token",
    "mask": "mask_token",
}
END_OF_TEXT = "<|endoftext|>"
OWN = "zoo_tokenizer"  # `zoo convert` puts the zoo's own file there: nothing is lost on the way back


class NoTokenizer(ValueError):
    """There are no tokenizer files, or others than the zoo knows."""


def attempt(read, *arguments):
    """What ``read(*arguments)`` returns, and ""; or None, and why there is no tokenizer."""
    try:
        return read(*arguments), ""
    except (NoTokenizer, TokenizerFileError) as error:
        return None, str(error).removesuffix(".")


def read_bert(tokens, lowercase=None, strip_accents=None, split_chinese=True, special_tokens=None):
    """From the tokens in the order of their ids; ``lowercase`` None: as the vocabulary looks."""
    if lowercase is None:
        # Google's checkpoints say it in their name only. An uncased vocabulary has not one capital letter.
        written = [token for token in tokens if not (token.startswith("[") and token.endswith("]"))]
        lowercase = all(token == token.lower() for token in written)
    try:
        return BertTokenizer.from_vocabulary(
            tokens, lowercase, strip_accents=strip_accents, split_chinese=split_chinese, special_tokens=special_tokens
        )
    except ValueError as error:
        raise NoTokenizer(str(error)) from error


def read_gpt2(vocabulary, merges, end_of_text=END_OF_TEXT):
    """From the contents of vocab.json (token -> id) and the lines of merges.txt."""
    try:
        return ByteLevelBPETokenizer.from_vocabulary(vocabulary, merges, end_of_text=end_of_text)
    except (ValueError, KeyError) as error:
        raise NoTokenizer(f"its vocabulary cannot be used: {error}") from error


def read_huggingface(folder):
    """From our own file, tokenizer.json, vocab.txt, or vocab.json and merges.txt; tokenizer_config.json says how."""
    if (folder / OWN).is_dir():
        return load_tokenizer(folder / OWN)
    config = read_json(folder / "tokenizer_config.json") if (folder / "tokenizer_config.json").is_file() else {}
    if (folder / "tokenizer.json").is_file():
        try:
            return _read_fast(read_json(folder / "tokenizer.json"), config)
        except (KeyError, TypeError, AttributeError) as error:  # entries that are missing, or of another type
            problem = f"{type(error).__name__}: {error}"
            raise NoTokenizer(f"its tokenizer.json is not as the tokenizers library writes it ({problem})") from error
    if (folder / "vocab.txt").is_file():
        return read_bert(
            read_lines(folder / "vocab.txt"),
            lowercase=config.get("do_lower_case"),
            strip_accents=config.get("strip_accents"),
            split_chinese=config.get("tokenize_chinese_chars", True),
            special_tokens=_special_tokens(config),
        )
    if (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        merges = read_lines(folder / "merges.txt")
        return read_gpt2(read_json(folder / "vocab.json"), merges, _content(config.get("eos_token")) or END_OF_TEXT)
    raise NoTokenizer("it has no tokenizer.json, no vocab.txt, and no vocab.json with merges.txt")


def _read_fast(file, config):
    """From a tokenizer.json: the vocabulary, and rules that must be BERT's or GPT-2's."""
    model, normalizer, pre_tokenizer = (file.get(part) or {} for part in ("model", "normalizer", "pre_tokenizer"))
    vocabulary = dict(model.get("vocab") or {})
    # Before version 0.14 of `tokenizers` the type was not written.
    kind = model.get("type") or ("BPE" if "merges" in model else "WordPiece")
    for added in file.get("added_tokens", ()):
        vocabulary.setdefault(added["content"], added["id"])
    if kind == "WordPiece":
        _demand("normalizer", normalizer, type="BertNormalizer", clean_text=True)
        _demand("pre_tokenizer", pre_tokenizer, type="BertPreTokenizer")
        _demand("model", {"max_input_chars_per_word": 100, **model}, continuing_subword_prefix="##",
                max_input_chars_per_word=100)  # fmt: skip
        return read_bert(
            _in_order(vocabulary),
            lowercase=normalizer["lowercase"],
            strip_accents=normalizer["strip_accents"],
            split_chinese=normalizer["handle_chinese_chars"],
            special_tokens=_special_tokens(config),
        )
    if kind == "BPE" and pre_tokenizer.get("type") == "ByteLevel":
        _demand("pre_tokenizer", {"use_regex": True, **pre_tokenizer}, add_prefix_space=False, use_regex=True)
        _demand("tokenizer", {"normalizer": normalizer or None}, normalizer=None)
        merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
        return read_gpt2(vocabulary, merges, _content(config.get("eos_token")) or END_OF_TEXT)
    raise NoTokenizer(
        f"its tokenizer.json is a {kind} with pre-tokenizer {pre_tokenizer.get('type')}; the zoo reads BERT's "
        "WordPiece and GPT-2's byte-level BPE"
    )


def _demand(part, found, **wanted):
    other = {name: found.get(name) for name, value in wanted.items() if found.get(name) != value}
    if other:
        shown = names(f"{name} {value!r} in place of {wanted[name]!r}" for name, value in other.items())
        raise NoTokenizer(f"the {part} of its tokenizer.json has {shown}, which the zoo does not know")


def _in_order(vocabulary):
    tokens = sorted(vocabulary, key=vocabulary.get)
    if [vocabulary[token] for token in tokens] != list(range(len(tokens))):
        raise NoTokenizer("the ids of its tokens have gaps or are given twice")
    return tokens


def _special_tokens(config):
    return {role: _content(config.get(name)) or SPECIAL_TOKENS[role] for role, name in ROLES.items()}


def _content(token):
    """A special token is written as a string, or as a dictionary with its text in it."""
    return token.get("content") if isinstance(token, dict) else token
