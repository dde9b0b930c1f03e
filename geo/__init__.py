"""The domain: grids, reports, rental classes. Knows nothing of HTTP, HTML or the environment."""
