"""linear_svc_<set>.json: LinearSVC, LogisticRegression (liblinear, one against the rest) and MultinomialNB on each set."""

import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from common import arguments, read_split, sample, save, sha256_lines

TIGHT = {"airline": 1e-10, "imdb": 1e-10, "kaggle": 1e-8}


def describe(name, options, model, train, train_labels, test, test_labels, decide):
    started = time.time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(train, train_labels)
    converged = not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    seconds = time.time() - started
    predicted = model.predict(test)
    decided = decide(model, test)
    decisions = decided.pop("decisions")
    result = {"name": name, "options": options, "converged": converged, "accuracy": np.mean(predicted == np.array(test_labels)),
              "predicted_sha256": sha256_lines(predicted), "smallest_margin": smallest_margin(decisions), **decided,
              "rows": [[row, *np.atleast_1d(decisions[row])] for row in sample(test.shape[0], 60)]}
    print(f"  {name}: accuracy {result['accuracy']:.6f}, {seconds:.1f} s, converged {converged}", flush=True)
    return result


def smallest_margin(decisions):
    """How far the closest call of all test rows was: agreement to this much gives the same predicted labels."""
    if decisions.ndim == 1:
        return np.abs(decisions).min()
    ordered = np.sort(decisions, axis=1)
    return (ordered[:, -1] - ordered[:, -2]).min()


def linear(model, matrix):
    return {"decisions": model.decision_function(matrix), "intercepts": np.ravel(model.intercept_)}


def one_vs_rest(model, matrix):
    return {"decisions": model.decision_function(matrix), "intercepts": [float(each.intercept_[0]) for each in model.estimators_]}


def naive_bayes(model, matrix):
    return {"decisions": model.predict_joint_log_proba(matrix), "intercepts": model.class_log_prior_}


args = arguments()
for name in args.sets:
    train, train_labels, test, test_labels = read_split(args.data, name)
    tfidf = TfidfVectorizer(ngram_range=(1, 2))
    weighted = tfidf.fit_transform(train), train_labels, tfidf.transform(test), test_labels
    counter = CountVectorizer()
    counted = counter.fit_transform(train), train_labels, counter.transform(test), test_labels
    tight = TIGHT[name]

    models = [
        describe("svc_dual_tight", {"features": "tfidf_1_2", "tol": tight}, LinearSVC(tol=tight, max_iter=1_000_000, random_state=0, dual=True), *weighted, linear),
        describe("svc_dual_default_tol", {"features": "tfidf_1_2", "tol": 1e-4}, LinearSVC(random_state=0, dual=True), *weighted, linear),
        describe("svc_primal_tight", {"features": "tfidf_1_2", "tol": tight}, LinearSVC(tol=tight, max_iter=1_000_000, dual=False), *weighted, linear),
        describe("multinomial_nb", {"features": "counts_1_1", "alpha": 1.0}, MultinomialNB(), *counted, naive_bayes),
    ]
    logistic = OneVsRestClassifier(LogisticRegression(solver="liblinear", C=1.0, tol=1e-10, max_iter=10_000))
    models.append(describe("logistic_ovr_tight", {"features": "tfidf_1_2", "tol": 1e-10}, logistic, *weighted, one_vs_rest))
    save(f"linear_svc_{name}", {
        "set": name, "train_rows": len(train), "test_rows": len(test), "classes": sorted(set(train_labels)),
        "features": {"tfidf_1_2": weighted[0].shape[1], "counts_1_1": counted[0].shape[1]},
        "note": "C=1, loss squared_hinge, intercept_scaling=1: the bias is one more feature of value 1 and is regularised, as with liblinear -B 1. "
                "rows: test row number (from 0), then one value per class in the order of classes; with two classes one value for the second. "
                "multinomial_nb: joint log likelihoods, intercepts are the log priors. logistic_ovr: decision values (logits) of one model per class. "
                "predicted_sha256: test labels joined by line feeds. smallest_margin: the closest call among the test rows.",
        "models": models,
    })
