"""scikit-learn's estimators."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_is_fitted, column_or_1d, validate_data

from sapwood import _input, _params
from sapwood._booster import Booster
from sapwood._dataset import Dataset
from sapwood._errors import DataError, ParameterError
from sapwood._functions import own_metric, own_objective
from sapwood._habits import FIT, PREDICT, accepts, evaluation_sets, one_output
from sapwood._training import has_preset, train

# What scikit-learn's users, and those of XGBoost's and LightGBM's estimators, call what the table calls otherwise.
_HABITS = {
    "num_round": "n_estimators",
    "eta": "learning_rate",
    "lambda": "reg_lambda",
    "alpha": "reg_alpha",
    "seed": "random_state",
    "nthread": "n_jobs",
}
# What follows from the labels, and what is about more than one fit.
_ELSEWHERE = {"num_class", "positive_class", "nfold", "num_cv_round", "purge", "checkpoint_interval"}
_FIRST = ("n_estimators", "learning_rate", "max_depth", "max_leaves", "objective")
_DEFAULTS = {"n_estimators": 100}
# What estimators have besides the table's parameters.
_OWN = {"categorical_features": None, "importance_type": "gain", "callbacks": None}


def _estimator_parameters() -> dict[str, Any]:
    """The parameters of estimators with their defaults; `None` leaves a parameter to the engine."""
    rows = [row for row in _params.table().values() if row["effect"] == "active" and row["group"] in ("model", "runtime")]
    names = [_HABITS.get(row["name"], row["name"]) for row in rows if row["name"] not in _ELSEWHERE]
    names.sort(key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
    return {name: _DEFAULTS.get(name) for name in names} | _OWN


PARAMETERS = _estimator_parameters()


class _Sapwood(BaseEstimator):
    """What the estimators share."""

    def __init__(self, **params: Any) -> None:
        for name, default in PARAMETERS.items():
            setattr(self, name, params.pop(name, default))
        for name, value in params.items():
            self._check_name(name)
            setattr(self, name, value)
        if params:
            self._aliases = sorted(params)

    def _check_name(self, name: str) -> None:
        """Refuses a parameter that nobody knows. Others' names for ours are kept as they are given."""
        if name not in _params.names() and name != "verbose":
            raise TypeError(f"{type(self).__name__} has no parameter {name!r}{_params.nearest(name)}")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters of this estimator, those included that were given under another library's name."""
        return super().get_params(deep) | {name: getattr(self, name) for name in getattr(self, "_aliases", ())}

    def set_params(self, **params: Any) -> _Sapwood:
        """Set parameters of this estimator."""
        for name in params:
            if "__" not in name and name not in PARAMETERS:
                self._check_name(name)
                setattr(self, name, params[name])
                self._aliases = sorted({*getattr(self, "_aliases", ()), name})
        return super().set_params(**params)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        return tags

    def _engine_parameters(self) -> dict[str, Any]:
        """What the engine is given."""
        given = {name: value for name, value in self.get_params(deep=False).items() if value is not None and name not in _OWN}
        if has_preset(given) and given.get("n_estimators") == _DEFAULTS["n_estimators"]:
            del given["n_estimators"]
        if "n_estimators" in given and any(name != "n_estimators" and _params.canonical(name) == "num_round" for name in given):
            del given["n_estimators"]
        if "random_state" in given and not isinstance(given["random_state"], int | np.integer):
            given["random_state"] = int(check_random_state(given["random_state"]).randint(np.iinfo(np.int32).max))
        return given

    def _checked_rows(self, X: Any, *, reset: bool) -> Any:
        """Rows as the engine takes them. Frames are left as they are; what is no frame is made an array of numbers."""
        _input.refuse_repeated_names(X)
        if not _input.is_frame(X):
            return validate_data(
                self, X, reset=reset, accept_sparse=("csc", "csr"), dtype="numeric", ensure_all_finite="allow-nan"
            )
        return validate_data(self, X, reset=reset, skip_check_array=True) if hasattr(X, "shape") else X

    def _dataset(self, X: Any, label: np.ndarray, classes: list[str] | None, **attributes: Any) -> Dataset:
        return Dataset(X, label, categorical_features=self.categorical_features or (), **attributes)._with_classes(classes)

    def _fit(
        self,
        given: dict[str, Any],
        train_set: Dataset,
        evals: list[tuple[Dataset, str]],
        eval_metric: Any,
        early_stopping_rounds: int | None,
        callbacks: Iterable[Any] | None,
        init_model: Any,
        verbose: bool | int | str | None,
    ) -> None:
        metrics = eval_metric if eval_metric is not None else given.pop("eval_metric", None)
        given.pop("eval_metric", None)
        listed = [metrics] if callable(metrics) or isinstance(metrics, str) else list(metrics or ())
        names = [metric for metric in listed if not callable(metric)]
        own = [own_metric(metric) for metric in listed if callable(metric)]
        if own and listed and not callable(listed[-1]):
            raise ParameterError(
                "eval_metric: functions come behind names, as the last metric decides early stopping; reorder the list"
            )
        if names:
            given["eval_metric"] = names
        if early_stopping_rounds is not None:
            given = {name: value for name, value in given.items() if _params.canonical(name) != "early_stopping_rounds"}
            given["early_stopping_rounds"] = early_stopping_rounds
        objective = given.get("objective")
        if callable(objective):
            given["objective"] = own_objective(objective)
        told = given.pop("verbose_eval", given.pop("verbose", 0)) if verbose is None else verbose
        self.evals_result_: dict[str, dict[str, list[float]]] = {}
        self.booster_ = train(
            given,
            train_set,
            evals=evals,
            feval=own,
            evals_result=self.evals_result_,
            verbose_eval=told if isinstance(told, str) else max(int(told or 0), 0),
            init_model=init_model,
            callbacks=[*(self.callbacks or ()), *(callbacks or ())],
        )
        self.n_features_in_ = train_set.num_feature()
        if train_set._named and not hasattr(self, "feature_names_in_"):
            self.feature_names_in_ = np.asarray(train_set.feature_names, dtype=object)

    def _predicted(self, X: Any, output: str, num_iteration: int | None, base_margin: Any) -> np.ndarray:
        check_is_fitted(self, "booster_")
        rows = self._checked_rows(X, reset=False)
        given = self._engine_parameters()
        threads = next((value for name, value in given.items() if _params.canonical(name) == "nthread"), 0)
        return self.booster_._predict(rows, output, num_iteration, max(int(threads), 0), base_margin)

    def apply(self, X: Any, *, num_iteration: int | None = None) -> np.ndarray:
        """Tell the leaf that each row falls into in each tree.

        Parameters
        ----------
        X : array-like, frame or sparse matrix, of shape (rows, features)
        num_iteration : int, optional
            Use the first so many rounds only.

        Returns
        -------
        numpy.ndarray of shape (rows, trees)
        """
        return self._predicted(X, "leaf", num_iteration, None)

    @property
    def feature_importances_(self) -> np.ndarray:
        """How much each feature contributes, by `importance_type`; adds up to 1."""
        check_is_fitted(self, "booster_")
        importance = self.booster_.feature_importance(self.importance_type)
        return importance / importance.sum() if importance.sum() > 0 else importance

    @property
    def best_iteration_(self) -> int | None:
        """The best round by early stopping, counted from 0, up to which the model has its rounds; `None` without."""
        check_is_fitted(self, "booster_")
        return self.booster_.best_iteration

    @property
    def best_score_(self) -> float | None:
        """The value of the metric that decided early stopping, in the best round."""
        check_is_fitted(self, "booster_")
        return self.booster_.best_score

    @property
    def n_estimators_(self) -> int:
        """The number of rounds that the model has."""
        check_is_fitted(self, "booster_")
        return self.booster_.num_boosted_rounds()

    @property
    def objective_(self) -> str:
        """What was minimised."""
        check_is_fitted(self, "booster_")
        return self.booster_.objective

    def get_booster(self) -> Booster:
        """The model."""
        check_is_fitted(self, "booster_")
        return self.booster_

    def evals_result(self) -> dict[str, dict[str, list[float]]]:
        """The metrics of all rounds, by data set and metric."""
        check_is_fitted(self, "booster_")
        return self.evals_result_


