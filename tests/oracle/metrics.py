"""metrics.json: classification metrics on small made-up label and probability sets."""

import warnings

import numpy as np
from sklearn.metrics import (accuracy_score, balanced_accuracy_score, brier_score_loss, cohen_kappa_score, confusion_matrix, log_loss,
                             matthews_corrcoef, precision_recall_fscore_support, roc_auc_score)

from common import arguments, save

arguments()
warnings.simplefilter("ignore")
BINS = 15


def label_metrics(true, predicted, classes):
    labels = list(range(classes))
    scores = {"accuracy": accuracy_score(true, predicted),
              "confusion_matrix": confusion_matrix(true, predicted, labels=labels),
              "balanced_accuracy": balanced_accuracy_score(true, predicted)}
    precision, recall, f1, support = precision_recall_fscore_support(true, predicted, labels=labels, average=None, zero_division=0)
    scores["per_class"] = {"precision": precision, "recall": recall, "f1": f1, "support": support}
    for average in ("macro", "micro", "weighted"):
        precision, recall, f1, _ = precision_recall_fscore_support(true, predicted, labels=labels, average=average, zero_division=0)
        scores[average] = {"precision": precision, "recall": recall, "f1": f1}
    scores["cohen_kappa"] = cohen_kappa_score(true, predicted, labels=labels)
    scores["matthews"] = matthews_corrcoef(true, predicted)
    return scores


