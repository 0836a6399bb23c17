"""Floor 5, a door: arguments in, pages and lines out, nothing else."""


def main() -> None:
    """Run the command line."""
