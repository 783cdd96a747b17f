"""The same work as bench_tfidf_svm with pandas and scikit-learn. usage: tfidf_svm.py TRAIN TEST"""

import resource
import sys
import time

import pandas
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

begin = time.perf_counter()


def lap(step):
    global begin
    now = time.perf_counter()
    print(f"{step} {now - begin:.3f}")
    begin = now


train = pandas.read_csv(sys.argv[1], usecols=["text", "label"])
lap("read_train")
vectorizer = TfidfVectorizer(ngram_range=(1, 2))
rows = vectorizer.fit_transform(train.text)
lap("vectorize_train")
model = LinearSVC(random_state=0).fit(rows, train.label)
lap("fit")
test = pandas.read_csv(sys.argv[2], usecols=["text", "label"])
lap("read_test")
right = (model.predict(vectorizer.transform(test.text)) == test.label).mean()
lap("score")
print(f"terms {len(vectorizer.vocabulary_)}\naccuracy {right:.5f}\npeak_mib {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")
