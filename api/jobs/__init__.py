"""Long work, done in processes of its own that can be killed, and jobs that are never lost."""
