"""Scripts for maintainers. They are part of the repository, not of the installed package."""
