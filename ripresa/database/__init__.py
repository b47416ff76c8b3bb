"""The published database: build, releases, and the read-only connection that answers queries."""
