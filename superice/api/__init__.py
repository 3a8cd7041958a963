"""What Python programs and notebooks call: load, draw, summarise and score, from xarray to xarray."""
