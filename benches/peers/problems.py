"""Real sets for every kind of label: what is known of each row, what is to be learnt, and which rows belong together."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

import ranking
import sets
from fits import Data
from peers import ordinal
from tables import rdataset, survset, with_categories

# What was known of a person before the year of the RAND Health Insurance Experiment that is to be predicted.
RAND_FEATURES = [
    "plan", "site", "coins", "tookphys", "year", "black", "income", "xage", "female", "educdec", "time", "num", "mhi", "disea",
    "physlm", "ghindx", "mdeoff", "pioff", "child", "fchild", "lfam", "lpi", "idp", "logc", "fmde", "hlthg", "hlthf", "hlthp",
]  # fmt: skip
# Classes of fewer rows are left out.
LEAST_ROWS = 50


@dataclass(frozen=True)
class Problem:
    """Rows to split: those of the same unit stay together."""

    name: str
    data: Data
    units: np.ndarray

    @property
    def title(self) -> str:
        rows, columns = self.data.features.shape
        return f"{self.name} {rows:,} × {columns}"


def problem(
    name: str, features: pd.DataFrame, label: np.ndarray, units: np.ndarray | None = None, group: np.ndarray | None = None
) -> Problem:
    """Rows that stand for themselves, unless there are units or query groups."""
    units = group if units is None else units
    data = Data(features.reset_index(drop=True), np.asarray(label, np.float64), group)
    return Problem(name, data, np.arange(len(features)) if units is None else pd.factorize(units)[0])


def of_manifest(name: str) -> Problem:
    data = sets.load(name)
    return problem(name, data.features, data.label)


def coded(known: Problem) -> Problem:
    """Categories as numbers, for trees with vectors in their leaves: XGBoost 3.2 takes no others."""
    features = ordinal(known.data.features, sets.categorical(known.data.features))
    return replace(known, name=f"{known.name}, categories as numbers", data=replace(known.data, features=features))


def diamonds() -> Problem:
    return of_manifest("diamonds")


def log_diamonds() -> Problem:
    data = sets.load("diamonds")
    return problem("log(diamonds)", data.features, np.log(data.label))


def adult() -> Problem:
    return of_manifest("adult")


def hotel() -> Problem:
    """The price of a room for a night."""
    table = rdataset("modeldata", "hotel_rates").drop(columns="arrival_date")
    return problem("hotel_rates", table.drop(columns="avg_price_per_room"), table["avg_price_per_room"])


def deliveries() -> Problem:
    """Minutes until an order arrives."""
    table = rdataset("modeldata", "deliveries")
    return problem("deliveries", table.drop(columns="time_to_delivery"), table["time_to_delivery"])


def churn() -> Problem:
    table = rdataset("modeldata", "mlc_churn")
    return problem("mlc_churn", table.drop(columns="churn"), table["churn"] == "yes")


def food_share() -> Problem:
    """The share of a household's expenses that goes into food."""
    table = rdataset("Ecdat", "BudgetFood").dropna()
    return problem("BudgetFood", table.drop(columns="wfood"), table["wfood"])


def pupils() -> Problem:
    """Marks in reading and mathematics, by pupil."""
    table = rdataset("mlmRev", "star").dropna(subset=["read", "math"])
    return problem("star", table.drop(columns=["id", "tch", "read", "math"]), table[["read", "math"]], table["id"])


def coded_pupils() -> Problem:
    return coded(pupils())


def crashes() -> Problem:
    """How badly people are hurt in crashes of cars, by crash: seven grades."""
    table = rdataset("DAAG", "nassCDS").dropna(subset="injSeverity")
    return problem(
        "nassCDS", table.drop(columns=["dead", "injSeverity", "caseid", "weight"]), table["injSeverity"], table["caseid"]
    )


def coded_crashes() -> Problem:
    return coded(crashes())


