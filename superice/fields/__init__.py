"""Fields on grids: grids, regridding, vectors, deformation, box filters and spectra."""
