"""The newest version of a model's folder, exchanged for a newer one while it is being asked."""

import threading
import time

import grpc
from tensorflow_serving.apis import get_model_status_pb2

from zoo.serving.limits import ServingError, as_serving_error, in_one_line
from zoo.serving.places import is_whole, no_version, versions
from zoo.serving.served_model import ServedModel

State = get_model_status_pb2.ModelVersionStatus.State


class Versions:
    """Serves the highest version in a folder, as TF Serving does by default.

    A request keeps the version that it began with, so none is dropped when a
    newer one takes over; that happens after the newer one has been loaded and
    warmed up. A version that lacks files is left alone, for it is being copied;
    if nothing more comes for long, it counts as one that cannot be loaded. Such
    a version is remembered and left alone until one of its files changes or
    another one comes; the one before goes on.

    Args:
        directory: the folder that holds the versions.
        seconds: between two looks at it.
        tell: a function that is called with a line of text for each version that takes over or cannot be loaded.
        patience: seconds without a new byte after which a version that lacks files is no longer waited for.
    """

    def __init__(self, directory, seconds=1.0, tell=lambda line: None, patience=60.0):
        self.directory = directory
        self.seconds = seconds
        self.tell = tell
        self.patience = patience
        self.current = None
        self._statuses = {}  # version -> (state, ServingError or None)
        self._failed = {}  # version -> its files, as they were when it failed
        self._coming = {}  # version that lacks files -> those that are there, and since when
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look_again, name="versions", daemon=True)

    def start(self):
        """Loads the newest version, and watches the folder from then on.

        Raises:
            ServingError: there is no version that can be loaded.
        """
        self.look()
        if self.current is None:
            failed = [str(error) for _, error in self.statuses().values() if error]  # the newest first
            raise ServingError(grpc.StatusCode.NOT_FOUND, failed[0] if failed else no_version(self.directory))
        self._watch.start()

    def stop(self):
        """Watches no longer."""
        self._ended.set()
        if self._watch.is_alive():
            self._watch.join()

    def get(self, version=None):
        """The model that answers.

        Args:
            version: int; None for the one that serves.

        Raises:
            ServingError: this version does not serve.
        """
        model = self.current
        if version is not None and version != model.version:
            raise ServingError(
                grpc.StatusCode.NOT_FOUND,
                f"Servable not found for request: Specific({self.directory.name}, {version}); served is "
                f"version {model.version}.",
            )
        return model

    def statuses(self):
        """Version -> (state, error or None), the newest first."""
        return dict(sorted(self._statuses.items(), reverse=True))

    def look(self):
        """Loads the highest version of the folder if it is not the one that serves, and tells what came of it."""
        told = []
        for version, folder in versions(self.directory).items():
            if self.current is not None and version == self.current.version:
                break
            files = _files(folder)
            if not files or self._failed.get(version) == files or self._is_coming(version, folder, files):
                continue
            self._statuses[version] = (State.LOADING, None)
            try:
                model = ServedModel(folder)
                model.warm_up()
            except Exception as error:  # whatever is wrong with a version must not end a server
                why = f"{folder} cannot be loaded: {in_one_line(error).rstrip('.')}."
                if version not in self._failed:  # once, however often it changes while it is being copied
                    told.append(why)
                self._failed[version] = files
                self._statuses[version] = (State.END, ServingError(as_serving_error(error).code, why))
                continue
            before, self.current = self.current, model  # one assignment: a request sees the old one or the new one
            self._statuses[version] = (State.AVAILABLE, None)
            if before is not None:
                self._statuses[before.version] = (State.END, None)
            told.append(f"{folder} serves.")
            break
        for line in told if self.current else ():  # else it is an error, which start() raises
            self.tell(line)

    def _is_coming(self, version, folder, files):
        """Whether a version lacks files, which may still be copied."""
        if is_whole(folder):
            return False
        before, since = self._coming.get(version, (None, None))
        if before != files:
            since = time.monotonic()
            self._coming[version] = files, since
            return True
        return time.monotonic() - since < self.patience

    def _look_again(self):
        while not self._ended.wait(self.seconds):
            self.look()


def _files(folder):
    """The files below a folder: name -> when it was changed, and its size. {} while the folder comes or goes."""
    try:
        found = {path.relative_to(folder).as_posix(): path.stat() for path in folder.rglob("*") if path.is_file()}
    except OSError:
        return {}
    return {name: (status.st_mtime_ns, status.st_size) for name, status in found.items()}