def _listed(values: Any, count: int, what: str) -> list[Any]:
    """One of each for every evaluation set."""
    if values is None:
        return [None] * count
    if len(values) != count:
        raise ParameterError(
            f"{what} has {len(values)} items for {count} evaluation sets; give one for each, or None in its place"
        )
    return list(values)


class _Supervised(_Sapwood):
    """What classifier and regressor share."""

    @accepts(FIT)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        eval_set: Any = None,
        eval_X: Any = None,
        eval_y: Any = None,
        eval_names: Sequence[str] | None = None,
        eval_sample_weight: Sequence[Any] | None = None,
        eval_metric: Any = None,
        early_stopping_rounds: int | None = None,
        base_margin: Any = None,
        eval_base_margin: Sequence[Any] | None = None,
        init_model: Any = None,
        callbacks: Iterable[Any] | None = None,
        verbose: bool | int | str | None = None,
    ) -> Any:
        """Train a model.

        Parameters
        ----------
        X : array-like, frame or sparse matrix, of shape (rows, features)
            NaN is missing. Columns of frames that hold texts or categories are categorical.
        y : array-like of shape (rows,), for regression also (rows, targets)
            Labels.
        sample_weight : array-like of shape (rows,), optional
            How much each row counts. Weight 0 is the same as no row, weight 2 the same as two.
        eval_set : list of (X, y), or one pair, optional
            Data sets that every round is evaluated on. Early stopping goes by the last one.
        eval_X, eval_y : array-like or tuples of them, optional
            The same as LightGBM has it.
        eval_names : sequence of str, optional
            Their names in `evals_result_`. Default: `validation_0`, `validation_1`, …
        eval_sample_weight, eval_base_margin : sequences, optional
            Weights and margins of the evaluation sets' rows.
        eval_metric : str, callable or a list of them, optional
            In the place of the parameter of this name. A callable takes labels and predictions, and `sample_weight` if it has
            such an argument, and gives a number, which is better the smaller it is, or `(name, value, is_higher_better)`.
        early_stopping_rounds : int, optional
            In the place of the parameter of this name: stop when the last metric of the last evaluation set has not improved
            for so many rounds. The model keeps its rounds up to the best.
        base_margin : array-like of shape (rows,) or (rows, outputs), optional
            The margin that each row starts from. Rows to predict must then have one as well.
        init_model : Booster, estimator or path, optional
            A model to go on from.
        callbacks : iterable, optional
            As for `sapwood.train`; besides those of the parameter of this name.
        verbose : bool, int or "progress", optional
            Print the metrics of every round, or of every so many; or show a bar.

        Returns
        -------
        self
        """
        X = self._checked_rows(X, reset=True)
        given = self._engine_parameters()
        weight = None if sample_weight is None else _input.vector(sample_weight, "sample_weight")
        rows = X.shape[0] if hasattr(X, "shape") else len(X)
        if weight is not None and len(weight) != rows:
            raise DataError(f"sample_weight has {len(weight)} values for {rows} rows; there must be one for each")
        label, classes = self._labels(y, rows, weight, given)
        train_set = self._dataset(X, label, classes, weight=weight, base_margin=base_margin)
        pairs = evaluation_sets(eval_set, eval_X, eval_y)
        names = _listed(eval_names, len(pairs), "eval_names")
        weights = _listed(eval_sample_weight, len(pairs), "eval_sample_weight")
        margins = _listed(eval_base_margin, len(pairs), "eval_base_margin")
        evals = []
        for index, (rows_of, labels_of) in enumerate(pairs):
            name = names[index] or f"validation_{index}"
            rows_of = X if rows_of is X else self._checked_rows(rows_of, reset=False)
            attributes = {"weight": weights[index], "base_margin": margins[index]}
            evals.append((self._dataset(rows_of, self._coded(labels_of), classes, **attributes), name))
        self._fit(given, train_set, evals, eval_metric, early_stopping_rounds, callbacks, init_model, verbose)
        return self


