"""What the service keeps: tables, one queue of writes, and what must happen once."""
