"""The gradients of LambdaMART, written plainly, against the leaves of XGBoost's trees; then the numbers of Sapwood's unit test.

    python lambdarank.py
"""

import numpy as np
import xgboost


def gradients(measure, grades, scores, *, pairs=32, normalised=True, by_distance=True, exp_gain=True, bias=None):
    """Gradients and hessians of a group's rows; with `bias`, those of positions, also the costs that these are estimated from."""
    count = len(grades)
    order = np.argsort(-scores, kind="stable")
    grade, score = grades[order], scores[order]
    gain, discount = (2.0**grade - 1 if exp_gain else grade), 1 / np.log2(np.arange(count) + 2)
    place, relevant = np.arange(count) + 1, grade.cumsum()
    reciprocals = (grade / place).cumsum()
    best = (np.sort(gain)[::-1] * discount)[:pairs].sum()
    factor = {"ndcg": 1 / best if best > 0 else 0, "map": 1 / max(relevant[-1], 1), "pairwise": 1}[measure]

    def change(i, j):
        if measure == "pairwise":
            return 1.0
        if measure == "ndcg":
            return abs((gain[i] - gain[j]) * (discount[i] - discount[j]))
        between = reciprocals[j - 1] - reciprocals[i]
        if grade[i] < grade[j]:
            return abs(relevant[j] / place[j] - (relevant[i] + 1) / place[i] - between)
        return abs(relevant[i] / place[i] - relevant[j] / place[j] + between)

    grad, hess, magnitude = np.zeros(count), np.zeros(count), 0.0
    costs = np.zeros((2, count))
    for i in range(min(pairs, count)):
        for j in range(i + 1, count):
            if grade[i] == grade[j]:
                continue
            up, down = (i, j) if grade[i] > grade[j] else (j, i)
            weight = change(i, j) * factor
            if by_distance and score[0] != score[-1]:
                weight /= abs(score[i] - score[j]) + 0.01
            right = 1 / (1 + np.exp(score[down] - score[up]))
            g, h = (right - 1) * weight, max(right * (1 - right), 1e-16) * weight * 2
            better, other = order[up], order[down]
            if bias is not None and max(better, other) < pairs:
                clicked, passed_over = bias[0][better], bias[1][other]
                g, h = g / (clicked * passed_over), h / (clicked * passed_over)
                costs[0, better] -= np.log(1 - right) * weight / passed_over
                costs[1, other] -= np.log(1 - right) * weight / clicked
            grad[[better, other]] += g, -g
            hess[[better, other]] += h
            magnitude -= 2 * g
    norm = np.log2(1 + magnitude) / magnitude if normalised and magnitude > 0 else 1.0
    return grad * norm, hess * norm, costs


def of_groups(measure, grades, scores, groups, weights=None, **settings):
    grad, hess = np.zeros(len(grades)), np.zeros(len(grades))
    for group in np.unique(groups):
        rows = groups == group
        weight = 1.0 if weights is None else weights[group] / np.mean([weights[other] for other in np.unique(groups)])
        grad[rows], hess[rows] = (weight * part for part in gradients(measure, grades[rows], scores[rows], **settings)[:2])
    return grad, hess


def worst_leaf(measure, grades, scores, groups, weights, settings, parameters):
    """How far a leaf of XGBoost's is from what the gradients of its rows give."""
    names = np.unique(groups)
    x = np.random.default_rng(1).normal(size=(len(grades), 3))
    data = xgboost.DMatrix(x, grades, qid=groups, weight=weights and [weights[name] for name in names], base_margin=scores)
    fixed = {"objective": f"rank:{measure}", "eta": 1, "lambda": 1, "max_depth": 4, "min_child_weight": 0}
    model = xgboost.train(fixed | parameters, data, 1)
    leaves, values = model.predict(data, pred_leaf=True), model.predict(data, output_margin=True) - scores
    grad, hess = of_groups(measure, grades, scores, groups, weights, **settings)
    parts = [leaves == leaf for leaf in np.unique(leaves)]
    assert len(parts) > 6
    return max(abs(values[rows][0] + grad[rows].sum() / (hess[rows].sum() + 1)) for rows in parts)


def against_xgboost():
    rng = np.random.default_rng(3)
    sizes = [1, 2, 5, 9, 40, 3, 7, 20]
    groups = np.repeat(np.arange(len(sizes)), sizes)
    grades = rng.integers(0, 4, len(groups)).astype(float)
    scores = np.round(rng.normal(size=len(groups)) * 2) / 2
    cases = [
        (None, {}, {}),
        (None, {"pairs": 3}, {"lambdarank_num_pair_per_sample": 3}),
        (None, {"normalised": False}, {"lambdarank_normalization": False}),
        (None, {"by_distance": False}, {"lambdarank_score_normalization": False}),
        (None, {"exp_gain": False}, {"ndcg_exp_gain": False}),
        ({group: 1.0 + group % 4 for group in range(len(sizes))}, {}, {}),
    ]
    for measure in ["ndcg", "map", "pairwise"]:
        y = (grades > 1).astype(float) if measure == "map" else grades
        for weights, settings, parameters in cases:
            worst = worst_leaf(measure, y, scores, groups, weights, settings, parameters)
            print(f"rank:{measure} {parameters or ('weights' if weights else '')}: {worst:.1e}")
            assert worst < 1e-6


def numbers_of_the_test():
    groups = np.array([4, 2, 4, 4, 2, 9, 4, 2, 2, 4, 4, 2])
    grades = np.array([0, 1, 2, 0, 0, 1, 3, 2, 1, 1, 0, 3.0])
    scores = np.array([0.5, -0.5, -1, 0.5, 0.5, 0, 0.25, -0.5, 1.5, -1, -2, 0])

    def show(name, parts):
        for part in parts:
            print(name, "[" + ", ".join(f"{number:.7f}" for number in part) + "]")

    show("ndcg", of_groups("ndcg", grades, scores, groups))
    show("of the first 2", of_groups("ndcg", grades, scores, groups, pairs=2))
    show("not normalised", of_groups("ndcg", grades, scores, groups, normalised=False, by_distance=False))
    show("linear gain", of_groups("ndcg", grades, scores, groups, exp_gain=False))
    show("pairwise", of_groups("pairwise", grades, scores, groups))
    show("map", of_groups("map", (grades > 1).astype(float), scores, groups))
    show("weights", of_groups("ndcg", grades, scores, groups, {4: 1.5, 2: 0.75, 9: 3.0}))
    bias = np.ones((2, 4))
    for _ in range(2):
        parts, costs = of_groups("ndcg", grades, scores, groups, pairs=4, bias=bias), np.zeros((2, 4))
        for group in np.unique(groups):
            rows = groups == group
            found = gradients("ndcg", grades[rows], scores[rows], pairs=4, bias=bias)[2]
            costs[:, : min(4, rows.sum())] += found[:, :4]
        bias = np.sqrt(costs / costs[:, :1])
    show("position bias, second round", parts)


if __name__ == "__main__":
    against_xgboost()
    numbers_of_the_test()
