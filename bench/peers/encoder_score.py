"""Scores a CSV file with a fine-tuned BERT folder; texts are tokens before the clock starts (but for `pipeline`, whose work that is).

usage: encoder_score.py pipeline|pipeline32|sorted|onnx FOLDER FILE.csv f32|bf16 ROWS LABELS_FILE
       encoder_score.py export FOLDER FILE.csv f32 0 FOLDER_FOR_ONNX
pipeline: transformers.pipeline as its documentation has it; pipeline32: with batch_size=32; sorted: batches of 2,048 tokens sorted by
length; onnx: the same in ONNX Runtime, with its optimizer for transformers.
Prints "rows/s VALUE" and "peak MEBIBYTES"; writes the label of each row into LABELS_FILE.
"""

import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["HF_HUB_OFFLINE"] = "1"

how, folder, path, precision, most, output = *sys.argv[1:5], int(sys.argv[5]), sys.argv[6]
with open(path, newline="", encoding="utf-8") as file:
    texts = [row["text"] for row in csv.DictReader(file)][:most]
found = [0] * len(texts)


def groups(tokens, budget=2048):
    order, group = sorted(range(len(tokens)), key=lambda i: -len(tokens[i])), []
    for i in order:
        if group and (len(group) + 1) * len(tokens[group[0]]) > budget:
            yield group
            group = []
        group.append(i)
    yield group


def padded(tokens, group):
    longest = max(len(tokens[i]) for i in group)
    return ([tokens[i] + [0] * (longest - len(tokens[i])) for i in group], [[1] * len(tokens[i]) + [0] * (longest - len(tokens[i])) for i in group])


def score(tokens, logits_of):
    cut = list(groups(tokens))
    for group in cut[:2]:
        logits_of(*padded(tokens, group))
    begin = time.perf_counter()
    for group in cut:
        for i, label in zip(group, logits_of(*padded(tokens, group)).argmax(-1)):
            found[i] = int(label)
    return len(tokens) / (time.perf_counter() - begin)


def torch_model():
    import torch
    from transformers import AutoModelForSequenceClassification
    return torch, AutoModelForSequenceClassification.from_pretrained(folder).eval()


def exported(target):
    torch, model = torch_model()
    import onnxruntime.transformers.optimizer as optimizer

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    model.set_attn_implementation("eager")  # the form that ONNX Runtime's optimizer knows and fuses
    ids = torch.randint(1, 1000, (2, 9))
    axes = {0: "rows", 1: "tokens"}
    torch.onnx.export(Logits().eval(), (ids, torch.ones_like(ids)), str(target / "plain.onnx"), input_names=["input_ids", "attention_mask"],
                      output_names=["logits"], dynamic_axes={"input_ids": axes, "attention_mask": axes}, dynamo=False)
    better = optimizer.optimize_model(str(target / "plain.onnx"), model_type="bert", num_heads=model.config.num_attention_heads,
                                      hidden_size=model.config.hidden_size)
    better.save_model_to_file(str(target / "model.onnx"))
    print("fused", better.get_fused_operator_statistics())


if how == "export":
    exported(Path(output))
    sys.exit()
if how.startswith("pipeline"):
    import torch
    from transformers import pipeline
    classify = pipeline("text-classification", model=folder, device="cpu", truncation=True, max_length=128, batch_size=32 if how == "pipeline32" else None,
                        dtype=torch.bfloat16 if precision == "bf16" else torch.float32)
    classify(texts[:64])
    begin = time.perf_counter()
    results = classify(texts)
    speed = len(texts) / (time.perf_counter() - begin)
    found = [int(each["label"].removeprefix("LABEL_")) for each in results]
else:
    from transformers import AutoTokenizer
    tokens = AutoTokenizer.from_pretrained(folder)(texts, truncation=True, max_length=128)["input_ids"]
    if how == "sorted":
        torch, model = torch_model()

        def logits_of(ids, mask):
            with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
                return model(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask)).logits

        speed = score(tokens, logits_of)
    else:
        import numpy
        import onnxruntime
        with tempfile.TemporaryDirectory() as target:
            # a process of its own, so that the peak is that of scoring
            subprocess.run([sys.executable, __file__, "export", folder, path, precision, "0", target], check=True)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = len(os.sched_getaffinity(0))
            session = onnxruntime.InferenceSession(f"{target}/model.onnx", options, providers=["CPUExecutionProvider"])
        speed = score(tokens, lambda ids, mask: session.run(None, {"input_ids": numpy.array(ids), "attention_mask": numpy.array(mask)})[0])
with open(output, "w", encoding="utf-8") as file:
    file.writelines(f"{label}\n" for label in found)
print(f"rows/s {speed:.1f}")
print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")
