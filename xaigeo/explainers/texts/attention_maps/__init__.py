"""From attention maps of layers, heads and queries to one weight a token."""
