"""Sapwood's peers through their Python packages, each a function that trains with the same settings on the same rows.

Each imports its package before the clock starts, and reads the settings off one list, so that the lists can be laid side by side.
"""

import math
import pickle
import time

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from contract import Outcome, Settings, Unable
from metrics import metric_for
from sets import Features, Rows, categorical

# Sparse rows are laid out densely, for trainers that take nothing else, up to this many bytes.
DENSE_LIMIT = 8 << 30
# Sklearn takes no category that has more levels.
SKLEARN_LEVELS = 255
# A depth that no tree reaches, and the deepest that CatBoost allows.
BONSAI_DEPTH, CATBOOST_DEPTH = 255, 16


def xgboost(train: Rows, settings: Settings, valid: Rows | None = None, **extra: object) -> Outcome:
    import xgboost as xgb

    params = {
        "objective": "multi:softprob" if train.classes > 1 else train.objective,
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "max_depth": 0,
        "max_leaves": settings.leaves,
        "eta": settings.eta,
        "lambda": 1,
        "min_child_weight": 1,
        "max_bin": settings.max_bin,
        "nthread": settings.threads,
        "eval_metric": metric_for(train.objective).stop_by[0],
        **extra,
    }
    if train.classes > 1:
        params["num_class"] = train.classes
    start = time.perf_counter()
    matrix_options = {"enable_categorical": True, "max_bin": settings.max_bin, "nthread": settings.threads}
    matrix = xgb.QuantileDMatrix(train.features, train.label, **matrix_options)
    evals, stopping = [], None
    if valid is not None:
        held = xgb.QuantileDMatrix(valid.features, valid.label, ref=matrix, **matrix_options)
        evals, stopping = [(held, "validation")], settings.patience
    booster = xgb.train(params, matrix, settings.rounds, evals=evals, early_stopping_rounds=stopping, verbose_eval=False)
    fit_seconds = time.perf_counter() - start
    best = booster.best_iteration + 1 if valid is not None else settings.rounds

    def predict(features: Features) -> np.ndarray:
        return booster.predict(xgb.DMatrix(features, enable_categorical=True, nthread=settings.threads), iteration_range=(0, best))

    return Outcome(best, fit_seconds, predict, lambda path: booster.save_model(path.with_suffix(".ubj")))


def xgboost_depthwise(train: Rows, settings: Settings, valid: Rows | None = None) -> Outcome:
    depth = round(math.log2(settings.leaves))
    return xgboost(train, settings, valid, grow_policy="depthwise", max_depth=depth, max_leaves=0)


def lightgbm(train: Rows, settings: Settings, valid: Rows | None = None, **extra: object) -> Outcome:
    import lightgbm as lgb

    objective = {"reg:squarederror": "regression", "binary:logistic": "binary", "multi:softmax": "multiclass"}[train.objective]
    params = {
        "objective": objective,
        "num_leaves": settings.leaves,
        "max_depth": -1,
        "learning_rate": settings.eta,
        "lambda_l2": 1,
        "min_sum_hessian_in_leaf": 1,
        # XGBoost and Sapwood have no such limit.
        "min_data_in_leaf": 1,
        "max_bin": settings.max_bin,
        "num_threads": settings.threads,
        "metric": metric_for(train.objective).stop_by[1],
        "verbose": -1,
        **extra,
    }
    if train.classes > 1:
        params["num_class"] = train.classes
    start = time.perf_counter()
    matrix = lgb.Dataset(train.features, train.label, params=params).construct()
    valid_sets, callbacks = [], []
    if valid is not None:
        valid_sets = [lgb.Dataset(valid.features, valid.label, reference=matrix)]
        callbacks = [lgb.early_stopping(settings.patience, verbose=False)]
    booster = lgb.train(params, matrix, settings.rounds, valid_sets=valid_sets, callbacks=callbacks)
    fit_seconds = time.perf_counter() - start
    best = booster.best_iteration if valid is not None else settings.rounds

    def predict(features: Features) -> np.ndarray:
        return booster.predict(features, num_iteration=best, num_threads=settings.threads)

    return Outcome(best, fit_seconds, predict, booster.save_model)


def lightgbm_quantised(train: Rows, settings: Settings, valid: Rows | None = None) -> Outcome:
    return lightgbm(train, settings, valid, use_quantized_grad=True, num_grad_quant_bins=4, quant_train_renew_leaf=True)


def catboost(train: Rows, settings: Settings) -> Outcome:
    try:
        import catboost as cb
    except ModuleNotFoundError as error:
        raise Unable("catboost is not installed") from error

    loss = {"reg:squarederror": "RMSE", "binary:logistic": "Logloss", "multi:softmax": "MultiClass"}[train.objective]
    params = {
        "loss_function": loss,
        "iterations": settings.rounds,
        "grow_policy": "Lossguide",
        "depth": CATBOOST_DEPTH,
        "max_leaves": settings.leaves,
        "learning_rate": settings.eta,
        "l2_leaf_reg": 1,
        "min_data_in_leaf": 1,
        # Borders: one fewer than bins.
        "border_count": settings.max_bin - 1,
        "thread_count": settings.threads,
        # Boosting as the others do it: every row, no noise, one Newton step a leaf.
        "boosting_type": "Plain",
        "bootstrap_type": "No",
        "random_strength": 0,
        "leaf_estimation_method": "Newton",
        "leaf_estimation_iterations": 1,
        "allow_writing_files": False,
        "logging_level": "Silent",
    }

    def pool(features: Features, label: np.ndarray | None = None) -> cb.Pool:
        names = categorical(features)
        if names:
            # A missing category is a category for CatBoost, and must be a text.
            filled = {name: features[name].cat.add_categories("missing").fillna("missing") for name in names}
            features = features.assign(**filled)
        return cb.Pool(features, label, cat_features=names or None, thread_count=settings.threads)

    start = time.perf_counter()
    booster = cb.train(pool(train.features, train.label), params)
    fit_seconds = time.perf_counter() - start

    def predict(features: Features) -> np.ndarray:
        kind = "RawFormulaVal" if loss == "RMSE" else "Probability"
        values = booster.predict(pool(features), prediction_type=kind, thread_count=settings.threads)
        return values[:, 1] if loss == "Logloss" else values

    return Outcome(settings.rounds, fit_seconds, predict, lambda path: booster.save_model(str(path)))


