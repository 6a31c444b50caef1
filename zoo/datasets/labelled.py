"""Corpora with labels, tags, scores or answers."""

from zoo.datasets.corpus import Corpus, CorpusFile, files

_NSMC = Corpus(
    name="nsmc",
    title="Naver sentiment movie corpus: Korean film reviews",
    languages=("ko",),
    examples="150,000 train / 50,000 test, 8 of them empty",
    licence="CC0 1.0",
    citation="Park (2016), Naver sentiment movie corpus v1.0, https://github.com/e9t/nsmc",
    files=files(
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
    files=files(
        "sst2",
        "https://raw.githubusercontent.com/clairett/pytorch-sentiment-classification/457ffd83de90a9d6d472d8ffc31bbffe40a8b236/data/SST2/",
        ("train.tsv", 720259, "ec192f833a64da08f475488a77b0d0b47db47acd0f458bd18433fc793b569920"),
        ("dev.tsv", 92057, "eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359"),
        ("test.tsv", 188749, "831169c7e2e429d6026e1bdbb542f33b636e3e596caad9602ebc953c205928b7"),
    ),
)

_BANKING77 = Corpus(
    name="banking77",
    title="Banking77: what customers of a bank want, 77 intents",
    languages=("en",),
    examples="10,003 train / 3,080 test",
    licence="CC BY 4.0",
    citation=(
        "Casanueva, Temčinas, Gerz, Henderson and Vulić (2020), "
        "Efficient Intent Detection with Dual Sentence Encoders, arXiv:2003.04807"
    ),
    files=files(
        "banking77",
        "https://raw.githubusercontent.com/PolyAI-LDN/task-specific-datasets/57ec275d8078af65b7731c2a98be812d844a6d6b/banking_data/",
        ("train.csv", 839073, "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b"),
        ("test.csv", 239961, "d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d"),
    ),
)

_SICK = Corpus(
    name="sick",
    title="SICK: sentence pairs, entailment and relatedness",
    languages=("en",),
    examples="4,500 train / 500 validation / 4,927 test",
    licence="CC BY-NC-SA 3.0",
    citation=(
        "Marelli, Menini, Baroni, Bentivogli, Bernardi and Zamparelli (2014), "
        "A SICK cure for the evaluation of compositional distributional semantic models"
    ),
    files=files(
        "sick",
        "https://raw.githubusercontent.com/brmson/dataset-sts/e1d3375f5b3bc24f21aa4e46f96eb379e9fc1081/data/sts/sick2014/",
        ("SICK_train.txt", 506243, "266cf8047149bd1d68138dd30439f3122bff30069740ac6705bb6197d9f1b48e"),
        ("SICK_trial.txt", 57225, "5a88cfb62f8c6bd2a3cce0f2421ba2cb8c2be5ab4a800f6f01e2c64aafb7db56"),
        ("SICK_test_annotated.txt", 559979, "2b8aa806658d6fc23c6824c83776c2d4fee7556000817b5ec0f982861413b7d0"),
    ),
)

_KORNLU = Corpus(
    name="kornlu",
    title="KorNLI and KorSTS: Korean sentence pairs, entailment and similarity",
    languages=("ko",),
    examples="KorNLI 2,490 validation / 5,010 test; KorSTS 5,749 train / 1,500 validation / 1,379 test",
    licence="CC BY-SA 4.0",
    citation=(
        "Ham, Choe, Park, Choi and Soh (2020), KorNLI and KorSTS: New Benchmark Datasets for Korean "
        "Natural Language Understanding, arXiv:2004.03289"
    ),
    files=(
        *files(
            "kornlu",
            "https://raw.githubusercontent.com/kakaobrain/KorNLUDatasets/0df0fe7d496eb61b092e022e238c2230b29f1cbc/KorNLI/",
            ("xnli.dev.ko.tsv", 511383, "821fb1c1c2e538ac2724a6132da36ffa379eb9a542ceb89243b3cf711377382c"),
            ("xnli.test.ko.tsv", 1032430, "0db53cf8e182283a0d0404ec3fe1b15d1e29236d23d22082dc20d43067254b3e"),
        ),
        *files(
            "kornlu",
            "https://raw.githubusercontent.com/kakaobrain/KorNLUDatasets/0df0fe7d496eb61b092e022e238c2230b29f1cbc/KorSTS/",
            ("sts-train.tsv", 1046952, "b5aaa7f957d6ff46f4b6834a8b0f024a9234a6eefe9289aed66746b4533da3b8"),
            ("sts-dev.tsv", 307276, "d835b65b424401fbcce6be28a78159df8d61f5b19977ea7a0b83b8cb6105f393"),
            ("sts-test.tsv", 249596, "13f83a3440d9db52d134eb40303ce021b03264aa338fbf2871c8786ce04d2105"),
        ),
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
    files=files(
        "wnut17",
        "https://raw.githubusercontent.com/leondz/emerging_entities_17/e52a2d2a71ac1a051ca2d532eef28653c5c02603/",
        ("wnut17train.conll", 493781, "731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5"),
        ("emerging.dev.conll", 114749, "e053b752b8155113ca66e7db08af5f2f5f43ab993694e4774f1ec5bad42312d8"),
        ("emerging.test.annotated", 192425, "2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0"),
    ),
)

_KLUE = Corpus(
    name="klue",
    title="KLUE: Korean named entities, tagged by character (validation part)",
    languages=("ko",),
    examples="5,000, the published validation part",
    licence="CC BY-SA 4.0",
    citation=("Park, Moon, Kim, Cho et al. (2021), KLUE: Korean Language Understanding Evaluation, arXiv:2105.09680"),
    files=files(
        "klue",
        "https://raw.githubusercontent.com/KLUE-benchmark/KLUE/3efd98708a40ff49251fddde35453f8fbb11f536/klue_benchmark/klue-ner-v1.1/",
        ("klue-ner-v1.1_dev.tsv", 2635045, "0f4d5e818f7b82d299c3a87856fc40a706f5943207580ddb252397e387050a54"),
    ),
)

_SQUAD = Corpus(
    name="squad",
    title="SQuAD v1.1: questions whose answers are stretches of Wikipedia",
    languages=("en",),
    examples="87,599 train / 10,570 validation",
    licence="CC BY-SA 4.0",
    citation="Rajpurkar, Zhang, Lopyrev and Liang (2016), SQuAD: 100,000+ Questions for Machine Comprehension of Text",
    files=(
        *files(
            "squad_v11",
            "https://raw.githubusercontent.com/rajpurkar/SQuAD-explorer/eee5fdbf62f8613a7812b03419e6b29617b74fd1/dataset/",
            ("train-v1.1.json", 30288272, "3527663986b8295af4f7fcdff1ba1ff3f72d07d61a20f487cb238a6ef92fd955"),
            ("dev-v1.1.json", 4854279, "95aa6a52d5d6a735563366753ca50492a658031da74f301ac5238b03966972c9"),
        ),
        # The same questions as in dev-v1.1.json, rebuilt from the publisher's pages that show them; some answers may
        # stand at another place of the context than the one that was meant, and a list tells which.
        CorpusFile(
            "squad_v11/dev-v1.1.reconstructed.json",
            None,
            4853818,
            "f6de153d3ef1b3b2437dc5051ee3127bf6e5915763a1664cb4ee6dfc954a9a4e",
        ),
        CorpusFile(
            "squad_v11/uncertain_answer_starts.json",
            None,
            58698,
            "1654405e40b547f8fbe2c60ca0925bf078efc68fcbf5d22924da5e21c5c70a85",
        ),
    ),
)

_KORQUAD = Corpus(
    name="korquad",
    title="KorQuAD 1.0: Korean questions whose answers are stretches of Wikipedia",
    languages=("ko",),
    examples="60,407 train / 5,774 validation",
    licence="CC BY-ND 2.0 KR",
    citation=(
        "Lim, Kim and Lee (2019), KorQuAD1.0: Korean QA Dataset for Machine Reading Comprehension, arXiv:1909.07005"
    ),
    files=files(
        "korquad1",
        "https://raw.githubusercontent.com/korquad/korquad.github.io/61d7d6682948375dd8f06ef27e788fd19982af38/dataset/",
        ("KorQuAD_v1.0_train.json", 38527475, "40d5115879a701751781df721d901abfa736d8db5f89000f2619433f39bf2dd2"),
        ("KorQuAD_v1.0_dev.json", 3881058, "25ffeb51e6c51ec02c071b60a10188e10005c144110f0d876b26079d80a35bdf"),
    ),
)

LABELLED = (_BANKING77, _KLUE, _KORNLU, _KORQUAD, _NSMC, _SICK, _SQUAD, _SST2, _WNUT17)
