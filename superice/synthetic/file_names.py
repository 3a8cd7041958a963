"""File names of the synthetic products, as the providers give them."""

from datetime import date, timedelta

BUOYS, SUBMARINE = "virtual_buoys.csv", "virtual_submarine.csv"


def moorings_name(day: date) -> str:
    """Return the name of a day of neXtSIM's Moorings output."""
    return f"Moorings_{day:%Yd%j}.nc"


def cs2smos_name(day: date) -> str:
    """Return the name of the CS2SMOS thickness of the week centred on the day."""
    first, last = day - timedelta(3), day + timedelta(3)
    return f"W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_{first:%Y%m%d}_{last:%Y%m%d}_r_v205_01_l4sit.nc"


def concentration_name(day: date) -> str:
    """Return the name of the OSI SAF concentration (OSI-401) of the day."""
    return f"ice_conc_nh_polstere-100_multi_{day:%Y%m%d}1200.nc"


def drift_name(day: date) -> str:
    """Return the name of the OSI SAF drift (OSI-405) over the 48 hours centred on the day's noon."""
    first, last = day - timedelta(1), day + timedelta(1)
    return f"ice_drift_nh_polstere-625_multi-oi_{first:%Y%m%d}1200-{last:%Y%m%d}1200.nc"
