"""Makes the reports of docs/GALLERY.md: gallery.py SAPWOOD DIRECTORY. Run it in the root of the repository; scripts/docs does."""

import subprocess
import sys
import tempfile
from pathlib import Path

import made

TRAIN, TEST = "datasets/adult/train.csv.gz", "datasets/adult/test.csv.gz"
# Those of adult can be made by hand as they stand; of queries the repository has none, so these are made up.
REPORTS = {
    "income": ["train", "--train", TRAIN, "--validation", TEST, "--label", "income", "objective=binary:logistic", "eval_metric=logloss,auc",
               "num_round=300", "eta=0.1", "early_stopping_rounds=20"],
    "income-preset": ["train", "--train", TRAIN, "--label", "income", "objective=binary:logistic", "preset=best", "quality=2", "eval_metric=logloss,auc"],
    "income-folds": ["cv", "--train", TRAIN, "--label", "income", "objective=binary:logistic", "eval_metric=logloss,auc", "nfold=5", "num_round=100"],
    "education": ["train", "--train", TRAIN, "--validation", TEST, "--label", "education", "--ignore", "education_num", "objective=multi:softprob", "num_class=16",
                   "eval_metric=merror,mlogloss", "num_round=100", "eta=0.1", "max_depth=4", "early_stopping_rounds=10"],
    "hours": ["train", "--train", TRAIN, "--validation", TEST, "--label", "hours_per_week", "objective=reg:squarederror", "eval_metric=mae,rmse",
              "num_round=200", "eta=0.1", "max_depth=5", "early_stopping_rounds=20"],
    "queries": ["train", "--train", "queries.csv", "--validation", "queries-valid.csv", "--label", "grade", "--group", "query", "objective=rank:ndcg",
                "num_round=60"],
}


def main() -> None:
    sapwood, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        made.queries(scratch)
        (scratch / "datasets").symlink_to(Path("datasets").resolve())
        for name, words in REPORTS.items():
            page = out.resolve() / name / "report.html"
            page.parent.mkdir(parents=True)
            command = [sapwood, *words, "--report", page, "--model-out", "model.sapwood", "--quiet"]
            done = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
            if done.returncode != 0 or not page.is_file():
                sys.exit(f"the report {name} was not made: {done.stderr}")


if __name__ == "__main__":
    main()
