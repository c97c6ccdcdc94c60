"""What the Shapley methods share: players, coalitions, what a coalition is worth."""
