"""expected/tiny_bert/: a random BERT for 3 labels as transformers and torch save it, in every form that stages/weights reads, and its logits.

With --check FOLDER: loads a folder that mlopsctl wrote as BertForSequenceClassification and holds its logits to those."""

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", CUDA_VISIBLE_DEVICES="")
import torch  # noqa: E402
import transformers  # noqa: E402
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification  # noqa: E402

HERE = Path(__file__).resolve().parent / "expected" / "tiny_bert"
LABELS = ["negative", "neutral", "positive"]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"!?,.", "the", "a", "flight", "was", "late", "good", "bad", "not", "##s", "##ed", "crew"]
IDS = [[2, 9, 11, 12, 13, 3, 0, 0], [2, 9, 19, 12, 16, 15, 8, 3]]


class Payload:
    """Loads as the exit code of a command."""

    def __reduce__(self):
        return os.system, ("touch payload-ran",)


def logits(model):
    ids = torch.tensor(IDS)
    with torch.no_grad():
        return model.eval()(input_ids=ids, attention_mask=(ids != 0).long()).logits.tolist()


def make():
    torch.manual_seed(1)
    config = BertConfig(vocab_size=len(WORDS), hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, max_position_embeddings=16,
                        initializer_range=0.5, id2label=dict(enumerate(LABELS)), label2id={label: i for i, label in enumerate(LABELS)})
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "LayerNorm" in name or name.endswith("bias"):
                weight.add_(torch.randn_like(weight) * 0.1)
    shutil.rmtree(HERE, ignore_errors=True)
    model.save_pretrained(HERE)
    (HERE / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    (HERE / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True, "tokenizer_class": "BertTokenizer"}) + "\n")

    state = model.state_dict()
    torch.save(state, HERE / "pytorch_model.bin")
    torch.save({name: torch.nn.Parameter(value.half()) for name, value in state.items()}, HERE / "half.bin")
    # Names and buffers as in the checkpoints of 2019, no prefix, everything a view of one storage, one matrix transposed.
    old, flat, at = {}, torch.cat([value.flatten() for value in state.values()]).bfloat16(), 0
    for name, value in state.items():
        name = name.removeprefix("bert.").replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        old[name] = flat[at:at + value.numel()].view(value.shape)
        at += value.numel()
    old["embeddings.position_ids"] = torch.arange(16).unsqueeze(0)
    old["pooler.dense.weight"] = old["pooler.dense.weight"].t().contiguous().t()
    torch.save(old, HERE / "old_names.bin")
    torch.save({}, HERE / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save({**state, "classifier.bias": Payload()}, HERE / "payload.bin")
    with tempfile.TemporaryDirectory() as folder:  # it does what it says, where it is let
        os.chdir(folder)
        torch.load(HERE / "payload.bin", weights_only=False)
        assert Path("payload-ran").exists()
    tensors = {name: {"shape": list(value.shape), "sum": value.double().sum().item(), "first": value.flatten()[0].item(), "last": value.flatten()[-1].item()}
               for name, value in state.items()}
    expected = {"torch": torch.__version__, "transformers": transformers.__version__, "logits": logits(model), "tensors": tensors}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def check(folder):
    model, report = BertForSequenceClassification.from_pretrained(folder, output_loading_info=True)
    for what, names in report.items():
        assert not names, f"{what}: {names}"
    assert model.config.id2label == dict(enumerate(LABELS)), model.config.id2label
    expected = json.loads((HERE / "expected.json").read_text())["logits"]
    worst = max(abs(a - b) for row, want in zip(logits(model), expected) for a, b in zip(row, want))
    assert worst <= 1e-6, f"logits differ by {worst}"
    tokens = AutoTokenizer.from_pretrained(folder)("The flight was late")["input_ids"]
    assert tokens == [2, 9, 11, 12, 13, 3], tokens


parser = argparse.ArgumentParser()
parser.add_argument("--data", type=Path, help="not used; all oracle scripts take it")
parser.add_argument("--check", type=Path, metavar="FOLDER")
args = parser.parse_args()
check(args.check) if args.check else make()
