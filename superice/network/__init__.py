"""The network, its normalisation, and the formulations it is trained in."""
