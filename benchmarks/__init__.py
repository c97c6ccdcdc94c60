"""Side-by-side measurements with named peers; every number is a ratio from one run."""
