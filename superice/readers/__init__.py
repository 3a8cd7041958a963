"""Read neXtSIM and satellite products: one module per product, and what their files share."""
