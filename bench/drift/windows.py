#!/usr/bin/env python3
"""Windows of real rows, as they are and with known shifts, and the pipelines that check them.

usage: windows.py DATA FOLDER NULLS SEEDS ROWS...      e.g. windows.py ../shared/data work 20 3 500 1500

DATA holds airline/, uci_sentences/ and sentiment140/ of shared/data. The airline model learns from half of the tweets before 23 February 2015; for each
seed a reference of so many ROWS and a window of as many of each kind below are drawn from the other half, which share no tweet. Where nothing changes
there are NULLS seeds, of every shift SEEDS. Writes FOLDER/windows/SIZE-KIND-SEED.csv, FOLDER/pipeline.yaml with a stage `check-SIZE-KIND-SEED` each,
FOLDER/checks.csv (check, reference, window), and FOLDER/MODEL.csv (set, text) with what each model is asked about, for the peer.
"""
import csv
import os
import random
import sys

LATER = "2015-02-23"  # of tweets from then on the model knows nothing
STEPS = "[decode_html, strip_urls, lowercase]"


def rows_of(path, **options):
    with open(path, newline="", **options) as file:
        yield from csv.reader(file)


def airline(folder):
    """(early, later): distinct tweets as (text, label, reason of complaint)."""
    lines = rows_of(os.path.join(folder, "airline", "Tweets.csv"), encoding="utf-8")
    at = {name: place for place, name in enumerate(next(lines))}
    early, later, seen = [], [], set()
    for line in lines:
        text = line[at["text"]]
        if text in seen:
            continue
        seen.add(text)
        row = (text, line[at["airline_sentiment"]], line[at["negativereason"]])
        (later if line[at["tweet_created"]] >= LATER else early).append(row)
    return early, later


def sentences(folder, name):
    labels = {"0": "negative", "1": "positive"}
    with open(os.path.join(folder, "uci_sentences", name + "_labelled.txt"), encoding="utf-8") as file:
        pairs = [line.rstrip("\n").rsplit("\t", 1) for line in file if line.strip()]
    return [(text.strip(), labels[label], "") for text, label in pairs]


def tweets(folder, name):
    labels = {"0": "negative", "4": "positive"}
    return [(line[5], labels[line[0]], "") for line in rows_of(os.path.join(folder, "sentiment140", name), encoding="latin-1") if line[5].strip()]


def sample(chance, rows, count):
    return chance.sample(rows, min(count, len(rows)))


def negatives(chance, rows, count, share):
    """As many rows, of which this share is negative; the others as they come."""
    bad = [row for row in rows if row[1] == "negative"]
    good = [row for row in rows if row[1] != "negative"]
    return sample(chance, bad, round(count * share)) + sample(chance, good, count - round(count * share))


def topic(chance, rows, count):
    """The same share of complaints, but all of them are about flights late or cancelled."""
    bad = sum(row[1] == "negative" for row in rows) / len(rows)
    return negatives(chance, [row for row in rows if row[1] != "negative" or row[2] in ("Late Flight", "Cancelled Flight")], count, bad)


def typos(chance, rows, share):
    """This share of the letters replaced, left out, doubled or exchanged with the next."""

    def spoilt(text):
        out, at = [], 0
        while at < len(text):
            here = text[at]
            if here.isalpha() and chance.random() < share:
                way = chance.randrange(4)
                if way == 0:
                    out.append(chance.choice("abcdefghijklmnopqrstuvwxyz"))
                elif way == 2:
                    out.append(here + here)
                elif way == 3 and at + 1 < len(text):
                    out.append(text[at + 1] + here)
                    at += 1
            else:
                out.append(here)
            at += 1
        return "".join(out)

    return [(spoilt(row[0]) or row[0], *row[1:]) for row in rows]


