"""Threads, forks and interrupts."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sapwood import Dataset, SapwoodRegressor, train


def test_predicting_from_many_threads(rows, target):
    booster = train({}, Dataset(rows, target), 50)
    x = np.tile(rows, (50, 1))
    expected = booster.predict(x)

    def work(part):
        return all((booster.predict(x[part::8]) == expected[part::8]).all() for _ in range(10))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_other_threads_run_while_it_trains():
    x = np.random.default_rng(0).normal(size=(50_000, 10))
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    begin = time.monotonic()
    train({}, Dataset(x, x[:, 0]), 30).predict(x)
    end = time.monotonic()
    done.set()
    thread.join()
    during = [tick for tick in ticks if begin <= tick <= end]
    assert len(during) > 10


def _fit_and_predict(seed):
    x = np.random.default_rng(seed).normal(size=(5000, 5))
    booster = train({}, Dataset(x, x[:, 0]), 5)
    return float(np.abs(booster.predict(np.tile(x, (20, 1)))).sum())


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forks_after_a_fit_train_and_predict(rows, target):
    x = np.tile(rows, (100, 1))
    booster = SapwoodRegressor(n_estimators=20).fit(rows, target)
    booster.predict(x)
    expected = [_fit_and_predict(seed) for seed in range(4)]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(_fit_and_predict, range(4)).get(timeout=120) == expected
        predictions = pool.map_async(booster.predict, [x, x[::2]]).get(timeout=120)
    np.testing.assert_array_equal(predictions[0], booster.predict(x))


def test_an_interrupt_ends_training_between_rounds(rows, target):
    data = Dataset(np.tile(rows, (100, 1)), np.tile(target, 100))
    for keywords in ({}, {"callbacks": [lambda env: None]}):
        timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
        begin = time.monotonic()
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            train({}, data, 1_000_000, **keywords)
        assert time.monotonic() - begin < 60
        timer.join()
    # The next training is as if nothing had been.
    assert train({}, data, 2).num_boosted_rounds() == 2


def test_arrays_are_kept_alive(rows, target):
    data = Dataset(rows.copy(), target.copy())
    expected = train({}, Dataset(rows, target), 5).to_bytes()
    for _ in range(50):
        np.full_like(rows, 7.0)
    assert train({}, data, 5).to_bytes() == expected
