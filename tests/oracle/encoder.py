"""What transformers and torch make of one step: logits, loss, gradients (norms and samples) and the weights after AdamW, for tiny encoders
whose weights are a function of their names' order, and for MiniLM. Writes expected/encoder_*.json, which tests/unit/torch reads.

Runs in the environment of requirements-hf.txt."""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import transformers
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM, BertForSequenceClassification, BertModel

HERE = Path(__file__).resolve().parent
MINILM = HERE.parents[1] / "models/all-MiniLM-L6-v2"


def noise(number, count):
    """splitmix64 of (number << 32 | i), uniform in [-1, 1)."""
    x = (np.uint64(number) << np.uint64(32)) + np.arange(count, dtype=np.uint64)
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    return ((x >> np.uint64(40)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)).astype(np.float32)


class MeanPooled(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.bert = BertModel(config, add_pooling_layer=False)
        self.classifier = torch.nn.Linear(config.hidden_size, config.num_labels)

    def forward(self, input_ids, attention_mask):
        states = self.bert(input_ids, attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).float()
        return self.classifier((states * mask).sum(1) / mask.sum(1))


def parameters(model):
    """Distinct parameters by name; the tied decoder is the word embeddings."""
    skipped = ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")
    return {name: p for name, p in sorted(model.named_parameters()) if name not in skipped}


def fill(model, only=lambda name: True):
    for number, (name, p) in enumerate(parameters(model).items()):
        if only(name):
            values = torch.from_numpy(noise(number, p.numel())).reshape(p.shape)
            with torch.no_grad():
                p.copy_(1 + 0.5 * values if name.endswith("LayerNorm.weight") else 0.25 * values)


def samples(values):
    """The first and last element and two between."""
    flat = values.detach().reshape(-1).numpy()
    n = len(flat)
    return [float(flat[i]) for i in (0, n // 3, 2 * n // 3, n - 1)]


def describe(model, values):
    return {name: {"norm": float(v.detach().double().norm()), "samples": samples(v)} for name, v in values(parameters(model)).items()}


def one_case(model, texts, forward, loss, options):
    """options: what the C++ side is told."""
    model.eval()  # no dropout
    longest = max(map(len, texts))
    ids = torch.tensor([text + [0] * (longest - len(text)) for text in texts])
    mask = torch.tensor([[1] * len(text) + [0] * (longest - len(text)) for text in texts])
    logits = forward(model, ids, mask)
    value = loss(logits) * options["share"]
    value.backward()
    case = {"options": options, "texts": texts, "logits": [float(x) for x in logits.detach().reshape(-1)][:64], "loss": float(value)}
    case["gradients"] = describe(model, lambda all: {n: p.grad for n, p in all.items() if p.grad is not None})
    all = parameters(model)
    plain = lambda name: name.endswith("bias") or "LayerNorm" in name
    step = torch.optim.AdamW([{"params": [p for n, p in all.items() if not plain(n)], "weight_decay": 0.01},
                              {"params": [p for n, p in all.items() if plain(n)], "weight_decay": 0.0}], lr=options["lr"], eps=1e-8)
    for turn in range(2):
        if turn > 0:
            step.zero_grad()
            (loss(forward(model, ids, mask)) * options["share"]).backward()
        norm = torch.nn.utils.clip_grad_norm_(list(all.values()), options["clip"] if options["clip"] > 0 else float("inf"))
        if turn == 0:
            case["norm"] = float(norm)
        step.step()
    case["after"] = describe(model, lambda all: all)
    return case


def tiny(activation="gelu", labels=3):
    return BertConfig(vocab_size=60, hidden_size=24, num_hidden_layers=3, num_attention_heads=4, intermediate_size=40, max_position_embeddings=40, type_vocab_size=2,
                      hidden_act=activation, num_labels=labels, layer_norm_eps=1e-12, attn_implementation="eager")


def words(count, seed, below=60):
    random = np.random.RandomState(seed)
    return [[int(x) for x in random.randint(1, below, size=n)] for n in count]


def classify(model, ids, mask):
    return model(ids, attention_mask=mask).logits


def tiny_cases():
    texts, labels = words([5, 1, 37, 17, 8], 1), [0, 2, 1, 1, 2]
    cases = {}
    for name, activation, smoothing, weights, clip in (("cls", "gelu", 0.0, [], 0.0), ("gelu_new", "gelu_new", 0.1, [], 1.0), ("relu_weighted", "relu", 0.0, [0.5, 2.0, 1.5], 0.0),
                                                       ("smoothed_weighted", "gelu", 0.2, [0.5, 2.0, 1.5], 0.5), ("mean", "gelu", 0.0, [], 0.0)):
        torch.manual_seed(0)
        model = MeanPooled(tiny(activation)) if name == "mean" else BertForSequenceClassification(tiny(activation))
        fill(model)
        w = torch.tensor(weights) if weights else None
        loss = lambda logits, w=w, s=smoothing: F.cross_entropy(logits, torch.tensor(labels), weight=w, label_smoothing=s, reduction="sum")
        forward = (lambda m, ids, mask: m(ids, mask)) if name == "mean" else classify
        options = {"objective": "classify", "pooling": "mean" if name == "mean" else "cls", "activation": activation, "smoothing": smoothing, "weights": weights, "clip": clip,
                   "share": 0.25, "lr": 0.01, "labels": labels}
        cases[name] = one_case(model, texts, forward, loss, options)
    model = BertForMaskedLM(tiny())
    fill(model)
    model.tie_weights()
    longest, masked, truth, chosen = max(map(len, texts)), [0, 4, 6, 20, 42, 44, 59, 61, 67], [3, 9, 12, 59, 1, 30, 31, 2, 17], []
    starts = np.cumsum([0] + [len(t) for t in texts])
    for i in masked:
        text = int(np.searchsorted(starts, i, side="right")) - 1
        chosen.append(text * longest + i - int(starts[text]))

    def forward(model, ids, mask):
        return model(ids, attention_mask=mask).logits.reshape(-1, 60)[chosen]

    options = {"objective": "mlm", "pooling": "cls", "activation": "gelu", "smoothing": 0.0, "weights": [], "clip": 0.0, "share": 0.125, "lr": 0.01, "labels": truth, "positions": masked}
    cases["mlm"] = one_case(model, texts, forward, lambda logits: F.cross_entropy(logits, torch.tensor(truth), reduction="sum"), options)
    return cases


def minilm_case():
    texts = ["@united your gate agent was lovely, thank you!", "Late again. Third time this week, and nobody at the desk could tell us why.", "ok", "Flight 291 to Boston moved to gate B7?",
             "I have been on hold for two hours and forty minutes; I want a refund, not an apology, and I will never book with you again."]
    labels = [2, 0, 1, 1, 0]
    tokens = AutoTokenizer.from_pretrained(MINILM)(texts)["input_ids"]
    model = BertForSequenceClassification.from_pretrained(MINILM, num_labels=3, attn_implementation="eager")
    fill(model, only=lambda name: name.startswith("classifier"))
    options = {"objective": "classify", "pooling": "cls", "activation": "gelu", "smoothing": 0.0, "weights": [], "clip": 1.0, "share": 0.2, "lr": 5e-5, "labels": labels}
    return {"cls": one_case(model, tokens, classify, lambda logits: F.cross_entropy(logits, torch.tensor(labels), reduction="sum"), options)}


def write(name, cases):
    made = {"made_by": {"python": sys.version.split()[0], "torch": torch.__version__.split("+")[0], "transformers": transformers.__version__}, "cases": cases}
    rounded = json.loads(json.dumps(made), parse_float=lambda text: float(f"{float(text):.8g}"))
    (HERE / f"expected/encoder_{name}.json").write_text(json.dumps(rounded, separators=(",", ":"), sort_keys=True) + "\n")


torch.set_num_threads(1)
write("tiny", tiny_cases())
if MINILM.exists():
    write("minilm", minilm_case())
else:
    print(f"no {MINILM}: expected/encoder_minilm.json is left as it is", file=sys.stderr)
