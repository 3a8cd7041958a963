"""The errors that a user can mend: they name the file, the variable, the value and the reason."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """An input that cannot be used.

    ``str(error)`` is one sentence for the user. The parts stay available as attributes, so that a table of
    refused inputs can list them in columns.
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
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        place = [self.product, self.file, self.variable]
        where = ", ".join(part for part in place if part)
        found = "" if self.value is None else f" (found {self.value})"
        return f"{where}: {self.reason}{found}" if where else f"{self.reason}{found}"

    def as_record(self) -> dict[str, str | None]:
        """The parts as a JSON-ready row of the table of refused inputs."""
        return {
            "product": self.product,
            "file": self.file,
            "variable": self.variable,
            "value": None if self.value is None else str(self.value),
            "reason": self.reason,
        }


class MissingInput(InputError):
    """There is no file for the date that was asked for."""
