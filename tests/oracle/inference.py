"""inference.json: a random battery of the tests, intervals and powers of pipeline/stats, by SciPy and NumPy."""

import numpy as np
import scipy
from scipy import integrate, optimize, special, stats

from common import arguments, save

arguments()
rng = np.random.RandomState(20261126)


def tango_z(b, c, n, at):
    """Tango's score statistic; the constrained maximum of the trinomial likelihood is found numerically, not by his formula."""
    def loss(p21):
        p12, rest = p21 + at, 1 - 2 * p21 - at
        return -(b * np.log(p12) + c * np.log(p21) + (n - b - c) * np.log(rest))
    low, high = max(1e-15, 1e-15 - at), (1 - at) / 2 - 1e-15

    def slope(p21):
        return b / (p21 + at) + c / p21 - 2 * (n - b - c) / (1 - 2 * p21 - at)
    p21 = optimize.brentq(slope, low, high, xtol=1e-16) if slope(low) > 0 > slope(high) else optimize.minimize_scalar(loss, bounds=(low, high), method="bounded").x
    return (b - c - n * at) / np.sqrt(n * (2 * p21 + at - at * at))


def tango_case():
    n = int(rng.choice([40, 300, 1464, 25000]))
    b, c = (int(rng.randint(1, max(2, n // 8))) for _ in range(2))
    z = stats.norm.ppf(0.975)
    estimate = (b - c) / n
    low = optimize.brentq(lambda at: tango_z(b, c, n, at) - z, -0.6, estimate, xtol=1e-14)
    high = optimize.brentq(lambda at: tango_z(b, c, n, at) + z, estimate, 0.6, xtol=1e-14)
    return {"only_first": b, "only_second": c, "rows": n, "at": -0.01, "z": tango_z(b, c, n, -0.01), "low": low, "high": high}


def exact_tango_case(b, c, n, at):
    """The largest chance of a score statistic as large, over 48 shares in the interval of the nuisance share; by adding up every table."""
    doubt = 1e-4
    interval = stats.binomtest(c, n).proportion_ci(1 - doubt, method="exact")
    low, high = max(interval.low, -at, 0), interval.high

    def z(b, c):  # Tango's closed form, checked against the numerical one in tango_case
        linear, constant = -b - c + (2 * n - b + c) * at, -c * at * (1 - at)
        share = np.maximum(0, (np.sqrt(np.maximum(0, linear * linear - 8 * n * constant)) - linear) / (4 * n))
        variance = n * (2 * share + at * (1 - at))
        top = b - c - n * at
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(variance > 0, top / np.sqrt(variance), np.where(top == 0, 0, np.sign(top) * np.inf))
    first, second = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    tables = first + second <= n
    as_large = tables & (z(first, second) >= z(b, c) - 1e-12 * (1 + abs(z(b, c))))
    largest = 0.0
    for angle in np.linspace(np.arcsin(np.sqrt(low)), np.arcsin(np.sqrt(high)), 48):
        share = np.sin(angle) ** 2
        other = min(max(0, share + at), 1 - share)
        mass = stats.multinomial.pmf(np.stack([first, second, n - first - second], -1)[as_large], n, [other, share, max(0, 1 - other - share)])
        largest = max(largest, mass.sum())
    return {"only_first": b, "only_second": c, "rows": n, "at": at, "p": min(1.0, largest + doubt)}


def power_case(n, discordant, difference, alpha):
    win, total = (discordant + difference) / (2 * discordant), 0.0
    for d in range(n + 1):
        mass = stats.binom.pmf(d, n, discordant)
        wins = np.arange(d + 1)
        refused = wins[stats.binom.sf(wins - 1, d, 0.5) <= alpha]
        if mass > 1e-18 and len(refused):
            total += mass * stats.binom.sf(refused[0] - 1, d, win)
    return {"rows": n, "discordant": discordant, "difference": difference, "alpha": alpha, "power": total}


def e_case(wins, losses, ties=0, border=0):
    """An even mixture of bets; where the border is not 0, of a thousand."""
    if border == 0:
        value = integrate.quad(lambda t: 2 * (2 * t) ** wins * (2 * (1 - t)) ** losses, 0.5, 1, epsabs=0, epsrel=1e-12, limit=500)[0]
        return {"wins": wins, "losses": losses, "ties": ties, "border": border, "log": np.log(value)}
    bets = (np.arange(1000) + 0.5) / 1000 / (1 + border)
    steps = [count * np.log(1 + bets * (outcome - border)) for outcome, count in ((1, wins), (-1, losses), (0, ties))]
    return {"wins": wins, "losses": losses, "ties": ties, "border": border, "log": special.logsumexp(sum(steps)) - np.log(1000)}


def bca_case(seed, size, statistic):
    sample = np.round(np.random.RandomState(seed).lognormal(size=size), 6)
    result = stats.bootstrap((sample,), statistic, n_resamples=199, method="BCa", vectorized=False, rng=np.random.default_rng(seed))
    jackknife = [statistic(np.delete(sample, i)) for i in range(size)]
    return {"estimate": statistic(sample), "replicates": result.bootstrap_distribution, "jackknife": jackknife,
            "low": result.confidence_interval.low, "high": result.confidence_interval.high}


def detectable_case(n, m, degrees, alpha):
    critical = stats.chi2.isf(alpha, degrees)
    noncentrality = optimize.brentq(lambda x: stats.ncx2.sf(critical, degrees, x) - 0.8, 1e-9, 1000, xtol=1e-12)
    return {"first": n, "second": m, "degrees": degrees, "alpha": alpha, "distance": np.sqrt(noncentrality * (n + m) / (n * m)) / 2}


def shift_case(seed, classes, rows, wanted):
    local = np.random.RandomState(seed)
    confusion = np.array([local.multinomial(200 + 50 * k, local.dirichlet(np.ones(classes) + 12 * np.eye(classes)[k])) for k in range(classes)])
    given = confusion / confusion.sum(axis=1, keepdims=True)
    predicted = local.multinomial(rows, np.asarray(wanted) @ given)
    shares = np.clip(np.linalg.solve(given.T, predicted / rows), 0, None)
    prior = local.dirichlet(np.ones(classes) * 5)
    probabilities = np.round(local.dirichlet(np.ones(classes) / 2, size=40), 6).astype(np.float32).astype(float)
    q = prior.copy()
    for _ in range(100000):
        weighted = probabilities * (q / prior)
        again = (weighted / weighted.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(again - q).max() < 1e-14:
            break
        q = again
    return {"confusion": confusion, "predicted": predicted, "shares": shares / shares.sum(), "prior": prior, "probabilities": probabilities, "mlls": q}


def categories_case():
    k = int(rng.randint(2, 12))
    table = np.array([rng.multinomial(rng.randint(20, 3000), rng.dirichlet(np.ones(k) * 3)) for _ in range(2)])
    table = table[:, table.sum(axis=0) > 0]
    found = stats.chi2_contingency(table, correction=False)
    return {"first": table[0], "second": table[1], "statistic": found.statistic, "p": found.pvalue}


def ks_case(n, m):
    a, b = rng.permutation(n + m)[:n], None
    b = np.setdiff1d(np.arange(n + m), a)
    found = stats.ks_2samp(a, b, method="exact")
    first = np.isin(np.arange(n + m), a).astype(int)
    return {"first": first, "second": 1 - first, "statistic": found.statistic, "p": found.pvalue}


def wilson_case():
    n = int(rng.randint(1, 5000))
    k = int(rng.randint(0, n + 1))
    level = float(rng.choice([0.8, 0.9, 0.95, 0.99]))
    interval = stats.binomtest(k, n).proportion_ci(level, method="wilson")
    return {"successes": k, "trials": n, "confidence": level, "low": interval.low, "high": interval.high}


def mcnemar_case():
    b, c = int(rng.randint(0, 400)), int(rng.randint(0, 400))
    return {"only_first": b, "only_second": c, "two_sided": stats.binomtest(b, b + c).pvalue if b + c else 1.0,
            "first_worse": stats.binom.cdf(b, b + c, 0.5)}


save("inference", {
    "scipy": scipy.__version__,
    "wilson": [wilson_case() for _ in range(20)],
    "mcnemar": [mcnemar_case() for _ in range(20)],
    "tango": [tango_case() for _ in range(12)],
    "exact_tango": [exact_tango_case(*case) for case in [(0, 0, 52, -0.05), (3, 4, 60, -0.1), (10, 4, 120, 0.02), (2, 9, 200, -0.02), (25, 12, 150, 0.01), (8, 52, 60, -0.01)]],
    "power": [power_case(*case) for case in [(500, 0.08, 0.01, 0.05), (1000, 0.08, 0.01, 0.05), (2000, 0.08, 0.01, 0.05), (300, 0.3, 0.1, 0.01),
                                              (60, 0.5, 0.2, 0.05), (200, 0.02, 0.02, 0.05), (1000, 0.1, 0.0, 0.05)]],
    "e_values": [e_case(*case) for case in [(0, 0), (5, 1), (1, 5), (40, 20), (120, 95), (300, 299), (0, 0, 300, -0.01), (12, 14, 174, -0.05),
                                                     (40, 45, 915, -0.02), (60, 20, 920, 0.02), (400, 300, 9300, 0.01)]],
    "bca": [bca_case(1, 30, np.mean), bca_case(2, 25, np.median), bca_case(3, 40, np.std)],
    "detectable": [detectable_case(*case) for case in [(1000, 1000, 2, 0.05), (200, 5000, 19, 0.01), (50, 50, 1, 0.05), (20000, 20000, 49, 0.05)]],
    "label_shift": [shift_case(1, 2, 500, [0.8, 0.2]), shift_case(2, 3, 1000, [0.1, 0.1, 0.8]), shift_case(3, 5, 4000, [0.02, 0.3, 0.3, 0.3, 0.08])],
    "categories": [categories_case() for _ in range(15)],
    "kolmogorov_smirnov": [ks_case(*case) for case in [(12, 15), (40, 60), (80, 100), (7, 90)]],
    "benjamini_hochberg": [{"p": p, "adjusted": stats.false_discovery_control(p)} for p in (rng.beta(0.5, 2, size=size) for size in (1, 4, 30))],
})
