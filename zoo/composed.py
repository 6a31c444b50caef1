"""One form of each letter: Unicode's NFC, in which a Hangul syllable, or a letter with its accent, is one character.

Files and names from macOS may hold them in parts (NFD). They look alike, but are other
characters: to a model another text, to a task another label.
"""

import unicodedata


def composed(value):
    """A text in NFC; of plain lists, tuples and dictionaries all texts that are values in them; all else as it is."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {name: composed(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(composed(each) for each in value)
    return value


def composed_place(text, place):
    """Where the character at ``place`` of ``text`` stands in the composed text."""
    return len(composed(text[:place]))
