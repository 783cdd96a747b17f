"""calibration.json: Platt scaling and temperature scaling of small made-up sets."""

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, log_softmax, softmax
from sklearn.calibration import _SigmoidCalibration, _TemperatureScaling

from common import arguments, save

arguments()


def platt_newton(scores, labels):
    """The exact minimum of Platt's loss, by Newton steps from scikit-learn's answer."""
    positive, negative = np.sum(labels > 0), np.sum(labels <= 0)
    target = np.where(labels > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))
    design = np.column_stack([scores, np.ones_like(scores)])
    fitted = _SigmoidCalibration().fit(scores, labels)
    solution = np.array([fitted.a_, fitted.b_])
    for _ in range(50):
        p = expit(-design @ solution)
        gradient = design.T @ (target - p)
        solution = solution - np.linalg.solve(design.T * (p * (1 - p)) @ design, gradient)
    return solution, np.abs(gradient).max()


def platt_case(name, scores, labels):
    scores, labels = np.asarray(scores, dtype=float), np.asarray(labels)
    fitted = _SigmoidCalibration().fit(scores, labels)
    exact, gradient = platt_newton(scores, labels)
    assert gradient < 1e-9
    return {"name": name, "scores": scores, "labels": labels, "a": fitted.a_, "b": fitted.b_, "a_exact": exact[0], "b_exact": exact[1],
            "probabilities": expit(-(exact[0] * scores + exact[1]))}


LOWEST, HIGHEST = 0.01, 100.0


def temperature_case(name, logits, labels):
    logits, labels = np.asarray(logits, dtype=float), np.asarray(labels)
    rows = np.arange(len(labels))

    def loss(temperature):
        return -log_softmax(logits / temperature, axis=1)[rows, labels].mean()

    def slope(inverse):
        return ((softmax(logits * inverse, axis=1) * logits).sum(axis=1) - logits[rows, labels]).mean()

    found = minimize_scalar(loss, bounds=(LOWEST, HIGHEST), method="bounded", options={"xatol": 1e-12}).x
    inside = slope(1 / HIGHEST) < 0 < slope(1 / LOWEST)
    exact = 1 / brentq(slope, 1 / HIGHEST, 1 / LOWEST, xtol=1e-15, rtol=1e-15) if inside else LOWEST if slope(1 / LOWEST) <= 0 else HIGHEST
    if inside:
        assert abs(found - exact) < 1e-5 * exact, (name, found, exact)
    return {"name": name, "logits": logits, "labels": labels, "inside_bounds": inside, "temperature": exact, "temperature_minimize_scalar": found,
            "temperature_sklearn": 1 / _TemperatureScaling().fit(logits, labels).beta_, "log_loss_before": loss(1.0), "log_loss_after": loss(exact)}


def random_scores(seed, rows, shift, scale, share=0.5):
    rng = np.random.RandomState(seed)
    labels = (rng.uniform(size=rows) < share).astype(int)
    return np.round(scale * (rng.normal(size=rows) + shift * (2 * labels - 1)), 6), labels


def random_logits(seed, rows, classes, strength, scale):
    rng = np.random.RandomState(seed)
    labels = rng.randint(classes, size=rows)
    return np.round(scale * (rng.normal(size=(rows, classes)) + strength * np.eye(classes)[labels]), 6), labels


platt = [
    platt_case("overlapping", *random_scores(1, 60, 0.7, 1.0)),
    platt_case("separable", [-3.0, -2.0, -1.5, -0.5, 0.5, 1.0, 2.0, 4.0], [0, 0, 0, 0, 1, 1, 1, 1]),
    platt_case("imbalanced", *random_scores(2, 80, 0.5, 1.5, share=0.1)),
    platt_case("large_scores", *random_scores(3, 50, 0.6, 40.0)),
    platt_case("no_skill", *random_scores(4, 40, 0.0, 1.0)),
    platt_case("reversed", *random_scores(5, 40, -0.8, 0.3)),
    platt_case("three_rows", [-1.0, 0.25, 1.0], [0, 1, 1]),
]
temperature = [
    temperature_case("overconfident_three", *random_logits(1, 60, 3, 0.8, 4.0)),
    temperature_case("underconfident_three", *random_logits(2, 60, 3, 2.5, 0.3)),
    temperature_case("already_good_two", *random_logits(3, 80, 2, 1.0, 1.0)),
    temperature_case("overconfident_five", *random_logits(4, 80, 5, 1.0, 8.0)),
    temperature_case("large_offset", random_logits(5, 40, 4, 1.0, 2.0)[0] + 700.0, random_logits(5, 40, 4, 1.0, 2.0)[1]),
    temperature_case("one_mistake", [[2.0, -1.0], [1.5, 0.5], [-0.5, 1.0], [0.25, 0.75], [1.0, 0.0]], [0, 0, 1, 1, 1]),
    temperature_case("all_right", [[2.0, -1.0], [1.5, 0.5], [-0.5, 1.0], [0.25, 0.75]], [0, 0, 1, 1]),
    temperature_case("all_wrong", [[2.0, -1.0], [1.5, 0.5], [-0.5, 1.0], [0.25, 0.75]], [1, 1, 0, 0]),
]
save("calibration", {
    "platt_note": "P(y=1) = 1 / (1 + exp(a * score + b)) with Platt's targets (n1+1)/(n1+2) and 1/(n0+2). a, b: scikit-learn (L-BFGS, "
                  "gradient 1e-6); a_exact, b_exact: the exact minimum; probabilities come from the exact ones.",
    "temperature_note": "P = softmax(logits / temperature), the mean log loss least over temperature in bounds; inside_bounds false: the loss "
                        "only falls towards a bound, so temperature is that bound. temperature is exact (root of the slope).",
    "bounds": [LOWEST, HIGHEST],
    "platt": platt,
    "temperature": temperature,
})
