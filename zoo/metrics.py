"""How answers are scored: the field's own scorers where there are such, a few lines where there are none.

Every metric of answers takes the right ones first and returns a flat dictionary of floats. Accuracy, precision,
recall, F1 and exact match are fractions from 0 to 1; BLEU and chrF are sacreBLEU's, from 0 to 100, with the signature
that says how they were computed. All raise ValueError for empty lists and for lists of unequal lengths: a score over
the wrong pairs is worse than none.

Papers:
    Papineni et al. 2002, BLEU, ACL; Popović 2015, chrF, WMT; Post 2018, A Call for Clarity in Reporting BLEU Scores,
    arXiv:1804.08771 (sacreBLEU).
    Tjong Kim Sang and De Meulder 2003, CoNLL-2003 shared task, arXiv:cs/0306050 (entity F1).
    Park et al. 2021, KLUE, arXiv:2105.09680 (macro F1 of entities).
    Rajpurkar et al. 2016, SQuAD, arXiv:1606.05250; Lim et al. 2019, KorQuAD1.0, arXiv:1909.07005 (exact match and F1
    of answers).
"""

import math
import operator
import re
import string
from collections import Counter

from sacrebleu.metrics import BLEU, CHRF


def bleu(references, hypotheses, lowercase=False, tokenize="13a"):
    """Corpus BLEU and chrF2 of detokenised texts, by sacreBLEU.

    Args:
        references: list of str, the one right translation of each text.
        hypotheses: list of str.
        lowercase: compare without regard to case.
        tokenize: sacreBLEU's tokeniser for BLEU; chrF needs none. "13a" is the standard for languages with spaces.
            For Korean, where a word and its particles are written together, we use "char" (sacreBLEU's "ko-mecab"
            needs a dictionary to be installed); the signature says so, and the two are not comparable.

    Returns:
        ``{"bleu", "chrf"}`` from 0 to 100 and ``{"bleu_signature", "chrf_signature"}``, str.
    """
    _check_pairs(references, hypotheses)
    # force: texts that look tokenised get no warning; small vocabularies of toy tasks often do.
    bleu_scorer, chrf_scorer = BLEU(lowercase=lowercase, tokenize=tokenize, force=True), CHRF(lowercase=lowercase)
    figures = {}
    for name, scorer in (("bleu", bleu_scorer), ("chrf", chrf_scorer)):
        figures[name] = float(scorer.corpus_score(hypotheses, [references]).score)
        figures[f"{name}_signature"] = str(scorer.get_signature())
    return figures


def is_korean(texts):
    """Whether most letters of some texts are Hangul."""
    letters = [letter for text in texts for letter in text if letter.isalpha()]
    return 2 * sum("가" <= letter <= "힣" for letter in letters) > len(letters)


def token_bleu(references, hypotheses):
    """Corpus BLEU over tokens as they are given, without smoothing: 0 if no 4-gram is right.

    The BLEU of many tutorials (torchtext's ``bleu_score``, NLTK's ``corpus_bleu``), usually over lower-cased tokens.
    It depends on the tokenizer: compare it with a published column of that kind only, else use :func:`bleu`.

    Args:
        references: list of lists of str.
        hypotheses: list of lists of str.

    Returns:
        ``{"token_bleu"}`` from 0 to 100.
    """
    _check_pairs(references, hypotheses)
    scorer = BLEU(tokenize="none", smooth_method="none", force=True)
    references, hypotheses = [_joined(tokens) for tokens in references], [_joined(tokens) for tokens in hypotheses]
    return {"token_bleu": float(scorer.corpus_score(hypotheses, [references]).score)}


def exact_match(references, hypotheses):
    """The share of answers that are right as a whole: ``{"exact_match"}``."""
    _check_pairs(references, hypotheses)
    return {"exact_match": sum(map(operator.eq, references, hypotheses)) / len(references)}


def accuracy_and_macro_f1(labels, predictions):
    """Accuracy, and the mean of the F1 of all classes, each class counting the same.

    The classes are those that occur among ``labels`` or ``predictions`` (as in scikit-learn). So a class that is never
    predicted, or predicted but never right, counts as F1 = 0; one that occurs in neither does not count at all.

    Returns:
        ``{"accuracy", "macro_f1"}``.
    """
    _check_pairs(labels, predictions)
    right = Counter(label for label, prediction in zip(labels, predictions, strict=True) if label == prediction)
    # F1 = 2 TP / (2 TP + FP + FN), where TP + FN is how often a class is the label, TP + FP how often it is predicted.
    occurrences = Counter(labels) + Counter(predictions)
    f1 = [2 * right[label] / count for label, count in occurrences.items()]
    return {"accuracy": right.total() / len(labels), "macro_f1": sum(f1) / len(f1)}


def correlations(scores, predictions):
    """Pearson's and Spearman's correlation of numbers with the right ones, by SciPy.

    Pearson's asks whether they lie on a line, Spearman's (Pearson's of the ranks, equal numbers sharing the mean of
    theirs) only whether they are in the same order. Where one side does not vary, no relation can be seen: 0.

    Returns:
        ``{"pearson", "spearman"}`` from -1 to 1 (many papers print 100 times as much).
    """
    from scipy import stats  # here, because it takes most of a second

    _check_pairs(scores, predictions)
    if len(set(scores)) == 1 or len(set(predictions)) == 1:
        return {"pearson": 0.0, "spearman": 0.0}
    return {
        "pearson": float(stats.pearsonr(scores, predictions).statistic),
        "spearman": float(stats.spearmanr(scores, predictions).statistic),
    }


