"""One figure as a small self-contained page for an iframe: HTML and SVG without plotly.js."""
