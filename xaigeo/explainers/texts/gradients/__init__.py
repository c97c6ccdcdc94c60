"""What the gradient methods for texts share: word vectors, gradients, and numbers made of them."""
