"""Hugging Face's tokenizers on the column `text` of a CSV file, best of several runs: wordpiece.py VOCAB.txt FILE [RUNS].

Prints "ids|offsets MEGABYTES_PER_CPU_SECOND TOKENS" (encode_batch_fast, which leaves offsets out, and encode_batch), "load MILLISECONDS TOKENS"
and "peak MEBIBYTES 0".
"""

import csv
import os
import resource
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

from tokenizers import BertWordPieceTokenizer  # noqa: E402  reads the two variables

vocabulary, path, runs = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 3
begin = time.process_time()
tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=True)._tokenizer
loading = time.process_time() - begin
csv.field_size_limit(1 << 30)
with open(path, newline="", encoding="utf-8") as file:
    texts = [row["text"] for row in csv.DictReader(file)]
megabytes = sum(len(text.encode("utf-8")) for text in texts) / 1e6
for name, encode in (("ids", tokenizer.encode_batch_fast), ("offsets", tokenizer.encode_batch)):
    best = 1e9
    for _ in range(runs):
        tokens = seconds = 0
        for start in range(0, len(texts), 256):
            begin = time.process_time()
            encodings = encode(texts[start:start + 256], add_special_tokens=False)
            seconds += time.process_time() - begin
            tokens += sum(len(encoding) for encoding in encodings)
        best = min(best, seconds)
    print(f"{name} {megabytes / best:.1f} {tokens}")
print(f"load {loading * 1e3:.1f} {tokenizer.get_vocab_size()}")
print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} 0")
