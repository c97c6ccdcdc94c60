"""How work is cut into blocks, run by any number of workers, kept and put together."""
