#!/bin/sh
# Writes what .venv-neural holds, beyond what the repository's constraints.txt pins, as pins.
set -eu
cd "$(dirname "$0")/../.."
.venv-neural/bin/pip list --format=freeze --exclude-editable --disable-pip-version-check |
    grep -viE '^(pip|setuptools)==' | sed 's/+cpu$//' |
    grep -vixF -f constraints.txt >deploy/neural/constraints.txt
