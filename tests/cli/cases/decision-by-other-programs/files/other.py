"""other.py verify RECORD | sign RECORD KEY: checks a decision record, or makes one that claims another verdict, with nothing of ours: Python's JSON for
RFC 8785 (these records hold no number on which the two differ) and OpenSSL for ed25519."""
import json
import subprocess
import sys


def whole(value):
    """1.0 is written 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    return [whole(item) for item in value] if isinstance(value, list) else value


def canonical(statement):
    return json.dumps(whole(statement), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def openssl(*words):
    return subprocess.run(["openssl", "pkeyutl", "-rawin", "-in", "text", *words], capture_output=True, text=True).stdout


record = json.load(open(sys.argv[2]))
if sys.argv[1] == "verify":
    open("text", "wb").write(canonical(record["statement"]))
    open("public", "wb").write(bytes.fromhex("302a300506032b6570032100" + record["signature"]["key"].split(":")[1]))
    open("signature", "wb").write(bytes.fromhex(record["signature"]["value"]))
    print(openssl("-verify", "-pubin", "-inkey", "public", "-keyform", "DER", "-sigfile", "signature").strip())
else:
    verdict = record["statement"]["verdict"]
    verdict["outcome"] = verdict["checks"][0]["outcome"] = "fail"
    open("text", "wb").write(canonical(record["statement"]))
    open("secret", "wb").write(bytes.fromhex("302e020100300506032b657004220420" + open(sys.argv[3]).read().strip().split(":")[1]))
    openssl("-sign", "-inkey", "secret", "-keyform", "DER", "-out", "signature")
    record["signature"]["value"] = open("signature", "rb").read().hex()
    json.dump(record, open("claimed.json", "w"))
