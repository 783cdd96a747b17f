"""The peer of bench/accuracy, and its arithmetic.

encoder_accuracy.py train MODEL DATA cpu|cuda f32|bf16|auto SEED [ROWS]   fine-tunes with transformers and prints accuracies as one line of JSON:
    BertForSequenceClassification (pooler, dropout of its config), f32 or autocast to bf16 (also for auto), 3 epochs, AdamW with lr 5e-5 that falls to 0 in a straight line, 32 shuffled
    rows a batch padded to the longest, gradients clipped to norm 1, no weight decay: what transformers.Trainer does when told no more than that.
encoder_accuracy.py choose RESULTS                          the recipe with the highest mean validation accuracy
encoder_accuracy.py summary RESULTS CHOSEN                  per seed, means and 95 % intervals
encoder_accuracy.py stages RESULTS                          the same for every stage that judged, and for its champion
"""

import csv
import json
import math
import pathlib
import sys
import time


def read(path, rows):
    with open(path, newline="", encoding="utf-8") as file:
        all_rows = list(csv.DictReader(file))
    return all_rows[:rows] if rows else all_rows


def train(model_folder, data, device, precision, seed, rows=0):
    import os

    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from transformers import AutoTokenizer, BertForSequenceClassification, get_linear_schedule_with_warmup, set_seed

    batch, epochs = 32, 3
    halved = torch.autocast(device, dtype=torch.bfloat16, enabled=precision != "f32")
    set_seed(seed)
    splits = {name: read(f"{data}/{name}.csv", rows) for name in ("train", "val", "test")}
    labels = sorted({row["airline_sentiment"] for row in splits["train"]})
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model = BertForSequenceClassification.from_pretrained(model_folder, num_labels=len(labels)).to(device)

    def tensors(rows_of_batch):
        coded = tokenizer([row["text"] for row in rows_of_batch], truncation=True, max_length=128, padding=True, return_tensors="pt").to(device)
        return coded, torch.tensor([labels.index(row["airline_sentiment"]) for row in rows_of_batch], device=device)

    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5, weight_decay=0.0)
    steps = epochs * math.ceil(len(splits["train"]) / batch)
    schedule = get_linear_schedule_with_warmup(optimizer, 0, steps)
    generator = torch.Generator().manual_seed(seed)
    begin = time.perf_counter()
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(splits["train"]), generator=generator).tolist()
        for at in range(0, len(order), batch):
            coded, given = tensors([splits["train"][i] for i in order[at : at + batch]])
            with halved:
                loss = model(**coded, labels=given).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
    seconds = time.perf_counter() - begin
    model.eval()

    def accuracy(split):
        ordered, right = sorted(split, key=lambda row: len(row["text"])), 0
        with torch.no_grad(), halved:
            for at in range(0, len(ordered), 128):
                coded, given = tensors(ordered[at : at + 128])
                right += (model(**coded).logits.argmax(-1) == given).sum().item()
        return right / len(split)

    print(json.dumps({"validation": accuracy(splits["val"]), "test": accuracy(splits["test"]), "rows": len(splits["test"]), "seconds": seconds}))


# Student's t, two-sided 95 %, for 1..30 degrees of freedom.
T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
       2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042]


def t95(degrees):
    return T95[min(30, max(1, math.floor(degrees))) - 1]


def mean_of(values):
    return sum(values) / len(values)


def variance_of(values):
    return sum((v - mean_of(values)) ** 2 for v in values) / (len(values) - 1)


def interval(values):
    """Half the width of the mean's 95 % interval over seeds."""
    return t95(len(values) - 1) * math.sqrt(variance_of(values) / len(values)) if len(values) > 1 else float("nan")


