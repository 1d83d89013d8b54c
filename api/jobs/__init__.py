"""Long and heavy work: what runs in children of the service, and how none of it is lost."""
