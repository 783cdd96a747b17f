#!/usr/bin/env python3
"""What mlopsctl and Evidently say of the windows that windows.py made.

usage: table.py split FOLDER MODEL.csv...            FOLDER/windows/NAME.csv again, with what `mlopsctl predict` added
       table.py show FOLDER RUN.json EVIDENTLY.json   the table; RUN.json is the last line of `mlopsctl run --json`
"""
import collections
import csv
import json
import os
import re
import sys

KINDS = {
    "none": "nothing changed",
    "labels-5": "5 points fewer negative",
    "labels-20": "20 points fewer negative",
    "typos-2": "typos in 2 % of the letters",
    "typos-10": "typos in 10 % of the letters",
    "topic": "complaints about flights late or cancelled only",
    "cut-40": "cut after 40 characters",
    "later": "tweets of 23 and 24 February",
    "amazon": "sentences about goods (amazon)",
    "imdb": "sentences about films (imdb)",
    "yelp": "sentences about restaurants (yelp)",
    "tweets": "tweets about anything (Sentiment140)",
}


def split(folder, *files):
    os.makedirs(os.path.join(folder, "scored"), exist_ok=True)
    for name in files:
        rows = collections.defaultdict(list)
        with open(name, newline="", encoding="utf-8") as file:
            for line in csv.DictReader(file):
                rows[line["set"]].append((line["text"], line["predicted"], line["confidence"]))
        for window, lines in rows.items():
            with open(os.path.join(folder, "scored", window + ".csv"), "w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows([("text", "predicted", "confidence"), *lines])


def counted(names, of):
    return ", ".join(f"{name} {count}" for name, count in sorted(names.items(), key=lambda pair: (-pair[1], pair[0])) if count) or f"none in {of}"


def show(folder, run, evidently):
    with open(run, encoding="utf-8") as file:
        verdicts = {verdict["stage"]: verdict["checks"] for verdict in json.load(file)["verdicts"]}
    with open(evidently, encoding="utf-8") as file:
        theirs = json.load(file)
    groups = collections.defaultdict(list)
    with open(os.path.join(folder, "checks.csv"), newline="", encoding="utf-8") as file:
        for check, _, _ in csv.reader(file):
            sized = re.fullmatch(r"(\d+)-(.+)-\d+", check)
            if sized:
                groups[int(sized[1]), sized[2]].append(check)
    print("| rows | what changed | windows | mlopsctl: alarm by a test | of these | its 70 % rule | Evidently: a column drifts | of these | data set drifts |")
    print("|---|---|---|---|---|---|---|---|---|")
    for (rows, kind), checks in sorted(groups.items(), key=lambda pair: (pair[0][0], list(KINDS).index(pair[0][1]))):
        ours, columns = collections.Counter(), collections.Counter()
        some = rule = any_column = whole = 0
        for check in checks:
            alarms = [each["name"] for each in verdicts["check-" + check] if each["outcome"] != "pass"]
            rule += "imbalance" in alarms
            alarms = [name for name in alarms if name != "imbalance"]
            ours.update(alarms)
            some += bool(alarms)
            found = theirs[check]
            columns.update(found["columns"])
            any_column += bool(found["columns"])
            whole += found["dataset"]
        of = len(checks)
        print(f"| {rows} | {KINDS[kind]} | {of} | {some} | {counted(ours, of)} | {rule} | {any_column} | {counted(columns, of)} | {whole} |")
    print()
    for check, what in (("shuffled", "Two halves of a shuffled sample of Sentiment140"), ("head", "The half against its first, all-negative rows")):
        alarms = [f"{each['name']} ({each['detail']})" for each in verdicts["check-" + check] if each["outcome"] != "pass"]
        columns = ", ".join(theirs[check]["columns"]) or "no column"
        print(f"- {what}: mlopsctl alarms for {'; '.join(alarms) or 'nothing'}. Evidently: {columns}.")
    methods = sorted({(rows, column, method) for (rows, _), checks in groups.items() for column, method in theirs[checks[0]]["methods"].items()})
    print("- Evidently's choice of methods: " + "; ".join(f"{rows} rows, {column}: {method}" for rows, column, method in methods) + ".")


if __name__ == "__main__":
    {"split": split, "show": show}[sys.argv[1]](*sys.argv[2:])
