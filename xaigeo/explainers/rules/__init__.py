"""What anchors are made of: cells, searches, samples, bounds."""
