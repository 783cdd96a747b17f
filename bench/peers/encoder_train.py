"""Fine-tunes a BERT folder on a CSV file with transformers; texts are tokens before the clock starts.

usage: encoder_train.py trainer|sorted FOLDER FILE.csv LABEL_COLUMN f32|bf16 ROWS
trainer: transformers.Trainer as its documentation has it, 32 rows a batch, padded to the longest of the batch.
sorted: a loop by hand: batches of 2,048 tokens over windows sorted by length, PyTorch's scaled dot product attention, fused AdamW.
Prints "rows/s VALUE", "loss VALUE" and "peak MEBIBYTES".
"""

import csv
import os
import random
import resource
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
from transformers import (AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding,  # noqa: E402
                          Trainer, TrainingArguments, logging)

how, folder, path, column, precision, most = *sys.argv[1:6], int(sys.argv[6])
logging.set_verbosity_error()
with open(path, newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
labels = sorted({row[column] for row in rows})
rows = rows[:most]
tokenizer = AutoTokenizer.from_pretrained(folder)
tokens = tokenizer([row["text"] for row in rows], truncation=True, max_length=128)["input_ids"]
data = [{"input_ids": ids, "labels": labels.index(row[column])} for ids, row in zip(tokens, rows)]
torch.manual_seed(1)
model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(labels))


def groups(budget=2048):
    """As stages/finetune/batches.hpp: shuffled, windows of 64 batches sorted by length, cut by the padded size, shuffled."""
    order = list(range(len(data)))
    random.Random(1).shuffle(order)
    made = []
    while order:
        window, used = [], 0
        while order and used <= 64 * budget:
            window.append(order.pop())
            used += len(tokens[window[-1]])
        window.sort(key=lambda i: len(tokens[i]))
        group = []
        for i in window:
            if group and (len(group) + 1) * len(tokens[i]) > budget:
                made.append(group)
                group = []
            group.append(i)
        made.append(group)
    random.Random(2).shuffle(made)
    return made


if how == "trainer":
    arguments = TrainingArguments(output_dir="unused", per_device_train_batch_size=32, num_train_epochs=1, learning_rate=5e-5, use_cpu=True,
                                  bf16=precision == "bf16", save_strategy="no", logging_strategy="no", report_to="none", disable_tqdm=True)
    trainer = Trainer(model=model, args=arguments, train_dataset=data, data_collator=DataCollatorWithPadding(tokenizer), processing_class=tokenizer)
    outcome = trainer.train()
    speed, loss = len(data) / outcome.metrics["train_runtime"], outcome.training_loss
else:
    model.train()
    plain = [p for n, p in model.named_parameters() if n.endswith("bias") or "LayerNorm" in n]
    rest = [p for n, p in model.named_parameters() if not (n.endswith("bias") or "LayerNorm" in n)]
    optimizer = torch.optim.AdamW([{"params": rest, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=5e-5, fused=True)
    losses, seen, warm, begin = [], 0, 3, time.perf_counter()
    for number, group in enumerate(groups()):
        if number == warm:
            losses, seen, begin = [], 0, time.perf_counter()
        longest = max(len(tokens[i]) for i in group)
        ids = torch.tensor([tokens[i] + [0] * (longest - len(tokens[i])) for i in group])
        mask = torch.tensor([[1] * len(tokens[i]) + [0] * (longest - len(tokens[i])) for i in group])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            loss = model(input_ids=ids, attention_mask=mask, labels=torch.tensor([data[i]["labels"] for i in group])).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        seen += len(group)
    speed, loss = seen / (time.perf_counter() - begin), sum(losses) / len(losses)
print(f"rows/s {speed:.1f}")
print(f"loss {loss:.4f}")
print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")
