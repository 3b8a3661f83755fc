"""A trained model."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from sapwood import _files, _sapwood
from sapwood._habits import PREDICT, accepts, one_output
from sapwood._input import native_dataset, shown


class Booster:
    """A trained model, as `train` makes it or as a file has it. Any number of threads may predict with it at once.

    Parameters
    ----------
    model_file : str or path-like, optional
        A model file: of this package, of the command `sapwood train`, or of XGBoost (JSON or UBJSON), or of LightGBM (text).
    model_bytes : bytes, optional
        The bytes of one.
    """

    def __init__(self, model_file: str | os.PathLike[str] | None = None, *, model_bytes: bytes | None = None) -> None:
        if model_file is not None and model_bytes is None:
            self._set(_sapwood.Model.load(os.fspath(model_file)))
        elif model_bytes is not None and model_file is None:
            self._set(_sapwood.Model.from_bytes(model_bytes))
        else:
            raise TypeError("give either model_file or model_bytes")

    @classmethod
    def _of(cls, native: _sapwood.Model) -> Booster:
        booster = cls.__new__(cls)
        booster._set(native)
        return booster

    def _set(self, native: _sapwood.Model) -> None:
        self._native = native
        # Asked for with every prediction.
        self._takes_arrays = native.is_numeric and not native.requires_base_margin

    def __reduce__(self) -> Any:
        return _from_bytes, (self._native.to_bytes(),)

    def __copy__(self) -> Booster:
        return self

    def __deepcopy__(self, memo: Any) -> Booster:
        return self

    def __repr__(self) -> str:
        native = self._native
        return f"Booster({native.objective}, {native.num_features} features, {native.num_rounds} rounds)"

    @accepts(PREDICT)
    def predict(
        self,
        data: Any,
        *,
        margin: bool = False,
        leaf: bool = False,
        contributions: bool = False,
        interactions: bool = False,
        num_iteration: int | None = None,
        nthread: int = 0,
        base_margin: Any = None,
    ) -> np.ndarray:
        """Predict rows.

        Parameters
        ----------
        data : array-like, frame, sparse matrix or Dataset, of shape (rows, features), or path of a file, or paths
            NaN is missing. Columns of frames are found by their names where the model was trained on names. Levels of
            categories that training did not see are missing, with a warning.
        margin : bool
            Tell margins: what trees add up to, before the objective makes probabilities or means of it.
        leaf : bool
            Tell the leaf that each row falls into in each tree.
        contributions : bool
            Tell what each feature contributes to the margin: exact SHAP values, and last what the model predicts on average.
            They add up to the margin.
        interactions : bool
            Tell how much of that is due to each pair of features: a matrix for each row, whose sums are the contributions.
        num_iteration : int, optional
            Use the first so many rounds only. Default: all, which after early stopping are those up to the best.
        nthread : int
            The number of threads; 0: as many as this process may use.
        base_margin : array-like, optional
            The margin that each row starts from. Rows of a model that was trained with some must have one.

        Returns
        -------
        numpy.ndarray
            Of shape (rows,), or (rows, outputs) where there are several outputs: classes, targets, quantiles. Leaves are of shape
            (rows, trees), contributions of shape (rows, features + 1), or (rows, outputs, features + 1);
            interactions have one dimension more.
        """
        output = one_output(margin=margin, leaf=leaf, contributions=contributions, interactions=interactions)
        return self._predict(data, output, num_iteration, nthread, base_margin)

    def _predict(
        self, data: Any, output: str, num_iteration: int | None = None, nthread: int = 0, base_margin: Any = None
    ) -> np.ndarray:
        native = self._native if num_iteration is None else self._first_rounds(num_iteration)
        if _files.is_path(data):
            if base_margin is not None:
                raise TypeError("base_margin: what goes with the rows of a file is in a column of it, the one of training")
            values = native.predict_files(_files.paths(data), output, nthread)
            return values.astype(np.uint32) if output == "leaf" else values
        if type(data) is np.ndarray and self._takes_arrays and base_margin is None and data.ndim == 2:
            try:
                values = native.predict_matrix(data, output, nthread)
            except TypeError:
                # No array that can be read where it is.
                values = native.predict_dataset(native_dataset(data), output, nthread)
        else:
            dataset = native_dataset(data, base_margin=base_margin, as_columns=not native.is_numeric)
            values = native.predict_dataset(dataset, output, nthread)
        return values.astype(np.uint32) if output == "leaf" else values

    def explanation(self, data: Any, *, nthread: int = 0) -> Any:
        """What features contribute to predictions, as the package shap has it, for its plots.

        Parameters
        ----------
        data : array-like, frame or sparse matrix, of shape (rows, features)
        nthread : int
            The number of threads; 0: as many as this process may use.

        Returns
        -------
        shap.Explanation
            Of shape (rows, features), or (rows, features, outputs) where there are several outputs, in the space of margins.
        """
        try:
            import shap
        except ImportError as error:
            raise ImportError("an explanation is an object of the package shap: pip install shap") from error
        values = self.predict(data, contributions=True, nthread=nthread)
        if values.ndim == 3:
            values = np.moveaxis(values, 1, 2)
        values, base = values[:, :-1], values[:, -1]
        columns = shown(data, self.feature_name() if self._native.named else None)
        is_numeric = all(isinstance(column, np.ndarray) for column in columns)
        table = np.column_stack(columns) if is_numeric else np.array([list(c) for c in columns], dtype=object).T
        return shap.Explanation(values, base_values=base, data=table, feature_names=self.feature_name())

    def _first_rounds(self, count: int) -> _sapwood.Model:
        if count <= 0:
            return self._native
        return self._native.truncated(min(count, self._native.num_rounds), None)

    def save_model(self, path: str | os.PathLike[str]) -> Booster:
        """Write the model to a file, whole or not at all. The command `sapwood` and the scoring library read it, too."""
        self._native.save(os.fspath(path))
        return self

    def to_bytes(self) -> bytes:
        """The bytes of the model's file. Equal data and parameters give equal bytes."""
        return self._native.to_bytes()

    def dump_model(self) -> dict[str, Any]:
        """The whole model as a dictionary, for people and programs to look at."""
        return json.loads(self._native.to_json())

    def trees_to_dataframe(self) -> Any:
        """All nodes as a pandas frame, with XGBoost's columns.

        Returns
        -------
        pandas.DataFrame
            `Split` is the threshold, `Category` the levels that go left (`Yes`); the `Gain` of a leaf is its value.
        """
        import pandas

        def row(tree: int, index: int, node: dict[str, Any]) -> dict[str, Any]:
            made = {"Tree": tree, "Node": index, "ID": f"{tree}-{index}", "Feature": node.get("feature", "Leaf")}
            made |= {"Split": node.get("threshold"), "Category": node.get("levels"), "Cover": node["cover"]}
            if "leaf" in node:
                return made | {"Yes": None, "No": None, "Missing": None, "Gain": node.get("value", node.get("linear"))}
            left, right = (f"{tree}-{node[side]}" for side in ("left", "right"))
            missing = left if node["missing"] == "left" else right
            return made | {"Yes": left, "No": right, "Missing": missing, "Gain": node["gain"]}

        trees = enumerate(self.dump_model()["trees"])
        rows = [row(number, index, node) for number, tree in trees for index, node in enumerate(tree["nodes"])]
        order = ["Tree", "Node", "ID", "Feature", "Split", "Yes", "No", "Missing", "Gain", "Cover", "Category"]
        return pandas.DataFrame(rows, columns=order)

    def feature_importance(self, importance_type: str = "gain") -> np.ndarray:
        """How much each feature contributes.

        `weight` (LightGBM's `split`) is the number of its splits, `gain` and `cover` are means over them, `total_gain` and
        `total_cover` sums.
        """
        return self._native.importance("weight" if importance_type == "split" else importance_type)

    def get_score(self, importance_type: str = "weight") -> dict[str, float]:
        """The same by name, of the features that have splits, as in XGBoost."""
        named = zip(self.feature_name(), self.feature_importance(importance_type), strict=False)
        used = self._native.importance("weight")
        return {name: float(value) for (name, value), weight in zip(named, used, strict=True) if weight}

    def get_split_value_histogram(self, feature: int | str, bins: int | str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """How many splits of a numeric feature have their thresholds where, as in LightGBM.

        Parameters
        ----------
        feature : int or str
            The feature, by its position or its name.
        bins : int or str, optional
            The number of bins, or a rule of `numpy.histogram_bin_edges`. Default: the number of distinct thresholds.

        Returns
        -------
        (numpy.ndarray, numpy.ndarray)
            The number of splits in each bin, and the bins' edges.
        """
        names = self.feature_name()
        name = feature if isinstance(feature, str) else names[feature]
        if name not in names:
            raise ValueError(f"there is no feature {name!r}; there are {', '.join(names[:20])}")
        kind = self.feature_types[names.index(name)]
        if kind not in ("numeric", "boolean"):
            raise ValueError(f"feature {name!r} is {kind}, so its splits have no thresholds that are numbers")
        nodes = (node for tree in self.dump_model()["trees"] for node in tree["nodes"])
        thresholds = np.array([node["threshold"] for node in nodes if node.get("feature") == name], dtype=np.float64)
        return np.histogram(thresholds, max(len(np.unique(thresholds)), 1) if bins is None else bins)

    def feature_name(self) -> list[str]:
        """The names of features; `f0`, `f1`, … where the training data had none."""
        return self._native.feature_names

    @property
    def feature_names(self) -> list[str]:
        """The names of features."""
        return self._native.feature_names

    @property
    def feature_types(self) -> list[str]:
        """The types of features: numeric, boolean, date, datetime, categorical."""
        return self._native.feature_types

    @property
    def categories(self) -> dict[str, list[str]]:
        """The levels of categorical features."""
        return dict(self._native.levels)

    @property
    def best_iteration(self) -> int | None:
        """The best round by early stopping, counted from 0; the model ends with it."""
        return self._native.best_iteration

    @property
    def best_score(self) -> float | None:
        """The value of the metric that decided early stopping, in the best round."""
        return self._native.best_score

    @property
    def objective(self) -> str:
        """What was minimised."""
        return self._native.objective

    @property
    def classes(self) -> list[str] | None:
        """The texts of labels in class order, where labels were texts."""
        return self._native.classes

    @property
    def params(self) -> dict[str, str]:
        """The parameters that decided the model."""
        return dict(self._native.params)

    def num_boosted_rounds(self) -> int:
        """The number of rounds."""
        return self._native.num_rounds

    def num_trees(self) -> int:
        """The number of trees."""
        return self._native.num_trees

    def num_feature(self) -> int:
        """The number of features."""
        return self._native.num_features


def _from_bytes(model_bytes: bytes) -> Booster:
    return Booster(model_bytes=model_bytes)
