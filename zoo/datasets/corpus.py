"""What a corpus is: files with addresses, checksums, a licence, a citation."""

from dataclasses import dataclass

from zoo.registry import unknown_name


@dataclass(frozen=True)
class CorpusFile:
    """A file as its authors publish it.

    Args:
        path: relative path in ``ZOO_DATA`` and in the cache, ``"folder/name"``.
        address: where to download it; None where nobody publishes it at an address of its own.
        bytes: its size.
        sha256: its checksum.
    """

    path: str
    address: str | None
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


def files(folder, address, *rows):
    """Corpus files from rows of (name, bytes, sha256) that share a folder and the beginning of their address."""
    return tuple(CorpusFile(f"{folder}/{name}", address + name, size, sha256) for name, size, sha256 in rows)
