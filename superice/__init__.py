"""SuperIce: 30-member ensembles of 3 km Arctic sea-ice thickness from coarse fields."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from superice.api.network import load
    from superice.api.products import features_from_products
    from superice.api.scores import score
    from superice.api.synthetic import make_synthetic_day, make_synthetic_season
    from superice.dataset.season import open_season

__version__ = "0.2.0"
__all__ = ["features_from_products", "load", "make_synthetic_day", "make_synthetic_season", "open_season", "score"]

# Where what users call by its short name is defined.
_PLACES = {
    "features_from_products": "superice.api.products",
    "load": "superice.api.network",
    "make_synthetic_day": "superice.api.synthetic",
    "make_synthetic_season": "superice.api.synthetic",
    "open_season": "superice.dataset.season",
    "score": "superice.api.scores",
}


def __getattr__(name: str) -> Any:
    """Import what users call by its short name when it is asked for, as the libraries behind it start slowly."""
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names of the package, those that are not imported yet included."""
    return sorted({*globals(), *_PLACES})
