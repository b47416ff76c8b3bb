"""Parts of a page: filter bar, figure, export menu, tables, cards."""
