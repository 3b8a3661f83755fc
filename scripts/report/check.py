"""Trains models with reports and looks at the reports: check.py SAPWOOD SCRATCH [PICTURES]. Run it as scripts/check-report."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema

import made
from browser import Browser

ROOT = Path(__file__).resolve().parent.parent.parent
SCHEMAS = Path(__file__).resolve().parent / "schemas"
LARGEST = 2 << 20

def train(sapwood, scratch, name, *words):
    page = scratch / name / "report.html"
    page.parent.mkdir()
    done = subprocess.run(
        [sapwood, "train", "--report", page, "--model-out", scratch / f"{name}.sapwood", *words], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "report written to" in done.stderr and "no report" not in done.stderr, done.stderr
    return page


def check_files(page, kind):
    """The files beside a page are what their readers expect."""
    size = page.stat().st_size
    assert size < LARGEST, f"{page.parent.name}: {size} bytes"
    text = page.read_text()
    assert "<script" not in text and made.HOSTILE not in text and "http://" not in text and "https://" not in text, "not self-contained, or not escaped"
    for name in ["statistics", "constraints", "evaluation"]:
        value = json.loads((page.parent / f"{name}.json").read_text())
        jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text())).validate(value)
        if name == "evaluation":
            assert kind in value, list(value)
    report = json.loads(page.with_suffix(".json").read_text())
    assert len(report["verdict"]) == 3, report["verdict"]
    return report, size


def main():
    sapwood, scratch = sys.argv[1], Path(sys.argv[2])
    pictures = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    for kind in [made.ten, made.numbers, made.queries, made.hostile]:
        kind(scratch)
    adult = ROOT / "datasets/adult"
    file = lambda name: str(scratch / name)
    both = lambda name: ["--train", file(f"{name}.csv"), "--validation", file(f"{name}-valid.csv")]
    pages = {
        "binary": (
            ["--train", f"{adult}/train.csv.gz", "--validation", f"{adult}/test.csv.gz", "--label", "income", "objective=binary:logistic",
             "eval_metric=logloss,auc", "num_round=60", "early_stopping_rounds=10"],
            "binary_classification_metrics", 24,
        ),
        "ten": ([*both("ten"), "--label", "class", "objective=multi:softprob", "num_class=10", "num_round=20"], "multiclass_classification_metrics", 16),
        "numbers": ([*both("numbers"), "--label", "price", "num_round=40"], "regression_metrics", 18),
        "alone": (["--train", file("numbers.csv"), "--label", "price", "num_round=10"], "regression_metrics", 18),
        "preset": (["--train", file("ten.csv"), "--label", "class", "objective=multi:softprob", "num_class=10", "preset=fast"], "multiclass_classification_metrics", 18),
        "queries": ([*both("queries"), "--label", "grade", "--group", "query", "objective=rank:ndcg", "num_round=20"], "ranking_metrics", 12),
        "hostile": ([*both("hostile"), "--label", "label", "objective=binary:logistic", "num_round=20", "max_depth=3"], "binary_classification_metrics", 14),
    }
    reports = {}
    for name, (words, kind, charts) in pages.items():
        page = train(sapwood, scratch, name, *words)
        reports[name] = (page, charts, *check_files(page, kind))
    later = scratch / "later" / "report.html"
    later.parent.mkdir()
    command = [sapwood, "report", "--model", file("binary.sapwood"), "--data", f"{adult}/test.csv.gz", "--label", "income", "--out", later]
    subprocess.run(command, check=True, capture_output=True)
    reports["later"] = (later, 18, *check_files(later, "binary_classification_metrics"))

    folds = scratch / "folds" / "report.html"
    folds.parent.mkdir()
    command = [sapwood, "cv", "--train", file("numbers.csv"), "--label", "price", "--report", folds, "nfold=4", "num_round=30"]
    subprocess.run(command, check=True, capture_output=True)
    reports["folds"] = (folds, 18, *check_files(folds, "regression_metrics"))

    alerts = " ".join(alert["text"] for alert in reports["hostile"][2]["alerts"])
    assert "leak" in alerts and "constant" in alerts, alerts
    assert any("learnt from" in alert["text"] for alert in reports["alone"][2]["alerts"])

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        print("SKIPPED: check-report: there is no chromium (Debian: apt-get install chromium), so no report was opened")
        return
    with Browser(chromium, scratch / "profile") as browser:
        for name, (page, charts, _, size) in reports.items():
            for width in (1200, 390):
                for scheme in ("light", "dark"):
                    shown = browser.open(page.as_uri(), width, scheme)
                    assert not shown["problems"], f"{name}: {shown['problems']}"
                    assert shown["charts"] >= charts, f"{name}: {shown['charts']} charts, {charts} are expected"
                    assert shown["scroll"] <= width, f"{name}: {shown['scroll']} pixels wide at {width}: {shown['wide']}"
                    assert shown["empty"] == 0, f"{name}: {shown['empty']} charts without marks"
                    assert shown["title"] == "Sapwood: report", shown["title"]
                    if pictures:
                        browser.picture(pictures / f"{name}-{width}-{scheme}.png")
            print(f"{name}: {size // 1024} KiB, {shown['charts']} charts")
    print(f"{len(reports)} reports looked at in {browser.version}")


main()
