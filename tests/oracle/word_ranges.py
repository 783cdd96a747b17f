"""word_ranges.json: the code points that Python's \\w and \\s match, as [first, last]."""

import re
import sys
import unicodedata

from common import arguments, save

arguments()
word = re.compile(r"\w")
space = re.compile(r"\s")


def ranges(accept):
    found = []
    for code in range(sys.maxunicode + 1):
        if 0xD800 <= code <= 0xDFFF or not accept(chr(code)):
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def by_category(char):
    return char == "_" or unicodedata.category(char)[0] in "LN"


words = ranges(lambda char: word.fullmatch(char) is not None)
count = sum(last - first + 1 for first, last in words)
differs = ranges(lambda char: (word.fullmatch(char) is not None) != by_category(char))
assigned = ranges(lambda char: unicodedata.category(char) != "Cn")

save("word_ranges", {
    "note": "assigned: code points with a category other than Cn in this Unicode version; compare only these when "
            "the other side knows a newer Unicode. differs_from_L_or_N_or_underscore: where \\w is not simply that.",
    "word_count": count,
    "word": words,
    "space": ranges(lambda char: space.fullmatch(char) is not None),
    "differs_from_L_or_N_or_underscore": differs,
    "assigned": assigned,
})
