"""Real corpora and the user's own data.

    catalogue.py  what exists: addresses, checksums, licences, citations
    files.py      finds a file of a corpus, downloads it, verifies it
    readers.py    lines, columns, JSON lines, CoNLL and SQuAD files
"""


class DataError(ValueError):
    """Data that is missing, corrupt or malformed; the message says where, what is wrong and what to do."""
