"""What the notebooks share."""

# The SHA-256 of input.txt, which is Tiny Shakespeare.
TINY_SHAKESPEARE = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
