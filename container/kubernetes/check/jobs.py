"""What a training or tuning request must be for this image and FSx to work together, beyond what SageMaker's API checks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .problems import Problem, Problems, get, listed, mapped

# A round as the trainer prints it, and as CloudWatch keeps the tabulators.
ROUND = "[9]\ttrain-{metric}:0.25000\tvalidation-{metric}:0.50000"
SCORES = {"train": 0.25, "validation": 0.5}


def parameters(root: Path) -> set[str]:
    """Every name that docs/PARAMETERS.md lists, aliases too."""
    names: set[str] = set()
    for line in (root / "docs/PARAMETERS.md").read_text(encoding="utf-8").splitlines():
        cells = line.split("|")
        if line.startswith("| `"):
            # Name and aliases; where the table has no aliases, the type, which is no code.
            names.update(re.findall(r"`([^`]+)`", "|".join(cells[1:3])))
    return names


def hyperparameters(values: dict, known: set[str]) -> Problems:
    """Names that the trainer would refuse, and values that are not strings, which the platform would."""
    for name, value in values.items():
        if name not in known:
            yield Problem((name,), f"the trainer has no parameter '{name}' (docs/PARAMETERS.md)")
        if not isinstance(value, str):
            yield Problem((name,), f"{value!r} must be a string: SageMaker passes on nothing else")


def training(request: dict, known: set[str]) -> Problems:
    """Problems of CreateTrainingJob."""
    yield from (problem.under("HyperParameters") for problem in hyperparameters(mapped(request, "HyperParameters"), known))
    if "num_round" not in mapped(request, "HyperParameters"):
        yield Problem(("HyperParameters",), "num_round is missing, which has no default")
    yield from _definition(request)


def tuning(request: dict, known: set[str]) -> Problems:
    """Problems of CreateHyperParameterTuningJob."""
    if "TrainingJobDefinitions" in request:
        yield Problem(("TrainingJobDefinitions",), "this check has rules for TrainingJobDefinition alone")
        return
    definition = mapped(request, "TrainingJobDefinition")
    static = mapped(definition, "StaticHyperParameters")
    yield from (problem.under("TrainingJobDefinition", "StaticHyperParameters") for problem in hyperparameters(static, known))
    yield from (problem.under("TrainingJobDefinition") for problem in _definition(definition))
    configuration = ("HyperParameterTuningJobConfig",)
    metric = get(request, *configuration, "HyperParameterTuningJobObjective", "MetricName")
    names = [get(one, "Name") for one in listed(definition, "AlgorithmSpecification", "MetricDefinitions")]
    if metric not in names:
        yield Problem(configuration, f"nothing in MetricDefinitions is called '{metric}', the objective")
    for kind, ranges in mapped(request, *configuration, "ParameterRanges").items():
        for position, one in enumerate(ranges):
            keys = (*configuration, "ParameterRanges", kind, position)
            yield from (Problem(keys, message) for message in _range(one, static, known))


def _range(one: dict, static: dict, known: set[str]) -> list[str]:
    name, wrong = one.get("Name"), []
    if name not in known:
        wrong.append(f"the trainer has no parameter '{name}' (docs/PARAMETERS.md)")
    if name in static:
        wrong.append(f"'{name}' is static, too")
    try:
        if "MinValue" in one and float(one["MinValue"]) >= float(one["MaxValue"]):
            wrong.append(f"MinValue {one['MinValue']} is not below MaxValue {one['MaxValue']}")
    except (KeyError, ValueError):
        wrong.append("MinValue and MaxValue must be numbers")
    return wrong


def _definition(request: dict) -> Problems:
    # Not required by the API any more, as a job may be serverless or its instances chosen by the tuner. Ours are neither.
    for name in ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition"):
        if name not in request:
            yield Problem((), f"{name} is missing")
    for name in ("InstanceType", "InstanceCount", "VolumeSizeInGB"):
        if name not in mapped(request, "ResourceConfig"):
            yield Problem(("ResourceConfig",), f"{name} is missing")
    if "MaxRuntimeInSeconds" not in mapped(request, "StoppingCondition"):
        yield Problem(("StoppingCondition",), "MaxRuntimeInSeconds is missing: a job that hangs would run, and cost, for a day")
    yield from _channels(request)
    yield from _metrics(request)
    stopping = mapped(request, "StoppingCondition")
    if request.get("EnableManagedSpotTraining"):
        if "CheckpointConfig" not in request:
            yield Problem((), "a spot job without CheckpointConfig begins anew when it is interrupted")
        if stopping.get("MaxWaitTimeInSeconds", 0) < stopping.get("MaxRuntimeInSeconds", 0):
            yield Problem(("StoppingCondition",), "with spot instances MaxWaitTimeInSeconds must be at least MaxRuntimeInSeconds")


def _channels(request: dict) -> Problems:
    directories: dict[str, str] = {}
    for position, channel in enumerate(listed(request, "InputDataConfig")):
        source = mapped(channel, "DataSource", "FileSystemDataSource")
        if not source:
            continue
        keys = ("InputDataConfig", position)
        directory, name = str(source.get("DirectoryPath")).rstrip("/"), channel.get("ChannelName")
        where = ("DataSource", "FileSystemDataSource", "DirectoryPath")
        if channel.get("InputMode", get(request, "AlgorithmSpecification", "TrainingInputMode")) != "File":
            yield Problem((*keys, "InputMode"), "a file system is mounted in File mode only")
        if source.get("FileSystemType") == "FSxLustre":
            yield from (problem.under(*keys, *where) for problem in _mount_name(directory))
        for other, other_name in directories.items():
            if f"{directory}/".startswith(f"{other}/") or f"{other}/".startswith(f"{directory}/"):
                yield Problem((*keys, *where), f"{directory} of '{name}' and {other} of '{other_name}' hold the same files")
        directories[directory] = name
        if not request.get("VpcConfig"):
            yield Problem((), "a file system is reached through VpcConfig only")


def _mount_name(directory: str) -> Problems:
    mount = directory.split("/")[1] if directory.startswith("/") else None
    if mount is None or not re.fullmatch(r"[a-z0-9]{8}", mount):
        yield Problem((), f"{directory} must begin with the file system's MountName, as in /abcdefgh/data; only SCRATCH_1's is fsx")


def _metrics(request: dict) -> Problems:
    for position, definition in enumerate(listed(request, "AlgorithmSpecification", "MetricDefinitions")):
        keys = ("AlgorithmSpecification", "MetricDefinitions", position)
        name, pattern = str(definition.get("Name")), str(definition.get("Regex"))
        yield from (Problem((*keys, "Regex"), message) for message in _scraped(name, pattern))


def _scraped(name: str, pattern: str) -> list[str]:
    side, _, metric = name.partition(":")
    if side not in SCORES or not metric:
        return [f"'{name}' should be train:METRIC or validation:METRIC"]
    line = ROUND.format(metric=metric)
    try:
        found: list[Any] = [re.search(pattern, text) for text in (line, line.replace("\t", "#011"))]
        scores = [float(one.group(1)) if one else None for one in found]
    except (re.error, IndexError, ValueError) as error:
        return [f"{pattern} does not find a number in {line!r}: {error}"]
    return [] if scores == [SCORES[side]] * 2 else [f"{pattern} finds {scores[0]} in {line!r}, not {side}'s {SCORES[side]}"]
