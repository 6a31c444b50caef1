"""Corpora of texts: translations, plays, books, speeches, encyclopedia articles."""

from zoo.datasets.corpus import Corpus, CorpusFile, files

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
    files=files(
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

_TATOEBA = Corpus(
    name="tatoeba",
    title="Tatoeba: short sentence pairs by volunteers",
    languages=("en", "fr", "ko"),
    examples="167,130 English-French and 3,798 English-Korean pairs, without official splits",
    licence="CC BY 2.0 France (tatoeba.org; English-French by way of manythings.org/anki)",
    citation="Tatoeba, https://tatoeba.org",
    files=(
        *files(
            "tatoeba_fra",
            "https://raw.githubusercontent.com/modelexlab/data/adddaf33ac35572bcfeb421efec29435e7ea9332/",
            ("fra-eng.zip", 3424571, "161c93f18da3a7e6df611ed961426613260de8af06ccf8c79c977afe5135ac44"),
        ),
        *files(
            "tatoeba_kor",
            "https://raw.githubusercontent.com/nate-koser/kor-eng-translator/75021833d3443273567daf7f09372472e48f9843/",
            ("kor.txt", 558778, "3988edfd32c892ccf4450772bc3a5906ebfcf3c8648f56012df204ddf27b8280"),
        ),
    ),
)

_SHAKESPEARE = Corpus(
    name="shakespeare",
    title="Tiny Shakespeare: 40,000 lines of plays",
    languages=("en",),
    examples="1,115,394 characters, of which the first 90 % are for training",
    licence="public domain",
    citation="Karpathy (2015), The Unreasonable Effectiveness of Recurrent Neural Networks",
    files=files(
        "tinyshakespeare",
        "https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/",
        ("input.txt", 1115394, "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"),
    ),
)

# Project Gutenberg's, by way of GITenberg; each book has an address of its own.
_BOOKS = Corpus(
    name="books",
    title="Six books: novels and tales",
    languages=("en",),
    examples="6 books, without splits",
    licence="public domain in the USA (Project Gutenberg)",
    citation="Project Gutenberg, https://www.gutenberg.org: books 11, 1342, 1597, 1661, 2591 and 8868",
    files=tuple(
        CorpusFile(f"books/{address.rpartition('/')[2]}", f"https://raw.githubusercontent.com/{address}", size, sha256)
        for address, size, sha256 in (
            (
                "GITenberg/Alice-s-Adventures-in-Wonderland_11/7f18748e114b994d5d9454d5793581bc0b9cf9d7/11-0.txt",
                173595,
                "49a0b2726606e1290ac03a63978fa1dd1bd38a8d805704d98265f393533ea094",
            ),
            (
                "GITenberg/Pride-and-Prejudice_1342/81db45c9c48c592f0b77f01fc59e677ad0a5634e/1342-0.txt",
                724725,
                "48e0522844402a86a3ea98f0947ba85ea54838db3c59022299298ed968a5a163",
            ),
            (
                "GITenberg/Andersen-s-Fairy-Tales_1597/7061c8473942cec0e218a97ef9b10e4389a4ab01/1597-0.txt",
                329102,
                "694271fa06569b61c5c3041f08cca1d4ff92341ec8a867f6c38b23862edb3adb",
            ),
            (
                "GITenberg/The-Adventures-of-Sherlock-Holmes_1661/7e5dd2703fbf503c004063e96ab7c61262375e5f/1661.txt",
                594941,
                "2a0ce5568625a304f54fbb6bfdeeadf527a1437254b5f0e06b5a9e233d4784a2",
            ),
            (
                "GITenberg/Grimms-Fairy-Tales_2591/9991a30953853be9b40751408c3ad0d3af314fb7/2591-0.txt",
                560166,
                "3090ed9c87b91509ee59a4d8124cc9f09b80d513c446124059bdb6f214a4481b",
            ),
            (
                "google/sentencepiece/273449044caa593c2fd7eb7550cb3ab2cff93f1a/data/botchan.txt",
                278779,
                "464bd5300c24fce16fcc4555d4231a57632caae4d0090ad6aa92854a3b227ba7",
            ),
        )
    ),
)

_ADDRESSES = Corpus(
    name="addresses",
    title="Addresses of American presidents: inaugural, State of the Union",
    languages=("en",),
    examples="59 and 65 addresses, without splits",
    licence="public domain",
    citation=(
        "Bird, Klein and Loper (2009), Natural Language Processing with Python; "
        "the corpora inaugural and state_union of NLTK"
    ),
    files=files(
        "nltk_docs",
        "https://raw.githubusercontent.com/nltk/nltk_data/5db857e6f7df11eabb5e5665836db9ec8df07e28/packages/corpora/",
        ("inaugural.zip", 346476, "7c5fb5793e31fbeae12bf1aa0ffda5336468f07cedb50654c6d31ca384e2046b"),
        ("state_union.zip", 808757, "366c1dc82b2abf896f42b2ec50ba802a0141a29f75d29ca48a7a243ce5bfbe8d"),
    ),
)

_WIKITEXT = Corpus(
    name="wikitext",
    title="WikiText-2: good articles of the English Wikipedia (validation and test part)",
    languages=("en",),
    examples="60 articles validation / 62 test",
    licence="CC BY-SA 3.0",
    citation="Merity, Xiong, Bradbury and Socher (2016), Pointer Sentinel Mixture Models, arXiv:1609.07843",
    files=files(
        "wikitext2",
        "https://raw.githubusercontent.com/pytorch/examples/77f55b912142e11fcfdf5b530231fb9c52f181e8/word_language_model/data/wikitext-2/",
        ("valid.txt", 1121681, "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8"),
        ("test.txt", 1256449, "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0"),
    ),
)

TEXTS = (_ADDRESSES, _BOOKS, _MULTI30K, _SHAKESPEARE, _TATOEBA, _WIKITEXT)
