"""What lessons and evidence share: how networks and texts are looked into, and experiments."""