def kinds(chance, rest, later, others, count):
    """name -> rows. `rest`: what the reference left."""
    share = sum(row[1] == "negative" for row in rest) / len(rest)
    here = sample(chance, rest, count)
    return {
        "none": here,
        "labels-5": negatives(chance, rest, count, share - 0.05),
        "labels-20": negatives(chance, rest, count, share - 0.2),
        "typos-2": typos(chance, here, 0.02),
        "typos-10": typos(chance, here, 0.1),
        "topic": topic(chance, rest, count),
        "cut-40": [(row[0][:40], *row[1:]) for row in here],
        "later": sample(chance, later, count),
        **{name: sample(chance, rows, count) for name, rows in others.items()},
    }


def write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "label"])
        writer.writerows((text, label) for text, label, _ in rows)


def main():
    data, folder = sys.argv[1:3]
    nulls, seeds, *sizes = [int(number) for number in sys.argv[3:]]
    os.makedirs(os.path.join(folder, "windows"), exist_ok=True)
    early, later = airline(data)
    random.Random(1).shuffle(early)
    learn, held = early[: len(early) // 2], early[len(early) // 2 :]
    others = {name: sentences(data, file) for name, file in (("amazon", "amazon_cells"), ("imdb", "imdb"), ("yelp", "yelp"))}
    shuffled, head = tweets(data, "sample_10k_shuffled.csv"), tweets(data, "first_10k_negative.csv")
    known = {row[0] for row in head}
    random.Random(1).shuffle(shuffled)
    # What the two have in common is in neither window: it is learned from.
    split = [row for row in shuffled if row[0] in known] + [row for row in shuffled if row[0] not in known]
    learned = {row[0] for row in split[:4000]}
    general = {"learn140": split[:4000], "shuffled140": split[4000:], "head140": [row for row in head if row[0] not in learned]}
    others["tweets"] = general["shuffled140"]

    windows, checks = {"learn": learn, **general}, []
    for size in sizes:
        for seed in range(1, max(nulls, seeds) + 1):
            chance = random.Random(f"{size} {seed}")
            chance.shuffle(held)
            reference = f"{size}-reference-{seed}"
            windows[reference] = held[:size]
            for kind, rows in kinds(chance, held[size:], later, others, size).items():
                if seed > (nulls if kind == "none" else seeds):
                    continue
                name = f"{size}-{kind}-{seed}"
                windows[name] = rows
                checks.append((name, "fit", reference, name))
    half = len(general["shuffled140"]) // 2
    windows["first140"], windows["second140"] = general["shuffled140"][:half], general["shuffled140"][half:]
    checks += [("shuffled", "fit140", "first140", "second140"), ("head", "fit140", "first140", "head140")]

    for name, rows in windows.items():
        write(os.path.join(folder, "windows", name + ".csv"), rows)
    with open(os.path.join(folder, "checks.csv"), "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows((name, reference, window) for name, _, reference, window in checks)
    for model in ("fit", "fit140"):
        used = {name for _, other, *names in checks if other == model for name in names}
        with open(os.path.join(folder, f"{model}.csv"), "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["set", "text"])
            writer.writerows((name, row[0]) for name in windows if name in used for row in windows[name])
    with open(os.path.join(folder, "pipeline.yaml"), "w", encoding="utf-8") as file:
        file.write("apiVersion: mlopsctl/v1\nname: real-drift\nseed: 1\ninputs:\n")
        for name in windows:
            file.write(f"  {name}: {{path: windows/{name}.csv, text: text, label: label}}\n")
        file.write("stages:\n")
        for name in windows:
            file.write(f"  rows-{name}: {{kind: preprocess, inputs: [{name}], steps: {STEPS}, on_bad_row: reject, checks: {{leakage: ignore}}}}\n")
        for model, learned in (("fit", "learn"), ("fit140", "learn140")):
            file.write(f"  {model}: {{kind: train, inputs: [rows-{learned}], model: {{type: linear-svm, ngrams: [1, 2], weighting: tfidf, sublinear_tf: true, c: 0.5}}}}\n")
        for name, model, reference, window in checks:
            file.write(f"  check-{name}: {{kind: drift-check, inputs: [{model}, rows-{reference}, rows-{window}]}}\n")


if __name__ == "__main__":
    main()
