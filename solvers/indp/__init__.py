"""The interdependent network design problem of the literature: its files, its judge, and ways to solve it."""
