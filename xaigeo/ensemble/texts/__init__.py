"""Text models of a seed ensemble: trained together, or wrapped, and read from the inside."""
