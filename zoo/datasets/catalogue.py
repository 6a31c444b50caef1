"""The corpora the tasks use: where they come from and what may be done with them.

Nothing of a corpus is part of the package. Addresses name a commit, so that
the bytes behind them do not change; the checksum proves it.
"""

from dataclasses import dataclass

from zoo.registry import unknown_name


@dataclass(frozen=True)
class CorpusFile:
    """A file as its authors publish it.

    Args:
        path: relative path in ``ZOO_DATA`` and in the cache, ``"folder/name"``.
        address: where to download it.
        bytes: its size.
        sha256: its checksum.
    """

    path: str
    address: str
    bytes: int
    sha256: str

    @property
    def name(self):
        """The file's name without its folder."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Corpus:
    """A catalogue entry; ``examples`` are the counts of the splits in words."""

    name: str
    title: str
    languages: tuple
    examples: str
    licence: str
    citation: str
    files: tuple

    @property
    def bytes(self):
        """Size of all files together."""
        return sum(file.bytes for file in self.files)

    def file(self, name):
        """The :class:`CorpusFile` called ``name``.

        Raises:
            UnknownNameError: lists the files of the corpus.
        """
        for file in self.files:
            if file.name == name:
                return file
        raise unknown_name(f"file of corpus {self.name}", name, [file.name for file in self.files])


def corpus(name):
    """The catalogue entry called ``name``.

    Raises:
        UnknownNameError: lists the known corpora.
    """
    if name not in CORPORA:
        raise unknown_name("corpus", name, CORPORA)
    return CORPORA[name]


def _files(folder, address, *rows):
    """Corpus files from rows of (name, bytes, sha256) that share a folder and the beginning of their address."""
    return tuple(CorpusFile(f"{folder}/{name}", address + name, size, sha256) for name, size, sha256 in rows)


_MULTI30K = Corpus(
    name="multi30k",
    title="Multi30k: image captions in English, German and French",
    languages=("en", "de", "fr"),
    examples="29,000 train / 1,014 validation / 1,000 test",
    licence="Flickr30k terms: non-commercial research and education",
    citation=(
        "Elliott, Frank, Sima'an and Specia (2016), Multi30K: Multilingual English-German Image Descriptions; "
        "French: Elliott, Frank, Barrault, Bougares and Specia (2017), Findings of the Second Shared Task on "
        "Multimodal Machine Translation and Multilingual Image Description"
    ),
    files=_files(
        "multi30k",
        "https://raw.githubusercontent.com/multi30k/dataset/a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/raw/",
        ("train.de.gz", 637044, "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6"),
        ("train.en.gz", 568929, "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f"),
        ("train.fr.gz", 604242, "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c"),
        ("val.de.gz", 24681, "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a"),
        ("val.en.gz", 21650, "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28"),
        ("val.fr.gz", 23001, "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9"),
        ("test_2016_flickr.de.gz", 22890, "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8"),
        ("test_2016_flickr.en.gz", 21077, "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9"),
        ("test_2016_flickr.fr.gz", 22310, "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90"),
    ),
)

_SHAKESPEARE = Corpus(
    name="shakespeare",
    title="Tiny Shakespeare: 40,000 lines of plays",
    languages=("en",),
    examples="1,115,394 characters, of which the first 90 % are for training",
    licence="public domain",
    citation="Karpathy (2015), The Unreasonable Effectiveness of Recurrent Neural Networks",
    files=_files(
        "tinyshakespeare",
        "https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/",
        ("input.txt", 1115394, "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"),
    ),
)

_NSMC = Corpus(
    name="nsmc",
    title="Naver sentiment movie corpus: Korean film reviews",
    languages=("ko",),
    examples="150,000 train / 50,000 test, 8 of them empty",
    licence="CC0 1.0",
    citation="Park (2016), Naver sentiment movie corpus v1.0, https://github.com/e9t/nsmc",
    files=_files(
        "nsmc",
        "https://raw.githubusercontent.com/e9t/nsmc/cc0670e872d4ac27bfe36c87456783004b39ef6c/",
        ("ratings_train.txt", 14628807, "e03b7d14e9e41be8d464a28057cd25d7396c53e67aa7fd5f7e552c59b0ee2940"),
        ("ratings_test.txt", 4893335, "8ac9f64052f11dbf6ae0acb5e038f03d90a76f0eda7820cfb3a92d02edfcebda"),
    ),
)

_SST2 = Corpus(
    name="sst2",
    title="Stanford Sentiment Treebank, two classes: sentences of film reviews",
    languages=("en",),
    examples="6,920 train / 872 validation / 1,821 test",
    licence="no statement by the publisher",
    citation=(
        "Socher, Perelygin, Wu, Chuang, Manning, Ng and Potts (2013), "
        "Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank"
    ),
    files=_files(
        "sst2",
        "https://raw.githubusercontent.com/clairett/pytorch-sentiment-classification/457ffd83de90a9d6d472d8ffc31bbffe40a8b236/data/SST2/",
        ("train.tsv", 720259, "ec192f833a64da08f475488a77b0d0b47db47acd0f458bd18433fc793b569920"),
        ("dev.tsv", 92057, "eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359"),
        ("test.tsv", 188749, "831169c7e2e429d6026e1bdbb542f33b636e3e596caad9602ebc953c205928b7"),
    ),
)

_WNUT17 = Corpus(
    name="wnut17",
    title="WNUT 2017: emerging and rare named entities in noisy text",
    languages=("en",),
    examples="3,394 train / 1,009 validation / 1,287 test",
    licence="CC BY 4.0",
    citation=(
        "Derczynski, Nichols, van Erp and Limsopatham (2017), "
        "Results of the WNUT2017 Shared Task on Novel and Emerging Entity Recognition"
    ),
    files=_files(
        "wnut17",
        "https://raw.githubusercontent.com/leondz/emerging_entities_17/e52a2d2a71ac1a051ca2d532eef28653c5c02603/",
        ("wnut17train.conll", 493781, "731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5"),
        ("emerging.dev.conll", 114749, "e053b752b8155113ca66e7db08af5f2f5f43ab993694e4774f1ec5bad42312d8"),
        ("emerging.test.annotated", 192425, "2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0"),
    ),
)

_TATOEBA = Corpus(
    name="tatoeba",
    title="Tatoeba: short sentence pairs by volunteers",
    languages=("en", "fr", "ko"),
    examples="167,130 English-French and 3,798 English-Korean pairs, without official splits",
    licence="CC BY 2.0 France (tatoeba.org; English-French by way of manythings.org/anki)",
    citation="Tatoeba, https://tatoeba.org",
    files=(
        *_files(
            "tatoeba_fra",
            "https://raw.githubusercontent.com/modelexlab/data/adddaf33ac35572bcfeb421efec29435e7ea9332/",
            ("fra-eng.zip", 3424571, "161c93f18da3a7e6df611ed961426613260de8af06ccf8c79c977afe5135ac44"),
        ),
        *_files(
            "tatoeba_kor",
            "https://raw.githubusercontent.com/nate-koser/kor-eng-translator/75021833d3443273567daf7f09372472e48f9843/",
            ("kor.txt", 558778, "3988edfd32c892ccf4450772bc3a5906ebfcf3c8648f56012df204ddf27b8280"),
        ),
    ),
)

CORPORA = {entry.name: entry for entry in (_MULTI30K, _NSMC, _SHAKESPEARE, _SST2, _TATOEBA, _WNUT17)}
