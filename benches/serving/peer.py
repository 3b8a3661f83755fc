"""XGBoost behind flask, as SageMaker's built-in container has it: one CSV body in, one score a line out."""

import os

import flask
import numpy
import xgboost

app = flask.Flask(__name__)
booster = xgboost.Booster({"nthread": 1})
booster.load_model(os.environ["PEER_MODEL"])


@app.route("/ping")
def ping():
    return ""


@app.route("/invocations", methods=["POST"])
def invocations():
    lines = flask.request.data.decode().strip().split("\n")
    rows = numpy.array([[float(cell or "nan") for cell in line.split(",")] for line in lines], dtype=numpy.float32)
    scores = booster.predict(xgboost.DMatrix(rows, nthread=1))
    return flask.Response("".join(f"{score}\n" for score in scores), mimetype="text/csv")