def entity_f1(references, hypotheses, strict=False):
    """Precision, recall and F1 of whole entities: type, beginning and end must be right. Scored by seqeval.

    Args:
        references: list of lists of IOB2 tags: "O", "B-TYPE", "I-TYPE".
        hypotheses: the same.
        strict: False: as the CoNLL script conlleval, an "I-X" that continues nothing begins an entity.
            True: it belongs to no entity; only "B-X" begins one.

    Returns:
        ``{"precision", "recall", "f1"}`` over all entities, and ``precision_TYPE``, ``recall_TYPE``, ``f1_TYPE`` for
        each type that occurs. A quotient 0 / 0 (nothing found, nothing to find) is 0.
    """
    # Brings scikit-learn along, most of a second to load: only who scores tags shall wait for it.
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    _check_pairs(references, hypotheses)
    references, hypotheses = [list(tags) for tags in references], [list(tags) for tags in hypotheses]
    for index, (right, found) in enumerate(zip(references, hypotheses, strict=True)):
        if len(right) != len(found):
            raise ValueError(f"text {index} has {len(right)} tags but {len(found)} predicted ones: give one per token.")
        _check_tags(right + found)
    if not any(tag.startswith("B" if strict else ("B", "I")) for tags in references + hypotheses for tag in tags):
        return {"precision": 0.0, "recall": 0.0, "f1": 0.0}  # no entities: nothing that seqeval could report

    mode = {"mode": "strict", "scheme": IOB2} if strict else {}
    report = classification_report(references, hypotheses, output_dict=True, zero_division=0, **mode)
    figures = _as_figures(report.pop("micro avg"))
    for kind in sorted(set(report) - {"macro avg", "weighted avg"}):
        figures |= _as_figures(report[kind], f"_{kind}")
    return figures


def entity_macro_f1(references, hypotheses):
    """The mean of the strict F1 of all types that occur, each type counting the same: what KLUE ranks by.

    Args:
        references, hypotheses: as for :func:`entity_f1`.

    Returns:
        ``{"macro_f1"}``; 0 where there is no entity.
    """
    strict = entity_f1(references, hypotheses, strict=True)
    by_type = [value for name, value in strict.items() if name.startswith("f1_")]
    return {"macro_f1": sum(by_type) / len(by_type) if by_type else 0.0}


def squad_em_f1(references, hypotheses, units="words"):
    """Exact match and F1 of answers, by the rules of SQuAD v1.1's official script, or of KorQuAD 1.0's.

    Both compare normalised answers; with several right answers the best one counts. An answer that is empty after
    normalisation matches an empty one exactly, yet its F1 is 0, as in the scripts.

    Args:
        references: list of lists of str, the right answers to each question, at least one.
        hypotheses: list of str.
        units: of the F1. "words": SQuAD's script (:func:`normalize_answer`); "characters": KorQuAD's
            (:func:`normalize_korean_answer`).

    Returns:
        ``{"exact_match", "f1"}``, fractions (the scripts print percent).
    """
    _check_pairs(references, hypotheses)
    rules = {"words": (normalize_answer, str.split), "characters": (normalize_korean_answer, _letters)}
    normalize, parts = rules[units]
    exact, f1 = 0, 0.0
    for index, (answers, hypothesis) in enumerate(zip(references, hypotheses, strict=True)):
        if isinstance(answers, str) or not answers:
            raise ValueError(f"question {index} has the right answers {answers!r}: give a list of at least one text.")
        hypothesis = normalize(hypothesis)
        answers = [normalize(answer) for answer in answers]
        exact += hypothesis in answers
        f1 += max(_overlap_f1(parts(answer), parts(hypothesis)) for answer in answers)
    return {"exact_match": exact / len(references), "f1": f1 / len(references)}


def normalize_answer(text):
    """An answer without case, ASCII punctuation, the English articles a/an/the and superfluous white space."""
    text = "".join(character for character in text.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def normalize_korean_answer(text):
    """An answer without case, ASCII punctuation, the quotes that KorQuAD's script knows and superfluous white space."""
    text = re.sub("['\"《》<>〈〉()‘’]", " ", text).lower()
    return " ".join("".join(character for character in text if character not in string.punctuation).split())


def perplexity(nll):
    """e to the mean negative log-likelihood per token, given in nats; infinite where a float cannot hold it."""
    return math.inf if nll > 709 else math.exp(nll)


def bits_per_character(total_nll, characters):
    """The negative log-likelihood of a whole text, in nats, as bits per character: comparable over tokenizers.

    Raises:
        ValueError: without characters.
    """
    if characters < 1:
        raise ValueError(f"bits per character of {characters} characters are not defined: give the text's length.")
    return total_nll / math.log(2) / characters


def _check_pairs(references, hypotheses):
    if len(references) != len(hypotheses):
        raise ValueError(
            f"{len(references)} right answers, but {len(hypotheses)} to score: give one for each, in the same order."
        )
    if len(references) == 0:
        raise ValueError("nothing to score: the lists are empty.")


def _joined(tokens):
    """Tokens as sacreBLEU's tokenize="none" wants them; white space inside a token must not split it."""
    return " ".join(re.sub(r"\s", "▁", token) for token in tokens)


def _check_tags(tags):
    for tag in tags:
        if tag != "O" and not re.fullmatch("[BI]-.+", tag):
            raise ValueError(f"{tag!r} is not a tag of IOB2: possible are 'O', 'B-TYPE' and 'I-TYPE'.")


def _as_figures(row, suffix=""):
    """A row of seqeval's report in our names."""
    names = {"precision": "precision", "recall": "recall", "f1": "f1-score"}
    return {name + suffix: float(row[theirs]) for name, theirs in names.items()}


def _letters(text):
    return text.replace(" ", "")


def _overlap_f1(reference, hypothesis):
    common = (Counter(reference) & Counter(hypothesis)).total()
    return 2 * common / (len(reference) + len(hypothesis)) if common else 0.0
