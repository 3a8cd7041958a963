"""The network, its normalisation, the formulations that it is trained in, and samplers."""
