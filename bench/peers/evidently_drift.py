"""Evidently's drift report (its preset with its tests, nothing chosen by us) over texts with the labels and confidences that our model gave them.

usage: evidently_drift.py one REFERENCE.csv WINDOW.csv          one report; prints the seconds of each step
       evidently_drift.py many FOLDER CHECKS.csv OUT.json        a report for each check: name, reference, window
The files have the columns text, predicted and confidence. Evidently's shares of unknown words and its sentiment need a download at run time and are left out.
"""
import csv
import json
import os
import sys
import time

begin = time.perf_counter()
os.environ["DO_NOT_TRACK"] = "1"
import pandas  # noqa: E402
from evidently import DataDefinition, Dataset, Report  # noqa: E402
from evidently.presets import DataDriftPreset  # noqa: E402

imported = time.perf_counter()


def read(path):
    frame = pandas.read_csv(path, keep_default_na=False, usecols=["text", "predicted", "confidence"])
    frame["length"] = frame["text"].str.len()
    columns = DataDefinition(text_columns=["text"], categorical_columns=["predicted"], numerical_columns=["confidence", "length"])
    return Dataset.from_pandas(frame, data_definition=columns)


def report(reference, window):
    """{"columns": the drifted ones, "dataset": half of them or more}"""
    found = json.loads(Report([DataDriftPreset()], include_tests=True).run(window, reference).json())
    prefix = "Value Drift for column "
    failed = [test["name"] for test in found["tests"] if test["status"] == "FAIL"]
    known = [name for name in failed if name.startswith(prefix)]
    columns = sorted(name[len(prefix):] for name in known)
    methods = {each["config"]["column"]: each["config"]["method"] for each in found["metrics"] if "column" in each["config"]}
    return {"columns": columns, "dataset": len(failed) > len(known), "methods": methods}


def one(reference, window):
    first, second = read(reference), read(window)
    ready = time.perf_counter()
    found = report(first, second)
    done = time.perf_counter()
    print(json.dumps({"import": imported - begin, "read": ready - imported, "report": done - ready, **found}))


def many(folder, checks, out):
    found, references = {}, {}
    with open(checks, newline="", encoding="utf-8") as file:
        for name, reference, window in csv.reader(file):
            if reference not in references:
                references = {reference: read(os.path.join(folder, reference + ".csv"))}
            found[name] = report(references[reference], read(os.path.join(folder, window + ".csv")))
    with open(out, "w", encoding="utf-8") as file:
        json.dump(found, file)


if __name__ == "__main__":
    {"one": one, "many": many}[sys.argv[1]](*sys.argv[2:])
