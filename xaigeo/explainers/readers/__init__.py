"""Trees and linear models read from the inside, in one form for all libraries."""
