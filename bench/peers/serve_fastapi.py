"""A model behind FastAPI, as its documentation has it. usage: serve_fastapi.py transformers FOLDER PORT | scikit-learn MODEL.joblib PORT
       serve_fastapi.py fit TRAIN.csv MODEL.joblib
"""

import sys
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

kind, source, target = sys.argv[1:]


def transformers_model():
    from transformers import pipeline
    classifier = pipeline("text-classification", model=source, tokenizer=source, truncation=True, max_length=128)

    def answer(text):
        best = classifier(text)[0]
        return best["label"], best["score"]
    return answer


def fit_scikit_learn():
    import joblib
    import pandas
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    rows = pandas.read_csv(source)
    joblib.dump(make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000)).fit(rows.text, rows.airline_sentiment), target)


def scikit_learn_model():
    import joblib
    model = joblib.load(source)

    def answer(text):
        shares = model.predict_proba([text])[0]
        best = shares.argmax()
        return model.classes_[best], float(shares[best])
    return answer


class Question(BaseModel):
    text: str


@asynccontextmanager
async def life(app):
    app.state.answer = transformers_model() if kind == "transformers" else scikit_learn_model()
    yield


app = FastAPI(lifespan=life)


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/predict")
def predict(question: Question):
    if not question.text.strip():
        raise HTTPException(status_code=400, detail="Text cannot be empty")
    sentiment, confidence = app.state.answer(question.text)
    return {"sentiment": sentiment, "confidence": confidence}


if kind == "fit":
    fit_scikit_learn()
else:
    uvicorn.run(app, host="127.0.0.1", port=int(target), log_level="error")