def rodents() -> Problem:
    """The species of a trapped animal."""
    table = rdataset("ratdat", "complete")
    counts = table["species_id"].value_counts()
    table = table[table["species_id"].isin(counts[counts >= LEAST_ROWS].index)]
    features = table[["month", "day", "year", "plot_id", "plot_type", "sex", "hindfoot_length", "weight"]]
    return problem("ratdat", features, pd.factorize(table["species_id"], sort=True)[0])


def coded_rodents() -> Problem:
    return coded(rodents())


def rand(label: str, keep: pd.Series | None = None, name: str = "") -> Problem:
    """The RAND Health Insurance Experiment: a person's claims in a year, by person."""
    table = rdataset("sampleSelection", "RandHIE")
    table = table if keep is None else table[keep]
    return problem(f"RandHIE {label}{name}", table[RAND_FEATURES], table[label], table["zper"])


def rand_visits() -> Problem:
    """How often a person saw a physician."""
    return rand("mdvis")


def rand_expenses() -> Problem:
    """Covered expenses; more than a fifth of them 0."""
    return rand("meddol")


def rand_claims() -> Problem:
    """Covered expenses of those who had any."""
    return rand("meddol", rdataset("sampleSelection", "RandHIE")["meddol"] > 0, " above 0")


def rand_outpatient() -> Problem:
    """Covered expenses outside hospitals, whose tail is lighter."""
    return rand("outpdol")


def rand_outpatient_claims() -> Problem:
    """Covered expenses outside hospitals of those who had any."""
    return rand("outpdol", rdataset("sampleSelection", "RandHIE")["outpdol"] > 0, " above 0")


def first_year() -> Problem:
    """Covered expenses of the first year of the experiment, from another selection of its rows: nearly a fifth of them 0."""
    table = rdataset("Ecdat", "MedExp")
    return problem("MedExp", table.drop(columns="med"), table["med"])


def injuries() -> Problem:
    """What injuries at work cost in medicine."""
    table = rdataset("wooldridge", "injury")
    table = table[table["totmed"] > 0]
    after = ["durat", "ldurat", "totmed", "ltotmed", "lprewage", "lage", "highlpre", "afhigh"]
    return problem("injury", table.drop(columns=after), table["totmed"])


def german_visits() -> Problem:
    """How often a person saw a physician in a year, by person."""
    table = rdataset("COUNT", "rwm5yr")
    levels = [f"edlevel{level}" for level in range(1, 5)]
    return problem("rwm5yr", table.drop(columns=["id", "docvis", "hospvis", *levels]), table["docvis"], table["id"])


def movielens() -> Problem:
    """Films in the order of their ratings, by user."""
    x, grades, user, _ = ranking.movielens(0)
    return problem("movielens", pd.DataFrame(x).add_prefix("f"), grades, group=user)


def liked_films() -> Problem:
    x, grades, user, _ = ranking.movielens(0)
    return problem("movielens 4 or more", pd.DataFrame(x).add_prefix("f"), grades >= 4, group=user)


def lecturers() -> Problem:
    """Lectures in the order of students' ratings, by student."""
    table = rdataset("lme4", "InstEval").astype({"s": int, "d": int})
    table, _ = ranking.with_what_is_known(table, "s", "d", "y", 0)
    return problem("InstEval", table.drop(columns=["s", "d", "y"]), table["y"] - 1, group=table["s"].to_numpy())


def patients(name: str, *, bounds: bool = False) -> Problem:
    """Times, negative where the event was not seen; or two bounds of them."""
    table = survset(name)
    times, seen = table["time"].to_numpy(np.float64), table["event"].to_numpy() == 1
    label = np.column_stack([times, np.where(seen, times, np.inf)]) if bounds else np.where(seen, times, -times)
    return problem(name, with_categories(table.drop(columns=["time", "event"])), label)


def support() -> Problem:
    return patients("support2")


def flchain() -> Problem:
    return patients("flchain")


def rhc() -> Problem:
    return patients("rhc")


def support_bounds() -> Problem:
    return patients("support2", bounds=True)


def flchain_bounds() -> Problem:
    return patients("flchain", bounds=True)
