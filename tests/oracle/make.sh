#!/bin/sh
# Makes the virtual environment if need be and runs every oracle script: make.sh [--data DIR]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl/oracle-venv
if [ ! -x "$venv/bin/python" ]; then
    mkdir -p "$(dirname "$venv")"
    python3 -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
for script in tokens word_ranges lowercase stop_words metrics calibration stemmer \
              vectorizer linear_svc kaggle_reference nb_svm_imdb; do
    echo "== $script"
    nice -n 10 "$venv/bin/python" "$here/$script.py" "$@"
done