def expected_calibration_error(true, probabilities):
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == true
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    return sum(abs(correct[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins))


def probability_metrics(true, probabilities):
    classes = probabilities.shape[1]
    labels = list(range(classes))
    present = [c for c in labels if 0 < np.sum(true == c) < len(true)]
    auc = [roc_auc_score(true == c, probabilities[:, c]) if c in present else np.nan for c in labels]
    scores = {"roc_auc_per_class": auc,
              "roc_auc_ovr_macro": np.mean(auc),
              "roc_auc_ovr_macro_defined": np.mean([auc[c] for c in present]) if present else np.nan,
              "log_loss": log_loss(true, probabilities, labels=labels),
              "brier": brier_score_loss(true, probabilities, labels=labels),
              "brier_sum": brier_score_loss(true, probabilities, labels=labels, scale_by_half=False),
              "expected_calibration_error": expected_calibration_error(true, probabilities)}
    if classes == 2:
        scores["roc_auc"] = auc[1]
    elif len(present) == classes:
        np.testing.assert_allclose(np.mean(auc), roc_auc_score(true, probabilities, multi_class="ovr", average="macro"))
    return scores


def softmax(logits):
    power = np.exp(logits - logits.max(axis=1, keepdims=True))
    return power / power.sum(axis=1, keepdims=True)


def random_case(name, classes, rows, strength, seed, decimals=None, skip=()):
    """Labels and probabilities that lean towards the label by `strength`; classes in `skip` never occur as labels."""
    rng = np.random.RandomState(seed)
    true = rng.choice([c for c in range(classes) if c not in skip], size=rows)
    probabilities = softmax(rng.normal(size=(rows, classes)) + strength * np.eye(classes)[true])
    if decimals is not None:  # whole parts of 10**decimals, so that many scores tie and each row still sums to 1
        parts = np.floor(probabilities * 10**decimals)
        parts[:, 0] += 10**decimals - parts.sum(axis=1)
        probabilities = parts / 10**decimals
    return name, true, probabilities


def from_positive(positive):
    return np.array([[1 - p, p] for p in positive])


WITH_PROBABILITIES = [
    random_case("binary", 2, 40, 1.0, 1),
    random_case("binary_ties", 2, 40, 0.8, 2, decimals=1),
    random_case("binary_no_skill", 2, 30, 0.0, 3),
    ("binary_perfect", np.array([0, 1, 0, 1, 1]), from_positive([0.1, 0.9, 0.2, 0.8, 0.7])),
    ("binary_all_wrong", np.array([0, 1, 0, 1, 1]), from_positive([0.9, 0.1, 0.8, 0.2, 0.3])),
    ("binary_certain", np.array([0, 1, 1, 0]), from_positive([0.0, 1.0, 1.0, 0.0])),
    ("binary_certain_one_wrong", np.array([0, 1, 1, 0]), from_positive([0.0, 1.0, 0.0, 0.0])),
    ("binary_constant", np.array([0, 1, 1, 0, 1]), from_positive([0.5] * 5)),
    ("binary_one_class_only", np.array([1, 1, 1, 1]), from_positive([0.25, 0.75, 0.5, 1.0])),
    ("binary_imbalanced", np.array([0] * 19 + [1]), from_positive([0.05 * (i % 7) for i in range(19)] + [0.2])),
    ("binary_one_row", np.array([1]), from_positive([0.625])),
    random_case("three", 3, 45, 1.2, 4),
    random_case("three_ties", 3, 45, 0.7, 5, decimals=1),
    random_case("three_absent_label", 3, 30, 1.0, 6, skip=(1,)),
    ("three_never_predicted", np.array([0, 1, 2, 2, 1, 0]),
     np.array([[.6, .3, .1], [.5, .3, .2], [.2, .3, .5], [.1, .4, .5], [.4, .3, .3], [.7, .2, .1]])),
    ("three_uniform", np.array([0, 1, 2, 2]), np.full((4, 3), 1 / 3)),
    random_case("four", 4, 60, 1.5, 7),
    random_case("four_two_absent", 4, 24, 1.0, 8, skip=(0, 3)),
    random_case("five", 5, 80, 1.0, 9),
    random_case("five_sharp", 5, 50, 6.0, 10),
    random_case("five_ties", 5, 60, 1.0, 11, decimals=1),
]

LABELS_ONLY = [
    ("perfect_three", [0, 1, 2, 1, 0], [0, 1, 2, 1, 0], 3),
    ("all_wrong_three", [0, 1, 2, 1, 0], [1, 2, 0, 0, 2], 3),
    ("one_class_predicted", [0, 1, 2, 1, 0, 2, 2], [2] * 7, 3),
    ("class_seen_nowhere", [0, 1, 3, 3, 1], [0, 3, 3, 1, 1], 4),
    ("predicted_but_never_true", [0, 0, 1, 1], [0, 2, 1, 2], 3),
    ("all_one_class_right", [1, 1, 1], [1, 1, 1], 2),
    ("all_one_class_wrong", [1, 1, 1], [0, 0, 0], 2),
    ("imbalanced_five", [2] * 20 + [0, 1, 3, 4, 4], [2] * 18 + [1, 3, 0, 2, 3, 4, 2], 5),
]

cases = []
for name, true, probabilities in WITH_PROBABILITIES:
    predicted = probabilities.argmax(axis=1)
    cases.append({"name": name, "classes": probabilities.shape[1], "true": true, "probabilities": probabilities, "predicted": predicted,
                  **label_metrics(true, predicted, probabilities.shape[1]), **probability_metrics(true, probabilities)})
for name, true, predicted, classes in LABELS_ONLY:
    cases.append({"name": name, "classes": classes, "true": true, "predicted": predicted, **label_metrics(true, predicted, classes)})

save("metrics", {
    "note": "Every class 0..classes-1 counts in per_class, macro and the confusion matrix (rows: true), 0 where a ratio is 0/0. "
            "null: undefined. predicted is the first of the largest probabilities. log_loss clips to [eps, 1-eps], eps = 2^-52. "
            "brier is halved for two classes (so mean (p1-y)^2) and not for more; brier_sum is never halved. "
            "roc_auc_ovr_macro is null when a class has no AUC; roc_auc_ovr_macro_defined is the mean of the others. "
            "balanced_accuracy is over classes that occur in true. expected_calibration_error: bin = ceil(15 * confidence) - 1.",
    "bins": BINS,
    "cases": cases,
})