class SapwoodClassifier(ClassifierMixin, _Supervised):
    """Classification by gradient-boosted trees."""

    def __sklearn_tags__(self) -> Any:
        return super().__sklearn_tags__()

    def _labels(self, y: Any, rows: int, weight: np.ndarray | None, given: dict[str, Any]) -> tuple[np.ndarray, list[str] | None]:
        labels = _one_label_a_row(self, y, rows)
        check_classification_targets(labels)
        counted = labels if weight is None else labels[weight > 0]
        if len(counted) == 0:
            raise DataError("the weights of all rows are zero, so no row counts; check sample_weight")
        self.classes_ = np.unique(counted)
        self.n_classes_ = len(self.classes_)
        if self.n_classes_ == 1:
            raise DataError(f"the labels hold one class only, {self.classes_[0]!r}, so there is nothing to tell apart")
        numbers = self.classes_.dtype.kind in "iuf" and bool((self.classes_ == np.arange(self.n_classes_)).all())
        classes = None if numbers else [str(label) for label in self.classes_]
        objective = next((given[name] for name in given if _params.canonical(name) == "objective"), None)
        if objective is None:
            objective = given["objective"] = "binary:logistic" if self.n_classes_ == 2 else "multi:softprob"
        if isinstance(objective, str) and classes is None and not objective.startswith("binary"):
            given["num_class"] = self.n_classes_
        if isinstance(given.get("class_weight"), dict):
            names = [str(index) for index in range(self.n_classes_)] if classes is None else classes
            given["class_weight"] = self._class_weight(given["class_weight"], names)
        return self._codes(labels, weight), classes

    def _class_weight(self, factors: dict[Any, float], names: list[str]) -> dict[str, float]:
        position = {label: index for index, label in enumerate(self.classes_.tolist())}
        unknown = [label for label in factors if label not in position]
        if unknown:
            raise ParameterError(f"class_weight: there is no class {unknown[0]!r}; the classes are {self.classes_.tolist()}")
        return {names[position[label]]: float(factor) for label, factor in factors.items()}

    def _codes(self, labels: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
        """The position of each label among the classes; of rows of weight 0, any."""
        codes = np.minimum(np.searchsorted(self.classes_, labels), len(self.classes_) - 1)
        unknown = self.classes_[codes] != labels
        if weight is not None:
            unknown &= weight > 0
        if unknown.any():
            row = int(np.flatnonzero(unknown)[0])
            raise DataError(
                f"row {row} (counted from 0): the label {labels[row]!r} is none of the classes {self.classes_.tolist()}"
            )
        return codes.astype(np.float64)

    def _coded(self, y: Any) -> np.ndarray:
        return self._codes(column_or_1d(_input.plain(y)))

    @accepts(PREDICT)
    def predict(
        self,
        X: Any,
        *,
        margin: bool = False,
        leaf: bool = False,
        contributions: bool = False,
        num_iteration: int | None = None,
        base_margin: Any = None,
    ) -> np.ndarray:
        """Predict the class of each row.

        Parameters
        ----------
        X : array-like, frame or sparse matrix, of shape (rows, features)
        margin : bool
            Tell margins instead, of shape (rows,) or (rows, classes).
        leaf, contributions : bool
            Tell leaves, or what features contribute to margins, as `Booster.predict` does.
        num_iteration : int, optional
            Use the first so many rounds only.
        base_margin : array-like, optional
            The margin that each row starts from.

        Returns
        -------
        numpy.ndarray of shape (rows,)
        """
        if margin or leaf or contributions:
            return self._predicted(
                X, one_output(margin=margin, leaf=leaf, contributions=contributions), num_iteration, base_margin
            )
        check_is_fitted(self, "booster_")
        if self.booster_._native.num_classes is None:
            return self.classes_[self.predict_proba(X, num_iteration=num_iteration, base_margin=base_margin).argmax(axis=1)]
        return self.classes_[self._predicted(X, "class", num_iteration, base_margin).astype(np.intp)]

    @accepts(PREDICT)
    def predict_proba(self, X: Any, *, num_iteration: int | None = None, base_margin: Any = None) -> np.ndarray:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like, frame or sparse matrix, of shape (rows, features)
        num_iteration : int, optional
            Use the first so many rounds only.
        base_margin : array-like, optional
            The margin that each row starts from.

        Returns
        -------
        numpy.ndarray of shape (rows, classes)
            In the order of `classes_`.
        """
        check_is_fitted(self, "booster_")
        if self.booster_._native.num_classes is None:
            # Of a loss of one's own, margins are taken for log odds.
            values = 1.0 / (1.0 + np.exp(-self._predicted(X, "margin", num_iteration, base_margin)))
        else:
            values = self._predicted(X, "probability", num_iteration, base_margin)
        return np.column_stack([1.0 - values, values]) if values.ndim == 1 else values


class SapwoodRegressor(RegressorMixin, _Supervised):
    """Regression by gradient-boosted trees."""

    def __sklearn_tags__(self) -> Any:
        return super().__sklearn_tags__()

    def _labels(self, y: Any, rows: int, weight: np.ndarray | None, given: dict[str, Any]) -> tuple[np.ndarray, list[str] | None]:
        array = np.asarray(y) if y is not None else y
        if array is not None and array.ndim == 2 and array.shape[1] > 1:
            assert_all_finite(array, input_name="y")
            if len(array) != rows:
                raise DataError(f"y has {len(array)} labels for {rows} rows; there must be one for each")
            return array.astype(np.float64), None
        return self._numbers(_one_label_a_row(self, y, rows)), None

    def _coded(self, y: Any) -> np.ndarray:
        array = np.asarray(y)
        return self._numbers(array if array.ndim == 2 and array.shape[1] > 1 else column_or_1d(y))

    @staticmethod
    def _numbers(labels: np.ndarray) -> np.ndarray:
        try:
            return labels.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"labels of a regression must be numbers: {error}") from None

    @accepts(PREDICT)
    def predict(
        self,
        X: Any,
        *,
        margin: bool = False,
        leaf: bool = False,
        contributions: bool = False,
        num_iteration: int | None = None,
        base_margin: Any = None,
    ) -> np.ndarray:
        """Predict rows.

        Parameters
        ----------
        X : array-like, frame or sparse matrix, of shape (rows, features)
        margin : bool
            Tell margins instead: what trees add up to, before the objective makes means of it.
        leaf, contributions : bool
            Tell leaves, or what features contribute to margins, as `Booster.predict` does.
        num_iteration : int, optional
            Use the first so many rounds only.
        base_margin : array-like, optional
            The margin that each row starts from.

        Returns
        -------
        numpy.ndarray of shape (rows,), or (rows, outputs) for several targets or quantiles
        """
        return self._predicted(X, one_output(margin=margin, leaf=leaf, contributions=contributions), num_iteration, base_margin)


class SapwoodRanker(_Sapwood):
    """Putting the rows of query groups in order by gradient-boosted trees."""

    @accepts(FIT)
    def fit(
        self,
        X: Any,
        y: Any,
        *,
        group: Any = None,
        qid: Any = None,
        sample_weight: Any = None,
        eval_set: Any = None,
        eval_X: Any = None,
        eval_y: Any = None,
        eval_group: Sequence[Any] | None = None,
        eval_qid: Sequence[Any] | None = None,
        eval_names: Sequence[str] | None = None,
        eval_sample_weight: Sequence[Any] | None = None,
        eval_metric: Any = None,
        early_stopping_rounds: int | None = None,
        init_model: Any = None,
        callbacks: Iterable[Any] | None = None,
        verbose: bool | int | str | None = None,
    ) -> SapwoodRanker:
        """Train a model.

        Parameters
        ----------
        X : array-like, frame or sparse matrix, of shape (rows, features)
        y : array-like of shape (rows,)
            How relevant each row is.
        group : array-like, optional
            The sizes of query groups that follow each other; or
        qid : array-like of shape (rows,), optional
            the query group of each row. Rows of a group may stand anywhere.
        sample_weight : array-like of shape (rows,), optional
            How much each row counts.
        eval_set, eval_group, eval_qid, eval_names, eval_sample_weight
            Data sets that every round is evaluated on, and what goes with them.
        eval_metric, early_stopping_rounds, init_model, callbacks, verbose
            As for `SapwoodClassifier.fit`.

        Returns
        -------
        self
        """
        if group is None and qid is None:
            raise DataError("a ranker needs the query groups of rows: give group (sizes of groups that follow each other) or qid")
        X = self._checked_rows(X, reset=True)
        given = self._engine_parameters()
        if not any(_params.canonical(name) == "objective" for name in given):
            given["objective"] = "rank:ndcg"
        rows = X.shape[0] if hasattr(X, "shape") else len(X)
        label = _one_label_a_row(self, y, rows).astype(np.float64)
        train_set = self._dataset(X, label, None, weight=sample_weight, group=group, qid=qid)
        pairs = evaluation_sets(eval_set, eval_X, eval_y)
        names = _listed(eval_names, len(pairs), "eval_names")
        groups = _listed(eval_group, len(pairs), "eval_group")
        qids = _listed(eval_qid, len(pairs), "eval_qid")
        weights = _listed(eval_sample_weight, len(pairs), "eval_sample_weight")
        evals = []
        for index, (rows_of, labels_of) in enumerate(pairs):
            attributes = {"weight": weights[index], "group": groups[index], "qid": qids[index]}
            rows_of = self._checked_rows(rows_of, reset=False)
            data = self._dataset(rows_of, column_or_1d(labels_of).astype(np.float64), None, **attributes)
            evals.append((data, names[index] or f"validation_{index}"))
        self._fit(given, train_set, evals, eval_metric, early_stopping_rounds, callbacks, init_model, verbose)
        return self

    @accepts(PREDICT)
    def predict(self, X: Any, *, leaf: bool = False, contributions: bool = False, num_iteration: int | None = None) -> np.ndarray:
        """Predict scores, by which the rows of a group are put in order, the largest first.

        Parameters
        ----------
        X : array-like, frame or sparse matrix, of shape (rows, features)
        leaf, contributions : bool
            Tell leaves, or what features contribute, as `Booster.predict` does.
        num_iteration : int, optional
            Use the first so many rounds only.

        Returns
        -------
        numpy.ndarray of shape (rows,)
        """
        return self._predicted(X, one_output(leaf=leaf, contributions=contributions), num_iteration, None)


def _one_label_a_row(estimator: BaseEstimator, y: Any, rows: int) -> np.ndarray:
    """Labels as an array of one dimension, none of them missing."""
    if y is None:
        name = type(estimator).__name__
        raise ValueError(f"requires y to be passed, but the target y is None: {name} learns from labels")
    labels = column_or_1d(_input.plain(y), warn=True)
    if labels.dtype.kind == "f":
        assert_all_finite(labels, input_name="y")
    if labels.dtype.kind == "O" and any(map(_input._is_missing, labels)):
        raise DataError("Input y contains NaN: a row has no label; leave such rows out")
    if len(labels) != rows:
        raise DataError(f"y has {len(labels)} labels for {rows} rows; there must be one for each")
    return labels


def _documented(cls: type) -> None:
    """Gives an estimator the signature and the documentation that the table has."""
    rows = {_HABITS.get(row["name"], row["name"]): row for row in _params.table().values()}
    own = {
        "categorical_features": (
            "list of str or int",
            "Features to treat as categorical although their values are numbers.",
        ),
        "importance_type": (
            "str",
            "What `feature_importances_` tells: `gain`, `weight`, `cover`, `total_gain` or `total_cover`.",
        ),
        "callbacks": ("list", "What is called between rounds: see `sapwood.train`."),
    }
    lines = [
        (cls.__doc__ or "").strip(),
        "",
        "Parameters left at `None` have the engine's defaults. Names of XGBoost, LightGBM and CatBoost do as well.",
        "",
    ]
    lines += ["Parameters", "----------"]
    for name in PARAMETERS:
        kind, doc = own[name] if name in own else (rows[name]["type"], rows[name]["doc"])
        default = rows[name]["default"] if name in rows else None
        default = _DEFAULTS.get(name, default)
        lines += [f"{name} : {kind}{'' if default is None else f', default {default}'}", f"    {doc}"]
    cls.__doc__ = "\n".join(lines)
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(name, keyword, default=default) for name, default in PARAMETERS.items()]
    self = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)

    def __init__(self: Any, **params: Any) -> None:
        _Sapwood.__init__(self, **params)

    vars(__init__)["__signature__"] = inspect.Signature([self, *parameters])
    __init__.__qualname__ = f"{cls.__name__}.__init__"
    type.__setattr__(cls, "__init__", __init__)


for _cls in (SapwoodClassifier, SapwoodRegressor, SapwoodRanker):
    _documented(_cls)
