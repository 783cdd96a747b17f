"""word_piece*.json: what Hugging Face's tokenizers make of hard texts, of every code point, and of all the data sets."""

import csv
import gzip
import hashlib
import io
import json
from array import array
from itertools import chain

import tokenizers
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from common import HERE, arguments, render
from torture_texts import TEXTS

args = arguments()
VOCABULARIES = {"uncased": True, "cased": False}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDPIECE_TEXTS = [
    "[CLS] hello [SEP]", "[cls] [Cls]", "a[MASK]b", "[MASK][MASK]", "[[MASK]]", "[UNK]", "[PAD", "x [SEP]", "[SEP] x", " [MASK] ", "é[MASK]é", "[MASK]\u0301a",
    "[\u0000MASK]", "##ing", "#", "##", "a##b", "unaffable", "Unaffable UNAFFABLE", "hypercholesterolemia", "antidisestablishmentarianism", "qqqqqqqq", "zzyzx",
    "c\u0327\u0301a", "c\u0301\u0327a", "\u1b05\u1b44\u1b34\u1b06", "\U0001d15f\U0001d165\U0001d16ea", "가각힣", "\uac01b",
    "x\u302f\u0323\u302ez", "\u0344\u0323a", "\u1fefb", "a\u037eb\u0387c", "\u2260=\u0338", "\ufa0e\ufa10", "\U0002f800x", "\u212b\u2126\u212a", "K\u0327", "\u0130x\u0130", "\u1e9e\u00df",
    "\U0002b820\U0002b91f\U0002b920", "\u9fff\ua000", "\x0b\x0c\x1c\x85x", "a\x0bb a\x85b a\u2028b a\u3000b", "a\tb\nc\rd", "\x7f\x80\x9f", "don't. stop... $5.00 @user #tag http://t.co/a_b?c=d&e",
]
# Each a list of (text, how often).
LONG_TEXTS = [
    [("a", 99)], [("a", 100)], [("a", 101)], [("\u00e9", 100)], [("\u00e9", 101)], [("e\u0301", 101)], [("\U0001f600", 101)], [("a\u0000", 101)], [("a", 63)], [("a", 64)],
    [("a", 65), (" b", 1)], [("b", 127), (" c", 1)], [("x", 2047), (" y", 1)], [("x", 2048), (" y", 1)], [("x", 2049), (" y", 1)], [("y ", 1), ("x", 2046), (".z", 1)],
    [("\u00e9 ", 1), ("x", 2100), ("\u00e9 z", 1)], [("a b ", 511), ("internationalization", 1)], [("a b ", 511), ("a\u00e9 internationalization", 1)], [("ab, ", 512), ("\u00e9", 1)],
    [("\u4e2d", 3000)], [("\u4e2d\u0301", 4000), ("x", 1)], [("\u00e9", 3000), (" x", 1)], [("na\u00efve ", 400)], [("\u00a0caf\u00e9", 5000)], [("unaffable\u3000", 1500), ("[MASK]y", 3)],
]
DATA_FOLDERS = ["airline", "imdb", "movie_reviews", "sentiment140", "tagging", "uci_sentences", "vocab", "wordlists", "wordsim"]
ENDINGS = (".csv", ".tsv", ".txt", ".gz", ".neg", ".pos", ".conll", ".conllu", ".bio", ".iob2")
SURROGATES = range(0xD800, 0xE000)


class Digest:
    """SHA-256 of little-endian 32-bit numbers, each list followed by one of all bits set."""

    def __init__(self):
        self.hash = hashlib.sha256()

    def add(self, numbers):
        self.hash.update(array("i", chain(numbers, (-1,))).tobytes())

    def __str__(self):
        return self.hash.hexdigest()


def flat(offsets):
    return chain.from_iterable(offsets)


def steps(**wanted):
    every = dict.fromkeys(("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"), False)
    return BertNormalizer(**(every | wanted))


STEPS = {
    "none": {},
    "clean": {"clean_text": True},
    "ideographs": {"handle_chinese_chars": True},
    "strip": {"strip_accents": True},
    "lower": {"lowercase": True},
    "cased": {"clean_text": True, "handle_chinese_chars": True},
    "uncased": {"clean_text": True, "handle_chinese_chars": True, "strip_accents": True, "lowercase": True},
    "lower_accents": {"clean_text": True, "handle_chinese_chars": True, "lowercase": True},
}


def make(vocabulary, normalizer, special=SPECIAL):
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.add_special_tokens([token for token in special if token in vocabulary])
    return tokenizer


def read_vocabulary(casing):
    lines = (args.data / f"vocab/bert-base-{casing}-vocab.txt").read_text(encoding="utf-8").split("\n")
    return {line.rstrip(): id for id, line in enumerate(lines[:-1])}


def encode(tokenizer, texts):
    return tokenizer.encode_batch(texts, add_special_tokens=False)


