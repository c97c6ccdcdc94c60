"""What LIME is made of: draws, bins, selections and weighted fits."""
