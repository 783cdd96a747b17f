"""nb_svm_imdb.json: NB-SVM (Wang & Manning 2012) on IMDB; the recipe is chosen by cross-validation within train."""

import resource
import time

import numpy as np
from scipy.sparse import diags
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.svm import LinearSVC

from common import arguments, read_split, sample, save, sha256_lines

FOLDS = 5
CLOSE = 0.0005
BETAS = (1.0, 0.75, 0.5, 0.25)
PENALTIES = {"binary": (0.003, 0.01), "binary_l2": (0.3, 1.0, 3.0), "tfidf": (1.0,)}
PATTERNS = {"words_2": r"(?u)\b\w\w+\b", "words_1": r"(?u)\b\w+\b", "marks": r"(?u)\w+|[^\w\s]"}
FEATURES = [("marks", 3, 2), ("words_2", 3, 2), ("marks", 2, 2)]  # tokens, longest n-gram, min_df


def without_breaks(text):
    return text.lower().replace("<br />", " ")


def counter(tokens, max_n, min_df):
    return CountVectorizer(preprocessor=without_breaks, token_pattern=PATTERNS[tokens], ngram_range=(1, max_n), min_df=min_df, dtype=np.float64)


def binarised(counts):
    binary = counts.copy()
    binary.data[:] = 1
    return binary


def weigh(weights, train, test):
    if weights == "tfidf":
        transformer = TfidfTransformer(sublinear_tf=True).fit(train)
        return transformer.transform(train), transformer.transform(test)
    if weights == "binary_l2":
        transformer = TfidfTransformer(use_idf=False, norm="l2").fit(binarised(train))
        return transformer.transform(binarised(train)), transformer.transform(binarised(test))
    return binarised(train), binarised(test)


def log_count_ratio(train, positive, alpha=1.0):
    binary = binarised(train)
    p = alpha + np.asarray(binary[positive].sum(axis=0)).ravel()
    q = alpha + np.asarray(binary[~positive].sum(axis=0)).ravel()
    return np.log(p / p.sum()) - np.log(q / q.sum())


def interpolate(weights, beta):
    return (1 - beta) * np.abs(weights).mean() + beta * weights


def read(data):
    train, train_labels, test, test_labels = read_split(data, "imdb")
    return train, np.array(train_labels) == "1", test, np.array(test_labels) == "1"


