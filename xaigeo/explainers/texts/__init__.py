"""Methods for text models: one file each, all seeds at once, one number a token."""
