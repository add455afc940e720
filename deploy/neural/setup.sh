#!/bin/sh
# Makes .venv-neural: the torch engines (pyannote.audio, Demucs, Coqui TTS) on the CPU, beside the
# libraries and services, for `make test-neural`. Apart from .venv, which needs no torch.
# POLYDUB_TORCH_INDEX=<address> takes torch from a package index of your choice, such as PyTorch's
# own for CPUs; without it pip takes what it finds. Harmless to repeat.
set -eu
cd "$(dirname "$0")/../.."

venv=.venv-neural
stamp=$venv/.installed

# PyPI's torchaudio is built for CUDA; beside a torch for CPUs its compiled parts can't be loaded
# and `import torchaudio` fails. Without them everything but forced alignment and RNN-T works.
mend_torchaudio() {
    $venv/bin/python -c 'import torchaudio' 2>/dev/null && return
    packages=$($venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    rm -f "$packages"/torchaudio/lib/*.so
    $venv/bin/python -c 'import torchaudio'
}

install_python_packages() {
    projects=$(dirname libs/*/pyproject.toml services/*/pyproject.toml)
    now=$(cat constraints.txt deploy/neural/*.txt deploy/neural/setup.sh \
        $(for p in $projects; do echo "$p/pyproject.toml"; done) | sha256sum)
    [ -f $stamp ] && [ "$(cat $stamp)" = "$now" ] && return
    [ -x $venv/bin/pip ] || .venv/bin/python -m venv $venv
    printf '\033[1mInstalling the torch engines into %s\033[0m\n' $venv
    pip() {
        $venv/bin/pip install -q --disable-pip-version-check \
            -c constraints.txt -c deploy/neural/constraints.txt \
            ${POLYDUB_TORCH_INDEX:+--extra-index-url "$POLYDUB_TORCH_INDEX"} "$@"
    }
    pip hatchling editables
    editable=""
    for project in $projects; do editable="$editable -e ./${project%/}"; done
    # The engines by themselves: some of what they need is built from source, in isolation.
    pip -r deploy/neural/requirements.txt
    # shellcheck disable=SC2086  # the list is meant to be split
    pip --no-build-isolation $editable
    mend_torchaudio
    $venv/bin/pip check
    echo "$now" >$stamp
}

deploy/local/setup.sh
install_python_packages
