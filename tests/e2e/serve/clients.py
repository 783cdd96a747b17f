"""Public clients against a running server: clients.py PORT DIGEST. Ends with 1 at the first thing that is not as it should be."""

import json
import sys
import urllib.error
import urllib.request

import numpy
import tritonclient.http as triton
from huggingface_hub import InferenceClient
from tritonclient.utils import InferenceServerException

port, digest = sys.argv[1:]
texts = ["a good day", "a bad day", "Z\u00fcrich \U0001f600", ""]


def same(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: found {found!r}, expected {expected!r}")
    print(f"{what}: {found!r}")


# The Open Inference Protocol, by Triton's client: tensors as bytes behind the JSON, and as JSON.
client = triton.InferenceServerClient(f"127.0.0.1:{port}")
same("live", client.is_server_live(), True)
same("ready", client.is_server_ready(), True)
same("model ready", client.is_model_ready("live"), True)
same("no other model", client.is_model_ready("other"), False)
same("server", client.get_server_metadata()["name"], "mlopsctl")
metadata = client.get_model_metadata("live", model_version="1")
same("inputs", metadata["inputs"], [{"name": "text", "datatype": "BYTES", "shape": [-1]}])
for binary in (True, False):
    given = triton.InferInput("text", [len(texts)], "BYTES")
    given.set_data_from_numpy(numpy.array([text.encode() for text in texts], dtype=object), binary_data=binary)
    outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("label", "probabilities")]
    answer = client.infer("live", [given], outputs=outputs, request_id="42")
    same("id", answer.get_response()["id"], "42")
    labels = [label.decode() if isinstance(label, bytes) else label for label in answer.as_numpy("label")]
    same(f"labels, binary {binary}", labels[:2], ["positive", "negative"])
    same("probabilities", answer.as_numpy("probabilities").shape, (len(texts), 3))
    same("sums", bool(numpy.allclose(answer.as_numpy("probabilities").sum(axis=1), 1, atol=1e-5)), True)
everything = client.infer("live", [given])
same("all outputs", [output["name"] for output in everything.get_response()["outputs"]], ["label", "confidence", "probabilities"])
try:
    client.infer("other", [given])
    sys.exit("a model that is not there answered")
except InferenceServerException as error:
    same("unknown model", error.message(), 'there is no model "other"; this server has "live"')

# Hugging Face's own client.
hub = InferenceClient(model=f"http://127.0.0.1:{port}/")
same("text_classification", hub.text_classification("a good day")[0].label, "positive")
same("top_k", len(hub.text_classification("a good day", top_k=2)), 2)


# What FastAPI says to the same requests.
def ask(path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body, headers={"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            same("digest", answer.headers["x-model-digest"], digest)
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from pydantic import BaseModel


class Question(BaseModel):
    text: str


app = FastAPI()


@app.post("/predict")
def predict(question: Question):
    if not question.text.strip():
        raise HTTPException(status_code=400, detail="Text cannot be empty")
    return {"sentiment": "positive", "confidence": 0.5}


fastapi = TestClient(app)
for body in (b"", b"{}", b'{"text": 5}', b'{"text": null}', b'{"text": ["a"]}', b'{"txt": "\xc3\xbc"}', b"[1, 2]", b'"a"', b"17", b'{"text": ""}',
             b'{"text": " \\u00a0\\u2003\\n"}', b'{"text": "\\u200b"}'):
    theirs = fastapi.post("/predict", content=body, headers={"content-type": "application/json"})
    if theirs.status_code == 200:
        same(f"FastAPI takes {body!r}", ask("/predict", body)[0], 200)
    else:
        same(f"FastAPI's answer to {body!r}", ask("/predict", body), (theirs.status_code, theirs.content))
theirs = fastapi.post("/predict", content=b'{"text": ', headers={"content-type": "application/json"})
status, ours = ask("/predict", b'{"text": ')
same("JSON that is cut off", (status, json.loads(ours)["detail"][0]["type"]), (theirs.status_code, theirs.json()["detail"][0]["type"]))
