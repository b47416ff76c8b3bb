"""One module a page; the scripts in pages/ call them."""
