"""tokens.json: what CountVectorizer's analyzer makes of the texts in torture_texts.py."""

from sklearn.feature_extraction.text import CountVectorizer

from common import arguments, save
from torture_texts import TEXTS

arguments()
unigrams = CountVectorizer(ngram_range=(1, 1), strip_accents=None).build_analyzer()
bigrams = CountVectorizer(ngram_range=(1, 2), strip_accents=None).build_analyzer()
save("tokens", {
    "config": {"lowercase": True, "token_pattern": r"(?u)\b\w\w+\b", "strip_accents": None},
    "count": len(TEXTS),
    "cases": [{"text": text, "ngrams_1_1": unigrams(text), "ngrams_1_2": bigrams(text)} for text in TEXTS],
})
