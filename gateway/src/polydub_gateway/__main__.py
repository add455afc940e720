"""``python -m polydub_gateway``."""

from polydub_gateway.main import run

if __name__ == "__main__":
    run()