def texts_of(path):
    """The column `text` of a CSV file of airline or imdb; the lines of any other, as latin-1 where a line is not UTF-8."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    if path.suffix == ".csv" and path.parent.name in ("airline", "imdb"):
        return [row["text"] for row in csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))]
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    texts = []
    for line in lines:
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            texts.append(line.decode("latin-1"))
    return texts


def of_data(models):
    files = {}
    for folder in DATA_FOLDERS:
        for path in sorted((args.data / folder).rglob("*")):
            if not path.name.endswith(ENDINGS):
                continue
            texts = texts_of(path)
            entry = {"texts": len(texts)}
            for name, model in models.items():
                ids, offsets, count = Digest(), Digest(), 0
                for begin in range(0, len(texts), 2000):
                    for encoding in encode(model, texts[begin:begin + 2000]):
                        ids.add(encoding.ids)
                        offsets.add(flat(encoding.offsets))
                        count += len(encoding.ids)
                entry[name] = {"tokens": count, "ids": str(ids), "offsets": str(offsets)}
            files[str(path.relative_to(args.data))] = entry
            print(path, entry["texts"], flush=True)
    return files


def of_hard_texts(models):
    texts = TEXTS + WORDPIECE_TEXTS
    long_texts = ["".join(text * count for text, count in parts) for parts in LONG_TEXTS]
    cases, digests = [{"text": text} for text in texts], {}
    for name, model in models.items():
        offsets, ids = Digest(), Digest()
        for i, encoding in enumerate(encode(model, texts + long_texts)):
            ids.add(encoding.ids)
            offsets.add(flat(encoding.offsets))
            if i < len(texts):
                cases[i][name] = encoding.ids
        digests[name] = {"ids": str(ids), "offsets": str(offsets)}
    return {"digests": digests, "cases": cases, "long": LONG_TEXTS}


def of_code_points():
    """Every code point between letters, and among marks that it may change places with: normalised, the words it makes and their pieces."""
    result = {}
    unknown = {token: id for id, token in enumerate(SPECIAL)}
    letters = unknown | {letter: len(unknown) + i for i, letter in enumerate(["a", "b", "##b", "##i", "##\u0307"])}
    for name, wanted in STEPS.items():
        normalizer = steps(**wanted)
        normalized, words, pieces = hashlib.sha256(), Digest(), Digest()
        model, spelling = make(unknown, normalizer), make(letters, normalizer)
        whole = name in ("none", "cased", "uncased")
        for begin in range(0, 0x110000, 4096):
            block = [chr(code) for code in range(begin, begin + 4096) if code not in SURROGATES]
            among = "".join("a\u302e" + char + "\U0001d165b " for char in block)
            between = "".join("a" + char + "b " for char in block)
            normalized.update(normalizer.normalize_str(among).encode("utf-8"))
            if whole:
                for encoding in encode(model, [among, between]):
                    words.add(flat(encoding.offsets))
                [encoding] = encode(spelling, [between])
                pieces.add(encoding.ids)
                pieces.add(flat(encoding.offsets))
        result[name] = {"normalized": normalized.hexdigest()}
        if whole:
            result[name] |= {"words": str(words), "pieces": str(pieces)}
        print(name, flush=True)
    return result


def of_added_tokens():
    """Tokens with every option, in small vocabularies."""
    texts = ["", "x", "xnew", "new", "New NEW new", "a new  b", "anew newb", "new-new", "é new\u3000\u2003b", "new\u0301", "a new_ b", "newnewer newest", "a \t<m>  b", "a<m>b", "<m> <m>", " <m>",
             "<m> ", "a\u00a0<M> <m>", "caf\u00e9 CAFE cafe\u0301s", "<m>new<m>", "new <m> new", "a  <m>", "\u24b6new", "new\u200d", "1new new1", "a b c new", "<m", "ne", "newe", "new york", "New  York new york",
             "\u00a0new york\u00a0"]
    base = {token: id for id, token in enumerate(SPECIAL + ["a", "b", "x", "new", "##e", "##b", "caf", "cafe", "##s", "-", "<", "m", ">", "york", "1"])}
    options = {
        "plain": [AddedToken("new", normalized=False)],
        "single_word": [AddedToken("new", normalized=False, single_word=True)],
        "strip": [AddedToken("<m>", normalized=False, lstrip=True, rstrip=True), AddedToken("new", normalized=False, lstrip=True)],
        "normalized": [AddedToken("New", normalized=True), AddedToken("caf\u00e9", normalized=True), AddedToken("<m>", normalized=True, lstrip=True)],
        "normalized_single": [AddedToken("new york", normalized=True, single_word=True, rstrip=True), AddedToken("newer", normalized=True), AddedToken("new", normalized=False, single_word=True)],
        "longest": [AddedToken("new", normalized=False), AddedToken("newer", normalized=False), AddedToken("newe", normalized=False), AddedToken("w", normalized=False)],
    }
    result = []
    for name, added in options.items():
        model = make(base, BertNormalizer(lowercase=True))
        model.add_tokens(added)
        encodings = encode(model, texts)
        result.append({"name": name, "tokenizer": json.loads(model.to_str()), "ids": [e.ids for e in encodings], "offsets": [[list(o) for o in e.offsets] for e in encodings]})
    return {"texts": texts, "options": result}


def write(name, content):
    head = {"made_by": "word_piece.py", "tokenizers": tokenizers.__version__,
            "digest_note": "sha256 of little-endian int32; each text's ids, or its offsets' begins and ends, are followed by -1"}
    path = HERE / "expected" / f"{name}.json"
    path.write_text(render(head | content) + "\n", encoding="utf-8")
    print(f"{path.name}: {path.stat().st_size} bytes", flush=True)


models = {casing: make(read_vocabulary(casing), BertNormalizer(lowercase=lower)) for casing, lower in VOCABULARIES.items()}
write("word_piece", {"hard_texts": of_hard_texts(models), "added_tokens": of_added_tokens()})
write("word_piece_code_points", {"steps": of_code_points()})
write("word_piece_data", {"files": of_data(models)})
