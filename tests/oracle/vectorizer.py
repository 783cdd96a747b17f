"""vectorizer_<set>.json: vocabularies and test rows of CountVectorizer and TfidfVectorizer."""

import time

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from common import arguments, read_split, sample, save, sha256_lines

CONFIGS = [
    ("counts_1_1", {"use_idf": None}),
    ("tfidf_1_1", {}),
    ("tfidf_1_2", {"ngram_range": (1, 2)}),
    ("tfidf_1_3_min_df_2", {"ngram_range": (1, 3), "min_df": 2}),
    ("tfidf_sublinear_1_2_pruned", {"ngram_range": (1, 2), "sublinear_tf": True, "min_df": 3, "max_df": 0.9}),
    ("tfidf_stop_words_1_1", {"stop_words": "english"}),
]
ON_LARGE_SETS = ("tfidf_1_2", "tfidf_sublinear_1_2_pruned", "tfidf_stop_words_1_1")
MOST_FEATURES = {"airline": 5000, "imdb": 20000, "kaggle": 10000}


def vectorizer(options):
    if "use_idf" in options:
        return CountVectorizer(**{key: value for key, value in options.items() if key != "use_idf"})
    return TfidfVectorizer(**options)


def cut_without_tie(texts, options, most):
    """The largest max_features up to `most` that cuts between two different counts: scikit-learn picks among equals arbitrarily."""
    counter = CountVectorizer(**{key: value for key, value in options.items() if key != "sublinear_tf"})
    counts = np.sort(np.asarray(counter.fit_transform(texts).sum(axis=0)).ravel())[::-1]
    cut = most
    while counts[cut - 1] == counts[cut]:
        cut -= 1
    return cut


def describe_row(matrix, terms, row):
    entries = matrix[row]
    values = entries.data.astype(float)
    largest = sorted(zip(terms[entries.indices], values), key=lambda pair: (-pair[1], pair[0]))[:6]
    return {"row": row, "nnz": entries.nnz, "sum": values.sum(), "l2": np.sqrt((values**2).sum()), "largest": [[str(t), v] for t, v in largest]}


def describe(name, options, train, test, most):
    started = time.time()
    if "pruned" in name:
        options = {**options, "max_features": cut_without_tie(train, options, most)}
    made = vectorizer(options).fit(train)
    terms = made.get_feature_names_out()
    matrix = made.transform(test).tocsr()
    print(f"  {name}: {len(terms)} terms, {time.time() - started:.1f} s", flush=True)
    return {"name": name, "weighting": "counts" if "use_idf" in options else "tfidf",
            "options": {key: value for key, value in options.items() if key != "use_idf"},
            "vocabulary_size": len(terms), "vocabulary_sha256": sha256_lines(sorted(terms)), "test_nnz": matrix.nnz, "test_sum": matrix.sum(),
            "rows": [describe_row(matrix, terms, row) for row in sample(len(test), 40)]}


args = arguments()
for name in args.sets:
    train, _, test, _ = read_split(args.data, name)
    wanted = [config for config in CONFIGS if name == "airline" or config[0] in ON_LARGE_SETS]
    save(f"vectorizer_{name}", {
        "set": name, "train_rows": len(train), "test_rows": len(test),
        "note": "Fitted on train, rows are of test (numbered from 0). Options not named are scikit-learn's defaults. largest: by value, then term. "
                "max_features is chosen so that no two equal counts straddle the cut, where scikit-learn's choice would be arbitrary.",
        "configs": [describe(config, options, train, test, MOST_FEATURES[name]) for config, options in wanted],
    })
