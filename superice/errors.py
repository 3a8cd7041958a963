"""Errors that end with one sentence for the user: inputs that cannot be used, and faults of the machine."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """An input that cannot be used.

    ``str(error)`` is one sentence for the user. Its parts are attributes as well, so that a table of refused inputs
    can list them in columns.

    Attributes
    ----------
    reason
        Why the input is refused.
    file, variable, value, product
        Where and what was found; None when it does not apply.
    """

    def __init__(
        self,
        reason: str,
        *,
        file: str | Path | None = None,
        variable: str | None = None,
        value: object = None,
        product: str | None = None,
    ) -> None:
        self.reason = reason
        self.file = None if file is None else str(file)
        self.variable = variable
        self.value = value
        self.product = product
        super().__init__(self._compose_sentence())

    def _compose_sentence(self) -> str:
        place = [self.product, self.file, self.variable]
        where = ", ".join(part for part in place if part)
        found = "" if self.value is None else f" (found {self.value})"
        return f"{where}: {self.reason}{found}" if where else f"{self.reason}{found}"

    def as_record(self) -> dict[str, str | None]:
        """Return the parts as a row of the table of refused inputs, ready for JSON."""
        return {
            "product": self.product,
            "file": self.file,
            "variable": self.variable,
            "value": None if self.value is None else str(self.value),
            "reason": self.reason,
        }


class MissingInput(InputError):
    """No file exists for the requested date."""


class MachineError(Exception):
    """A fault of the machine while a file was read, which says nothing about the file.

    It is no InputError: an unusable input makes an empty day, which is never tried again; after a fault of the machine the
    job fails, writes nothing, and is done again. ``str(error)`` is one sentence for the user.

    Attributes
    ----------
    reason
        What failed, and what to do.
    file
        The file that was being read.
    """

    def __init__(self, reason: str, *, file: str | Path) -> None:
        self.reason, self.file = reason, str(file)
        super().__init__(f"{file}: the machine could not read it: {reason}")


class OutputError(Exception):
    """A file that cannot be written: its name or its folder is wrong, or the user may not write there.

    ``str(error)`` is one sentence for the user.

    Attributes
    ----------
    reason
        What the operating system says.
    file
        The file.
    """

    def __init__(self, reason: str | None, *, file: str | Path) -> None:
        self.reason, self.file = reason, str(file)
        super().__init__(f"{file}: cannot be written ({reason}); name another file or folder")
