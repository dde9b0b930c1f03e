"""OGC API - Features over the desk's collections: what clients ask, and how answers are worded."""
