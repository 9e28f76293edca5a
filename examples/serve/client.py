"""Asks `logdet serve` for log-densities by the Open Inference Protocol, with numpy and the standard library only.

    python client.py http://127.0.0.1:8080 weather rows.csv        # columns in the order of the model's metadata

Numbers travel as binary tensors. Set LOGDET_TOKEN where the server has a token.
"""

import json
import os
import sys
import urllib.request

import numpy as np


def infer(url: str, model: str, rows: np.ndarray, outputs=("log_prob", "p_value")) -> dict[str, np.ndarray]:
    """rows: [n, columns], categories as codes, NaN for missing cells. Returns one array a name, [n]."""
    data = np.ascontiguousarray(rows, dtype="<f8").tobytes()
    request = {
        "inputs": [
            {
                "name": "x",
                "shape": list(rows.shape),
                "datatype": "FP64",
                "parameters": {"binary_data_size": len(data)},
            }
        ],
        "outputs": [{"name": name, "parameters": {"binary_data": True}} for name in outputs],
    }
    head = json.dumps(request).encode()
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))}
    if token := os.environ.get("LOGDET_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    call = urllib.request.Request(f"{url}/v2/models/{model}/infer", head + data, headers)
    with urllib.request.urlopen(call) as response:
        body = response.read()
        length = int(response.headers.get("Inference-Header-Content-Length", len(body)))
    results, at = {}, length
    for output in json.loads(body[:length])["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size", 0)
        results[output["name"]] = np.frombuffer(body[at : at + size], dtype="<f8")
        at += size
    return results


if __name__ == "__main__":
    url, model, path = sys.argv[1:]
    for name, values in infer(url, model, np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)).items():
        print(name, values[:5])
