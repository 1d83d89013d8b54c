"""What a request may be before anything of the service looks at it: pure ASGI, one law a file."""
