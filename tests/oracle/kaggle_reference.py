"""kaggle_reference.json: the reference project's three models on the reconstructed Kaggle phrases, split with train_test_split."""

import re

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from common import arguments, read_kaggle, save, sha256_lines

DOMAIN_WORDS = ["film", "movie", "cinema", "theatre", "hollywood"]


def clean(text, stop_words):
    """Lower case; every character that is not a letter or white space becomes a space; stop words go."""
    letters = re.sub(r"[^a-z\s]", " ", text.lower())
    return " ".join(word for word in letters.split() if word not in stop_words)


def measure(name, reference, vectorizer, model, split):
    train, test, train_labels, test_labels = split
    matrix = vectorizer.fit_transform(train)
    predicted = model.fit(matrix, train_labels).predict(vectorizer.transform(test))
    accuracy = np.mean(predicted == np.array(test_labels))
    print(f"  {name}: {accuracy:.4f}, reference {reference}", flush=True)
    return {"name": name, "reference": reference, "accuracy": accuracy, "features": matrix.shape[1],
            "vocabulary_sha256": sha256_lines(sorted(vectorizer.get_feature_names_out())), "predicted_sha256": sha256_lines(predicted)}


data = arguments().data
texts, labels = read_kaggle(data / "movie_reviews/kaggle_train_reconstructed.tsv")
stop_words = set((data / "wordlists/nltk_stopwords_english.txt").read_text().split()) | set(DOMAIN_WORDS)
cleaned = [clean(text, stop_words) for text in texts]
split = train_test_split(cleaned, labels, random_state=42, test_size=0.33)
test_rows = [int(row) for row in train_test_split(np.arange(len(texts)), random_state=42, test_size=0.33)[1]]

save("kaggle_reference", {
    "rows": len(texts), "train_rows": len(split[0]), "test_rows": len(split[1]),
    "test_rows_sha256": sha256_lines(test_rows), "test_rows_first": test_rows[:20],
    "cleaning": "lower case, every character but a-z and white space to a space, NLTK stop words and domain_words dropped",
    "domain_words": DOMAIN_WORDS, "cleaned_sha256": sha256_lines(cleaned), "cleaned_empty": sum(not text for text in cleaned),
    "note": "reference: the figures of the reference project on Kaggle's own file, of which this data set is a reconstruction. "
            "svc: LinearSVC with C=1, squared hinge, tol 1e-4, dual unless there are fewer features than rows.",
    "models": [
        measure("svc_counts_1_3", 0.6405, CountVectorizer(ngram_range=(1, 3)), LinearSVC(random_state=0, max_iter=10_000), split),
        measure("svc_tfidf_1_3", 0.6407, TfidfVectorizer(ngram_range=(1, 3)), LinearSVC(random_state=0, max_iter=10_000), split),
        measure("nb_counts_1_3", 0.6023, CountVectorizer(ngram_range=(1, 3)), MultinomialNB(), split),
        measure("svc_tfidf_1_1", None, TfidfVectorizer(), LinearSVC(random_state=0, max_iter=10_000), split),
        measure("nb_counts_1_1", None, CountVectorizer(), MultinomialNB(), split),
    ],
})
