"""The ASGI application: routes, middleware, health, sitemap, 404. The only importer of everything."""
