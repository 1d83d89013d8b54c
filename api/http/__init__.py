"""The service over HTTP: `app.create_app` is its table of contents."""
