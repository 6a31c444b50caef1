"""What can be wrong with published weights, in one place, because every layout can go wrong in the same ways."""


class PretrainedError(ValueError):
    """A source of weights that cannot be read or does not fit; the message says why and what to do."""


def names(many, most=20):
    """Names with commas between; of very many the first, and how many more there are."""
    many = [str(name) for name in many]
    more = f" and {len(many) - most} more" if len(many) > most else ""
    return ", ".join(many[:most]) + more
