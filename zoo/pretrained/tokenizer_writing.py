"""Writes a tokenizer of the zoo as the ``tokenizers`` library stores one, which ``transformers`` and keras-hub read.

Ids stay what they are; special tokens get the names that others expect ([START] becomes [CLS] for
BERT, [END] becomes <|endoftext|> for GPT). Our own file is written beside, for the way back.

``tokenizer.json`` says exactly how texts are split. ``vocab.txt``, ``vocab.json`` and ``merges.txt``
are for keras-hub, which splits by BERT's and GPT-2's rules: those of a WordPiece tokenizer
trained here differ from BERT's at line ends, currency signs and Chinese characters.
"""

import json

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from zoo.pretrained.tokenizer_files import OWN, ROLES

ENDS = {"bert": {"[START]": "[CLS]", "[END]": "[SEP]"}, "gpt": {"[END]": "<|endoftext|>"}}
OF_GPT = {"padding": "pad_token", "unknown": "unk_token", "start": "bos_token", "end": "eos_token"}
# White space and marks as in zoo.tokenizers.splitting, in the syntax of the library's expressions.
_SPACE = Regex(r"[[\s\p{Z}\p{Cc}\x{200B}\x{FEFF}]&&[^\n]]")
_MARK = Regex(r"\n|[\p{P}\p{S}]")
_CHARACTER = Regex(r"(?m:.)")


def write_tokenizer(tokenizer, family, folder, max_length):
    """Writes all files of a tokenizer.

    Args:
        tokenizer: a :class:`zoo.tokenizers.Tokenizer`.
        family: "bert" or "gpt", whose names the special tokens get.
        folder: where to, a Path.
        max_length: int, tokens that the model reads at most.
    """
    names = ENDS[family]
    tokens = [names.get(token, token) if special else token for token, special in _marked(tokenizer)]
    roles = {role: names.get(token, token) for role, token in tokenizer.special_tokens.items()}
    library = _FORMS[tokenizer.name](tokenizer, {token: index for index, token in enumerate(tokens)}, roles)
    library.add_special_tokens(sorted(set(roles.values()), key=tokens.index))
    if family == "bert":
        start, end = roles["start"], roles["end"]
        library.post_processor = processors.TemplateProcessing(
            single=f"{start} $A {end}",
            pair=f"{start} $A {end} $B:1 {end}:1",
            special_tokens=[(token, tokens.index(token)) for token in (start, end)],
        )
    library.save(str(folder / "tokenizer.json"))
    written = ROLES if family == "bert" else OF_GPT
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": max_length,
        "clean_up_tokenization_spaces": False,
        "do_lower_case": tokenizer.lowercase,
        **{name: roles[role] for role, name in written.items() if role in roles},
    }
    if tokenizer.name == "bert":
        config |= {"strip_accents": tokenizer.strip_accents, "tokenize_chinese_chars": tokenizer.split_chinese}
    _write_json(folder / "tokenizer_config.json", config)
    if tokenizer.name in ("bert", "wordpiece"):
        # One token a line: the newline, a token of its own in the zoo, cannot stand there.
        lines = ["[NEWLINE]" if token == "\n" else token for token in tokens]
        (folder / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if tokenizer.name == "byte-level-bpe":
        _write_json(folder / "vocab.json", {token: index for index, token in enumerate(tokens)})
        merges = "\n".join(["#version: 0.2", *tokenizer.merges])
        (folder / "merges.txt").write_text(merges + "\n", encoding="utf-8")
    tokenizer.save(folder / OWN)


def _marked(tokenizer):
    return zip(tokenizer.tokens, tokenizer.is_special.tolist(), strict=True)


def _bert(tokenizer, vocabulary, roles):
    library = Tokenizer(models.WordPiece(vocabulary, unk_token=roles["unknown"], max_input_chars_per_word=100))
    library.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=tokenizer.split_chinese,
        strip_accents=tokenizer.strip_accents,
        lowercase=tokenizer.lowercase,
    )
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    library.decoder = decoders.WordPiece()
    return library


def _wordpiece(tokenizer, vocabulary, roles):
    library = Tokenizer(models.WordPiece(vocabulary, unk_token=roles["unknown"], max_input_chars_per_word=100))
    library.decoder = decoders.WordPiece()
    return _split_into_words(library, tokenizer)


def _word(tokenizer, vocabulary, roles):
    return _split_into_words(Tokenizer(models.WordLevel(vocabulary, unk_token=roles["unknown"])), tokenizer)


def _split_into_words(library, tokenizer):
    library.normalizer = _lowercase(tokenizer, normalizers.NFC())
    library.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(_SPACE, "removed"), pre_tokenizers.Split(_MARK, "isolated")]
    )
    return library


def _character(tokenizer, vocabulary, roles):
    library = Tokenizer(models.WordLevel(vocabulary, unk_token=roles["unknown"]))
    library.normalizer = _lowercase(tokenizer)
    library.pre_tokenizer = pre_tokenizers.Split(_CHARACTER, "isolated")
    library.decoder = decoders.Fuse()
    return library


def _byte_level_bpe(tokenizer, vocabulary, roles):
    merges = [tuple(merge.split(" ")) for merge in tokenizer.merges]
    library = Tokenizer(models.BPE(vocabulary, merges))
    if tokenizer.lowercase:
        library.normalizer = _lowercase(tokenizer)
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    return library


def _lowercase(tokenizer, *further):
    steps = [normalizers.Lowercase(), normalizers.NFC()] if tokenizer.lowercase else []
    return normalizers.Sequence([*steps, *further])


_FORMS = {
    "bert": _bert,
    "wordpiece": _wordpiece,
    "word": _word,
    "character": _character,
    "byte-level-bpe": _byte_level_bpe,
}
WRITTEN = tuple(_FORMS)


def _write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
