"""What counterfactuals are made of: limits, distances, starts, searches."""
