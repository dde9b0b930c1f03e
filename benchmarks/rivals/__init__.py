"""The maps that ours is measured beside: the same points and grids, as users of these libraries would draw them."""
