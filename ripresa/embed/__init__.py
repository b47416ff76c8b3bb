"""One figure as a small page of its own, for an iframe: HTML and SVG without scripts of others."""
