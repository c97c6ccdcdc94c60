"""What the gradient methods and those that take columns away share."""
