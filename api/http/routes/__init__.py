"""The routes, one file a resource; `app.create_app` lists them."""
