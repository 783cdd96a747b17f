"""lowercase.json: Python's str.lower(), which the vectoriser applies before it looks for tokens."""

import sys
import unicodedata

from common import arguments, save, sha256_lines

arguments()
SIGMA_WORDS = [
    "Σ", "ΣΣ", "ΑΣ", "ΣΑ", "ΑΣΑ", "ΟΔΟΣ", "ΟΔΥΣΣΕΥΣ", "ΣΟΦΟΣ", "Σίσυφος", "ΣΊΣΥΦΟΣ", "ΑΣ ΒΣ", "ΑΣ.", "ΑΣ.Β", "ΑΣ'", "ΑΣ'Β",
    "ΑΣ’Β", "ΑΣ-Β", "ΑΣ_Β", "ΑΣ1", "1Σ", "ΑΣΣ", "AΣ", "AΣB", "ΑΣ\u0301", "ΑΣ\u0301Β", "Α\u0301Σ", "Α\u0301ΣΒ", "\u0301Σ", ".Σ",
    "Α.Σ", "Α.Σ.", "Α:Σ", "Α·Σ", "Α\u00adΣ", "ΑΣ\u00ad", "ΑΣ\u00adΒ", "Α\u200dΣ", "ΑΣ\u200dΒ", "ΑΣ\u200bΒ", "ΑΣ\ufe0f", "中Σ", "Σ中",
    "ΑΣ中", "אΣ", "ΑΣא", "ªΣ", "ΑΣª", "ʰΣ", "ΑΣʰ", "ΑΣⅠ", "ⅠΣ", "ΑΣ\u0345", "\u0345Σ", "ΑΣ ", " Σ", "Α\u00a0Σ", "Σς", "ςΣ", "ΑςΣ",
    "ΑΣ^", "ΑΣ`Β", "ΑΣ\u2019", "ΑΣ!Β", "ΑΣ,Β", "ΑΣ;Β", "ΑΣ\u2024Β", "ΑΣ\uff0eΒ", "ΑΣ𝐀", "𐐀Σ", "ΑΣ𐐀", "ΜΑΪ́ΟΣ",
    "ΌΛΟΣ ΟΧΛΟΣ", "ΤΈΛΟΣ!ΑΡΧΉ", "ΛΌΓΟΣ/ΛΌΓΟΣ", "ΙΗΣΟΥΣ ΧΡΙΣΤΟΣ", "ΘΕΣΣΑΛΟΝΊΚΗΣ", "ΑΣ\U0001f600Β", "ΑΣ\u0000Β",
]

codes = [code for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
assigned = [code for code in codes if unicodedata.category(chr(code)) != "Cn"]
longer = [[code, [ord(char) for char in chr(code).lower()]] for code in codes if len(chr(code).lower()) > 1]

runs = []  # [first, last, step, delta]
for code in codes:
    lower = chr(code).lower()
    if len(lower) > 1 or lower == chr(code):
        continue
    delta = ord(lower) - code
    if runs and runs[-1][3] == delta:
        first, last, step, _ = runs[-1]
        if code - last in (1, 2) and (first == last or code - last == step):
            runs[-1] = [first, code, code - last, delta]
            continue
    runs.append([code, code, 1, delta])
table = {code: code + delta for first, last, step, delta in runs for code in range(first, last + 1, step)}
assert all(ord(chr(code).lower()) == table.get(code, code) for code in codes if len(chr(code).lower()) == 1)


def final(word):
    return word.lower().endswith("ς")


def ranges(accepted):
    found = []
    for code in accepted:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


cased = [code for code in codes if final(chr(code) + "Σ")]
ignorable = [code for code in codes if final("A" + chr(code) + "Σ") and not final(chr(code) + "Σ")]

save("lowercase", {
    "sha256_note": "over the UTF-8 of the lower case of each code point by itself, joined by line feeds, in order; "
                   "all: every code point 0..10FFFF but surrogates; assigned: only those of `assigned` in word_ranges.json",
    "sha256_all": sha256_lines(chr(code).lower() for code in codes),
    "sha256_assigned": sha256_lines(chr(code).lower() for code in assigned),
    "more_than_one": longer,
    "run_note": "[first, last, step, delta]: first, first+step, ..., last go to themselves + delta; all others stay",
    "changed_count": len(table),
    "runs": runs,
    "sigma_note": "U+03A3 becomes U+03C2 when, stepping over sigma_ignorable, the character before it is sigma_cased and "
                  "the one after it is not (or there is none); else U+03C3. Lists of [first, last].",
    "sigma_cased": ranges(cased),
    "sigma_ignorable": ranges(ignorable),
    "sigma_words": [[word, word.lower()] for word in SIGMA_WORDS],
})