def cross_validate(data, tokens, max_n, min_df):
    """Mean accuracy of each (weights, C, beta). A fold is one block of each class, since neighbours review the same film."""
    texts, positive, _, _ = read(data)
    started = time.process_time()
    counts = counter(tokens, max_n, min_df).fit_transform(texts)
    count_seconds, started = time.process_time() - started, time.process_time()
    fold = np.arange(len(texts)) % (len(texts) // 2) // (len(texts) // 2 // FOLDS)
    scores, fit_seconds = {}, {}
    for held in range(FOLDS):
        inside, outside = fold != held, fold == held
        kept = np.flatnonzero(np.bincount(counts[inside].indices, minlength=counts.shape[1]) >= min_df)
        train, test = counts[inside][:, kept], counts[outside][:, kept]
        ratio = diags(log_count_ratio(train, positive[inside]))
        for weights, penalties in PENALTIES.items():
            fitted, checked = (matrix @ ratio for matrix in weigh(weights, train, test))
            for penalty in penalties:
                began = time.process_time()
                model = LinearSVC(C=penalty, tol=1e-3, random_state=0, dual=True, max_iter=5000).fit(fitted, positive[inside])
                fit_seconds.setdefault((weights, penalty), []).append(time.process_time() - began)
                for beta in BETAS:
                    decisions = checked @ interpolate(model.coef_.ravel(), beta) + model.intercept_[0]
                    scores.setdefault((weights, penalty, beta), []).append(np.mean((decisions > 0) == positive[outside]))
    table = [{"weights": weights, "C": penalty, "fit_seconds": round(np.mean(fit_seconds[weights, penalty]), 2),
              "accuracy": {str(beta): round(float(np.mean(scores[weights, penalty, beta])), 5) for beta in BETAS}}
             for weights, penalties in PENALTIES.items() for penalty in penalties]
    result = {"tokens": tokens, "max_n": max_n, "min_df": min_df, "features": counts.shape[1], "count_seconds": round(count_seconds, 1),
              "fold_seconds": round(time.process_time() - started, 1), "scores": table}
    score, weights, penalty, beta = max((np.mean(value), *key) for key, value in scores.items())
    return result, {"tokens": tokens, "max_n": max_n, "min_df": min_df, "weights": weights, "C": penalty, "beta": beta}, score


def final(data, recipe, tolerance):
    """Trains on all of train with the recipe and describes the model well enough to compare another one with it."""
    texts, positive, test_texts, test_positive = read(data)
    started = time.process_time()
    vectorizer = counter(recipe["tokens"], recipe["max_n"], recipe["min_df"])
    counts = vectorizer.fit_transform(texts)
    count_seconds, started = time.process_time() - started, time.process_time()
    test_counts = vectorizer.transform(test_texts)
    test_count_seconds, started = time.process_time() - started, time.process_time()
    ratio = log_count_ratio(counts, positive)
    fitted, checked = (matrix @ diags(ratio) for matrix in weigh(recipe["weights"], counts, test_counts))
    model = LinearSVC(C=recipe["C"], tol=tolerance, random_state=0, dual=True, max_iter=1_000_000).fit(fitted, positive)
    fit_seconds = time.process_time() - started
    decisions = checked @ interpolate(model.coef_.ravel(), recipe["beta"]) + model.intercept_[0]
    predicted = decisions > 0
    terms = vectorizer.get_feature_names_out()
    by_ratio = np.argsort(ratio, kind="stable")
    shown = sorted({*sample(len(terms), 30), *by_ratio[:5], *by_ratio[-5:]})
    known = set(texts)
    unseen = np.array([text not in known for text in test_texts])
    return {"recipe": recipe, "tol": tolerance, "features": len(terms), "nnz_train": counts.nnz, "nnz_test": test_counts.nnz,
            "vocabulary_sha256": sha256_lines(sorted(terms)), "accuracy": np.mean(predicted == test_positive),
            "correct": int(np.sum(predicted == test_positive)), "accuracy_unseen_texts": np.mean(predicted[unseen] == test_positive[unseen]),
            "unseen_texts": int(unseen.sum()), "predicted_sha256": sha256_lines(predicted.astype(int)), "smallest_margin": np.abs(decisions).min(), "intercept": model.intercept_[0],
            "mean_abs_weight": np.abs(model.coef_).mean(), "ratio_min": ratio.min(), "ratio_max": ratio.max(), "ratio_sum": ratio.sum(),
            "terms": [[str(terms[i]), ratio[i], model.coef_[0, i]] for i in shown],
            "rows": [[row, decisions[row]] for row in sample(len(test_texts), 60)],
            "count_seconds": round(count_seconds, 1), "test_count_seconds": round(test_count_seconds, 1), "fit_seconds": round(fit_seconds, 1)}


def write(described, chosen_score, sweep):
    save("nb_svm_imdb", {
        "how": [
            "Lower case, then '<br />' to one space. Tokens: words_2 = runs of 2 or more word characters, words_1 = of 1 or more, "
            "marks = runs of word characters, and every other character that is no white space by itself. n-grams of 1..max_n tokens joined by a space.",
            "Keep n-grams in at least min_df training texts. weights: binary = 1 when present; binary_l2 = that divided by the square root of how many "
            "kept n-grams the text has; tfidf = sublinear tf, smoothed idf, L2.",
            "r = ln(p/sum p) - ln(q/sum q), p = 1 + number of positive training texts with the n-gram, q the same for negative.",
            "LinearSVC (squared hinge, dual, bias = regularised feature of value 1) on x*r gives w and b. "
            "w' = (1-beta) * mean|w| + beta * w. decision = sum x*r*w' + b, positive when > 0.",
        ],
        "selection": f"{FOLDS}-fold cross-validation in train: fold k holds rows k*2500..k*2500+2499 of each class (contiguous, so films seldom straddle); "
                     f"scores are mean accuracies by beta; the largest mean wins, but of feature sets whose best is within {CLOSE} of "
                     "it, the one with the fewest features. Test rows play no part. Seconds are CPU seconds of one thread; "
                     "peak_mib is of the whole script. The values in models.*.rows are decision values, models.*.terms are [n-gram, r, w].",
        "chosen_cross_validation": chosen_score,
        "chosen_test_accuracy": described["chosen"]["accuracy"],
        "models": described,
        "sweep": sweep,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    })


def choose(results):
    """The best recipe; among feature sets as good as that to within noise, the smallest."""
    best = max(score for _, _, score in results)
    return min((result["features"], score, recipe) for result, recipe, score in results if score > best - CLOSE)[1:]


if __name__ == "__main__":
    data = arguments().data
    results = []
    for features in FEATURES:
        results.append(cross_validate(data, *features))
        print(f"  {results[-1][1]}: {results[-1][2]:.5f}", flush=True)
    chosen_score, chosen = choose(results)
    described = {"chosen": final(data, chosen, 1e-8)}
    print(f"  chosen {chosen}: test accuracy {described['chosen']['accuracy']:.5f}", flush=True)
    write(described, chosen_score, [result for result, _, _ in results])
