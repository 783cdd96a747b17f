"""What every oracle script shares: arguments, data readers, sampling and the JSON writer."""

import argparse
import csv
import hashlib
import json
import platform
import sys
import unicodedata
from pathlib import Path

import numpy as np
import sklearn

HERE = Path(__file__).resolve().parent
SETS = ("airline", "imdb", "kaggle")


def arguments(sets=None):
    """--data DIR, and --set NAME (may be repeated) for scripts that write one file per data set."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=HERE.parents[1] / ".." / "shared" / "data")
    parser.add_argument("--set", dest="sets", action="append", choices=sets or SETS)
    args = parser.parse_args()
    args.sets = args.sets or list(sets or SETS)
    return args


def read_csv(path, text, label):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row[text] for row in rows], [row[label] for row in rows]


def read_kaggle(path):
    """PhraseId, SentenceId, Phrase, Sentiment; tab-separated, quotes are plain characters."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = [line.split("\t") for line in file.read().split("\n")[1:] if line]
    return [row[2] for row in rows], [row[3] for row in rows]


def read_split(data, name):
    """Returns train texts, train labels, test texts, test labels; labels are strings."""
    if name == "airline":
        return (*read_csv(data / "airline/train.csv", "text", "airline_sentiment"),
                *read_csv(data / "airline/test.csv", "text", "airline_sentiment"))
    if name == "imdb":
        return (*read_csv(data / "imdb/train.csv", "text", "label"),
                *read_csv(data / "imdb/test.csv", "text", "label"))
    texts, labels = read_kaggle(data / "movie_reviews/kaggle_train_head.tsv")
    train = [i for i in range(len(texts)) if i % 3 != 2]
    test = [i for i in range(len(texts)) if i % 3 == 2]
    return ([texts[i] for i in train], [labels[i] for i in train],
            [texts[i] for i in test], [labels[i] for i in test])


def sample(rows, count):
    """The sorted numbers of `count` rows, always the same ones."""
    chosen = np.random.RandomState(0).choice(rows, size=min(count, rows), replace=False)
    return sorted(int(i) for i in chosen)


def sha256_lines(lines):
    """sha256 of the UTF-8 of the lines joined by one line feed."""
    return hashlib.sha256("\n".join(map(str, lines)).encode("utf-8")).hexdigest()


def plain(value):
    """numpy values to Python ones; what is not finite becomes null."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return value


def render(value, depth=0):
    """JSON with one line per entry of the outer levels. Doubles are written so that they read back exactly."""
    flat = json.dumps(value, ensure_ascii=True)
    if len(flat) <= 160 or depth >= 4 or not isinstance(value, (dict, list)):
        return flat
    pad = " " * (depth + 1)
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {render(item, depth + 1)}" for key, item in value.items()]
    elif not any(isinstance(item, (dict, list)) for item in value):
        return flat
    else:
        items = [render(item, depth + 1) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(pad + item for item in items) + "\n" + " " * depth + closing


def save(name, content):
    head = {"made_by": Path(sys.argv[0]).name, "scikit-learn": sklearn.__version__, "numpy": np.__version__,
            "python": platform.python_version(), "unicode": unicodedata.unidata_version}
    path = HERE / "expected" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(render(plain({**head, **content})) + "\n", encoding="utf-8")
    print(f"{path.name}: {path.stat().st_size} bytes", flush=True)