def sklearn(train: Rows, settings: Settings) -> Outcome:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    regression = train.objective == "reg:squarederror"
    booster = (HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier)(
        max_iter=settings.rounds,
        max_depth=None,
        max_leaf_nodes=settings.leaves,
        learning_rate=settings.eta,
        l2_regularization=1,
        min_samples_leaf=1,
        # Its limit; missing values have one more.
        max_bins=min(settings.max_bin, 255),
        categorical_features="from_dtype",
        early_stopping=False,
    )

    def table(features: Features) -> Features:
        if issparse(features):
            return dense(features, np.float64)
        return ordinal(features, [name for name in categorical(features) if len(features[name].cat.categories) > SKLEARN_LEVELS])

    start = time.perf_counter()
    with threadpool_limits(settings.threads, user_api="openmp"):
        booster.fit(table(train.features), train.label)
    fit_seconds = time.perf_counter() - start

    def predict(features: Features) -> np.ndarray:
        with threadpool_limits(settings.threads, user_api="openmp"):
            if regression:
                return booster.predict(table(features))
            values = booster.predict_proba(table(features))
            return values if train.classes > 1 else values[:, 1]

    return Outcome(settings.rounds, fit_seconds, predict, lambda path: path.write_bytes(pickle.dumps(booster)))


def bonsai(train: Rows, settings: Settings) -> Outcome:
    try:
        import bonsai as bn
    except ModuleNotFoundError as error:
        raise Unable("bonsai-gbt is not installed") from error

    objective = {"reg:squarederror": "mse", "binary:logistic": "logloss", "multi:softmax": "softmax"}[train.objective]
    params = {
        "dispatch.objective_name": objective,
        "dispatch.grower_name": "leafwise",
        "booster.n_iters": settings.rounds,
        "booster.learning_rate": settings.eta,
        "tree.max_depth": BONSAI_DEPTH,
        "tree.max_leaves": settings.leaves,
        "tree.lambda_l2": 1,
        "tree.min_child_hess": 1,
        "tree.min_data_in_leaf": 1,
        "bin_mapper.max_bin": settings.max_bin,
        "parallel.n_threads": settings.threads,
    }
    if train.classes > 1:
        params["objective.n_classes"] = train.classes
    start = time.perf_counter()
    booster = bn.train(params, matrix(train.features), train.label.astype(np.float32))
    fit_seconds = time.perf_counter() - start

    def predict(features: Features) -> np.ndarray:
        rows = matrix(features)
        return booster.predict(rows) if objective == "mse" else booster.predict_proba(rows)

    return Outcome(settings.rounds, fit_seconds, predict, lambda path: booster.save(str(path)))


def hessboost(train: Rows, settings: Settings) -> Outcome:
    try:
        import hessboost as hb
    except ModuleNotFoundError as error:
        raise Unable("hessboost is not installed") from error

    params = {
        "objective": "multi:softprob" if train.classes > 1 else train.objective,
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "max_depth": 0,
        "max_leaves": settings.leaves,
        "eta": settings.eta,
        "lambda": 1,
        "min_child_weight": 1,
        "max_bin": settings.max_bin,
        "nthread": settings.threads,
    }
    if train.classes > 1:
        params["num_class"] = train.classes
    start = time.perf_counter()
    rows = hb.DMatrix(train.features, label=train.label, enable_categorical=True)
    booster = hb.train(params, rows, settings.rounds, verbose_eval=False)
    fit_seconds = time.perf_counter() - start
    return Outcome(settings.rounds, fit_seconds, booster.predict, lambda path: booster.save_model(str(path)))


def matrix(features: Features) -> np.ndarray:
    """The rows as an array of numbers, for trainers that take nothing else."""
    if issparse(features):
        return dense(features, np.float32)
    return np.ascontiguousarray(ordinal(features, categorical(features)).to_numpy(np.float32))


def ordinal(features: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Has the categories of some columns as numbers: their places in the order of their texts."""
    codes = {name: features[name].cat.codes.astype(np.float32) for name in names}
    return features.assign(**{name: column.where(column >= 0) for name, column in codes.items()})


def dense(features: Features, dtype: type) -> np.ndarray:
    size = math.prod(features.shape) * np.dtype(dtype).itemsize
    if size > DENSE_LIMIT:
        raise Unable(f"takes no sparse rows, and dense ones would take {size >> 30} GiB")
    return features.astype(dtype).toarray()
