"""The open data under /api/v1: endpoints declared once, handlers, serializers, OpenAPI."""
