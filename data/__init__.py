"""Everything the dashboard knows: the catalogue, the code lists, the published figures and the build."""
