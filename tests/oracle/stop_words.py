"""stop_words.json: scikit-learn's list behind stop_words='english'."""

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from common import arguments, save, sha256_lines

arguments()
words = sorted(ENGLISH_STOP_WORDS)
save("stop_words", {"count": len(words), "sha256": sha256_lines(words), "words": words})