def load(folder):
    """{(recipe, what): {seed: (accuracy, rows)}}, `what` validation or test."""
    found = {}
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        recipe, seed, what, _ = path.name.rsplit(".", 3)
        result = json.loads(path.read_text(encoding="utf-8"))
        if what == "peer":
            for split in ("validation", "test"):
                found.setdefault((recipe, split), {})[int(seed)] = (result[split], result["rows"])
        else:
            accuracy = next((m["challenger"] for m in result.get("metrics", []) if m["metric"] == "accuracy" and m["stage"] == f"judge_{what}"), None)
            rows = next((m["challenger"] for m in result.get("metrics", []) if m["metric"] == "rows" and m["stage"] == f"judge_{what}"), None)
            if accuracy is not None:
                found.setdefault((recipe, what), {})[int(seed)] = (accuracy, rows)
    return found


def choose(folder):
    means = {recipe: mean_of([a for a, _ in seeds.values()]) for (recipe, what), seeds in load(folder).items() if what == "validation" and recipe != "transformers"}
    print(max(sorted(means), key=means.get) if means else "")


def line(name, seeds):
    values = [seeds[s][0] for s in sorted(seeds)]
    each = " ".join(f"{v:.4f}" for v in values)
    print(f"{name:<18} {mean_of(values):.4f} +- {interval(values):.4f}   {each}")
    return values


def summary(folder, chosen):
    found = load(folder)
    print("accuracy: mean over seeds +- half its 95 % interval (Student's t over seeds), then each seed")
    print("\nvalidation")
    recipes = sorted((r for r, what in found if what == "validation"), key=lambda r: -mean_of([a for a, _ in found[r, "validation"].values()]))
    for recipe in recipes:
        line(recipe, found[recipe, "validation"])
    print(f"\ntest (chosen on validation: {chosen})")
    test = {recipe: line(recipe, found[recipe, "test"]) for recipe in dict.fromkeys(("transformers", "same", chosen)) if (recipe, "test") in found}
    rows = next((rows for (_, what), seeds in found.items() if what == "test" for _, rows in seeds.values() if rows), None)
    for recipe in test if rows else ():
        mean = mean_of(test[recipe])
        print(f"{recipe}: with other test rows of this kind it would lie within +- {1.96 * math.sqrt(mean * (1 - mean) / rows):.4f} ({rows:.0f} rows)")
    if "transformers" in test:
        for recipe in (r for r in test if r != "transformers"):
            ours, theirs = test[recipe], test["transformers"]
            if min(len(ours), len(theirs)) < 2:
                continue
            a, b = variance_of(ours) / len(ours), variance_of(theirs) / len(theirs)
            degrees = (a + b) ** 2 / (a**2 / (len(ours) - 1) + b**2 / (len(theirs) - 1)) if a + b > 0 else 1  # Welch
            print(f"{recipe} - transformers: {mean_of(ours) - mean_of(theirs):+.4f} +- {t95(degrees) * math.sqrt(a + b):.4f}")


def stages(folder):
    found, rows = {}, None
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        seed = int(path.name.rsplit(".", 3)[1])
        for metric in json.loads(path.read_text(encoding="utf-8")).get("metrics", []):
            if metric["metric"] == "rows":
                rows = metric["challenger"]
            if metric["metric"] != "accuracy":
                continue
            found.setdefault(metric["stage"], {})[seed] = (metric["challenger"], None)
            if metric["champion"] is not None:
                found.setdefault(metric["stage"] + ", champion", {})[seed] = (metric["champion"], None)
    print("accuracy: mean over seeds +- half its 95 % interval (Student's t over seeds), then each seed")
    for stage in sorted(found):
        mean = mean_of(line(f"{stage:<24}", found[stage]))
        print(f"{'':<24} with other rows of this kind within +- {1.96 * math.sqrt(mean * (1 - mean) / rows):.4f} ({rows:.0f} rows)")


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "train":
        train(rest[0], rest[1], rest[2], rest[3], int(rest[4]), int(rest[5]) if len(rest) > 5 else 0)
    elif what == "choose":
        choose(rest[0])
    elif what == "stages":
        stages(rest[0])
    else:
        summary(rest[0], rest[1])
