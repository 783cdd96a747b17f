#!/bin/sh
# Makes the virtual environments if need be and runs every oracle script: make.sh [--data DIR]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1

# run ENVIRONMENT REQUIREMENTS "SCRIPT..." [ARGUMENT...]
run() {
    venv=$cache/$1 requirements=$2 scripts=$3
    shift 3
    [ -x "$venv/bin/python" ] || { mkdir -p "$cache" && python3 -m venv "$venv"; }
    "$venv/bin/pip" install --quiet --requirement "$here/$requirements"
    for script in $scripts; do
        echo "== $script"
        nice -n 10 "$venv/bin/python" "$here/$script.py" "$@"
    done
}

run oracle-venv requirements.txt "tokens word_ranges lowercase stop_words metrics calibration inference stemmer \
    vectorizer linear_svc kaggle_reference nb_svm_imdb word_piece" "$@"
run oracle-venv-hf requirements-hf.txt "bert_folder encoder" "$@"
