"""eksctl's ClusterConfig, as far as this project uses it: strict, so a field that is used for the first time is added here first."""

from __future__ import annotations

from . import core, iam, schema
from .problems import Problem, Problems, get, listed
from .schema import BOOLEAN, INTEGER, STRING, STRINGS, array, closed, one_of

API_VERSION = "eksctl.io/v1alpha5"

ROLE = {
    "roleARN": STRING, "roleName": STRING, "permissionPolicy": {"type": "object"}, "permissionPolicyARNs": array(STRING),
    "permissionsBoundaryARN": STRING, "tags": STRINGS, "createServiceAccount": BOOLEAN,
}
TAINT = closed(["key", "effect"], key=STRING, value=STRING, effect=one_of("NoSchedule", "PreferNoSchedule", "NoExecute"))
NODE_GROUP = closed(
    ["name"], name=STRING, instanceType=STRING, instanceTypes=array(STRING), spot=BOOLEAN, amiFamily=STRING, desiredCapacity=INTEGER,
    minSize=INTEGER, maxSize=INTEGER, volumeSize=INTEGER, volumeType=one_of("gp2", "gp3", "io1", "sc1", "st1"), privateNetworking=BOOLEAN,
    availabilityZones=array(STRING), subnets=array(STRING), labels=STRINGS, tags=STRINGS, taints=array(TAINT),
)
ADDON = closed(
    ["name"], name=STRING, version=STRING, configurationValues=STRING, tags=STRINGS,
    resolveConflicts=one_of("none", "overwrite", "preserve"), useDefaultPodIdentityAssociations=BOOLEAN,
    podIdentityAssociations=array(closed(["serviceAccountName"], serviceAccountName=STRING, **ROLE)),
)
CLUSTER = schema.resource(
    API_VERSION, "ClusterConfig",
    metadata=closed(["name", "region"], name=STRING, region=STRING, tags=STRINGS,
                    version={"type": "string", "pattern": r"^1\.[0-9]{2}$"}),
    availabilityZones={**array(STRING), "minItems": 2},
    vpc=closed(id=STRING, cidr=STRING, nat=closed(gateway=one_of("Disable", "Single", "HighlyAvailable"))),
    addons=array(ADDON),
    iam=closed(withOIDC=BOOLEAN, podIdentityAssociations=array(
        closed(["namespace", "serviceAccountName"], namespace=STRING, serviceAccountName=STRING, **ROLE))),
    managedNodeGroups=array(NODE_GROUP),
)


def against(value: dict) -> Problems:
    """Where the configuration is not as eksctl takes it, or its parts do not fit together."""
    wrong = list(schema.against(CLUSTER, value))
    yield from wrong
    if wrong:
        return
    zones, region = listed(value, "availabilityZones"), value["metadata"]["region"]
    version = get(value, "metadata", "version")
    if version != core.RELEASE:
        yield Problem(("metadata",), f"the cluster is of version {version}, and the manifests are checked against {core.RELEASE} (core.py)")
    for position, zone in enumerate(zones):
        if not zone.startswith(region):
            yield Problem(("availabilityZones", position), f"{zone} is not in {region}")
    for position, group in enumerate(listed(value, "managedNodeGroups")):
        for zone in set(listed(group, "availabilityZones")) - set(zones):
            yield Problem(("managedNodeGroups", position, "availabilityZones"), f"the cluster has no zone {zone}")
    if not any(addon["name"] == "eks-pod-identity-agent" for addon in listed(value, "addons")):
        yield Problem(("addons",), "pod identities need the add-on eks-pod-identity-agent")
    for position, association in enumerate(listed(value, "iam", "podIdentityAssociations")):
        if get(association, "permissionPolicy") is not None:
            keys = ("iam", "podIdentityAssociations", position, "permissionPolicy")
            yield from (problem.under(*keys) for problem in iam.against(association["permissionPolicy"], trust=False))
