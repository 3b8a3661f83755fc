"""Kubeflow Trainer's resources, as far as this project uses them: strict, so a field that is used for the first time is added here first."""

from __future__ import annotations

from . import core, schema
from .problems import Problem, Problems, get, listed
from .schema import INTEGER, STRING, STRINGS, array, closed, one_of

API_VERSION = "trainer.kubeflow.org/v1alpha1"

RUNTIME = schema.resource(
    API_VERSION, "TrainingRuntime",
    spec=closed(
        ["mlPolicy", "template"],
        mlPolicy=closed(["numNodes", "xgboost"], numNodes=INTEGER, xgboost=closed()),
        template=closed(["spec"], spec=closed(["replicatedJobs"], replicatedJobs=array(closed(
            ["name", "template"], name=STRING,
            template=closed(["metadata", "spec"], metadata=closed(labels=STRINGS, annotations=STRINGS), spec={"type": "object"}),
        )))),
    ),
)
JOB = schema.resource(
    API_VERSION, "TrainJob",
    spec=closed(
        ["runtimeRef", "trainer"],
        runtimeRef=closed(["name"], apiGroup={"const": "trainer.kubeflow.org"}, kind=one_of("TrainingRuntime", "ClusterTrainingRuntime"), name=STRING),
        trainer=closed(["numNodes"], numNodes=INTEGER),
    ),
)
SCHEMAS = {"TrainingRuntime": RUNTIME, "TrainJob": JOB}
STEP = "trainer.kubeflow.org/trainjob-ancestor-step"


def against(value: dict) -> Problems:
    """Where the resource is not as the controller takes it."""
    wrong = list(schema.against(SCHEMAS[value["kind"]], value))
    yield from wrong
    if wrong or value["kind"] != "TrainingRuntime":
        return
    way = ("spec", "template", "spec", "replicatedJobs")
    for position, replicated in enumerate(listed(value, *way)):
        keys = (*way, position, "template")
        template = replicated["template"]
        if get(template, "metadata", "labels", STEP) != "trainer":
            yield Problem((*keys, "metadata"), f"the label {STEP} is not trainer, so the controller passes the job over")
        job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": replicated["name"]}, "spec": template["spec"]}
        yield from (problem.under(*keys) for problem in core.against(job) if problem.keys[:1] == ("spec",))
        containers = listed(template["spec"], "template", "spec", "containers")
        if not any(get(container, "name") == "node" for container in containers):
            yield Problem((*keys, "spec"), "no container is called node, which the controller gives its variables to")
