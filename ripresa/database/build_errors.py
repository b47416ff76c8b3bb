"""The error that every step of a build raises."""


class BuildError(ValueError):
    """One sentence per line: file, row, value and the values allowed."""
