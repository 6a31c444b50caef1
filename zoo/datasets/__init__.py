"""Real corpora and the user's own data.

    catalogue.py  what exists (texts.py, labelled.py: addresses, checksums, licences, citations)
    files.py      finds a file of a corpus, downloads it, verifies it
    readers.py    lines, documents, parallel files
    tables.py     columns, separated by commas or tabs
    structured.py JSON lines, CoNLL columns, SQuAD
    splits.py     train, validation and test parts that share no text
"""


class DataError(ValueError):
    """Data that is missing, corrupt or malformed; the message says where, what is wrong and what to do."""

    place = "", 0  # file and line, where it is about a line
