"""The ASGI application: routes, middleware, health, sitemap. The only importer of everything."""
