"""``python -m fileroom``: the same as the ``fileroom`` command."""

from fileroom.cli import main

if __name__ == "__main__":
    main()
