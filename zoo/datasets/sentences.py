"""Documents to sentences: by line ends and end marks, no model needed.

Rules of a few lines are wrong now and then (after an abbreviation that is not
listed here); who knows better writes one sentence on each line.
"""

import re
import statistics

# An end mark, with what closes behind it, before white space; in Chinese and Japanese nothing stands between sentences.
# A run of marks is tried once, from its first one (?<!), and not again in parts (++): a million of them take no time.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?=\s)|[。！？]+[\"'”’»」』）\]]*")
_ENDED = re.compile(r"[.!?…。！？:;][\"'”’»」』）)\]]*$")
_ABBREVIATIONS = r"[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Gen|Col|Capt|Lt|Rev|Hon|No|vs|etc|e\.g|i\.e"
_ABBREVIATED = re.compile(rf"(?:^|[\s(\"'“‘])(?:{_ABBREVIATIONS})\.$")
_YEAR_OR_MONTH, _MONTH_OR_DAY = re.compile(r"\d{4}\.( ?\d{1,2}\.)?$"), re.compile(r" ?\d{1,2}\.")  # 2024. 5. 3.
_LONGEST_ABBREVIATION = 10  # characters before a mark that may matter
_WRAPPED_FROM = 40  # characters: shorter lines are verses, entries, or sentences


def sentences(text):
    """The sentences of a text, in order, without white space around them.

    Every line end and every end mark (``.!?…。！？``) before white space ends a sentence; a full stop
    after a single capital, a common English abbreviation, or within a date (2024. 5. 3.) does not.
    """
    found = []
    for line in text.split("\n"):
        begin = 0
        for mark in _END.finditer(line):
            before = line[max(begin, mark.start() - _LONGEST_ABBREVIATION) : mark.start() + 1]
            is_date = _YEAR_OR_MONTH.search(before) and _MONTH_OR_DAY.match(line, mark.end())
            if line[mark.start() : mark.end()] == "." and (is_date or _ABBREVIATED.search(before)):
                continue
            found.append(line[begin : mark.end()])
            begin = mark.end()
        found.append(line[begin:])
    return [sentence.strip() for sentence in found if sentence.strip()]


def unwrapped(text):
    """A text whose line ends are ends of paragraphs or sentences.

    Printed texts (Project Gutenberg's) are wrapped at about 70 characters. A text counts as wrapped if most
    of its lines, those at the end of a paragraph left out, have at least 40 characters and stop in the
    middle of a sentence; the lines of each paragraph are then joined. Blank lines end a paragraph.
    """
    paragraphs = [part.split("\n") for part in re.split(r"\n\s*\n", text) if part.strip()]
    inner = [line.rstrip() for lines in paragraphs for line in lines[:-1] if line.strip()]
    open_ends = sum(not _ENDED.search(line) for line in inner)
    if not inner or open_ends <= len(inner) / 2 or statistics.median(map(len, inner)) < _WRAPPED_FROM:
        return text
    return "\n".join(" ".join(line.strip() for line in lines) for lines in paragraphs)
