"""The FSx for Lustre CSI driver: what its StorageClass, volumes and claims may say (its docs/options.md and FSx's CreateFileSystem)."""

from __future__ import annotations

import re

from .problems import Problem, Problems, get, listed, mapped

DRIVER = "fsx.csi.aws.com"
FLAG = "true|false"
# Parameters of a StorageClass, all of them strings, and the pattern of each value.
PARAMETERS = {
    "subnetId": r"subnet-[0-9a-f]{8,17}",
    "securityGroupIds": r"sg-[0-9a-f]{8,17}(,sg-[0-9a-f]{8,17})*",
    "deploymentType": "SCRATCH_1|SCRATCH_2|PERSISTENT_1|PERSISTENT_2",
    "storageType": "SSD|HDD|INTELLIGENT_TIERING",
    "perUnitStorageThroughput": "12|40|50|100|125|200|250|500|1000",
    "driveCacheType": "NONE|READ",
    "s3ImportPath": r"s3://[^/]+(/.*)?",
    "s3ExportPath": r"s3://[^/]+(/.*)?",
    "autoImportPolicy": "NONE|NEW|NEW_CHANGED|NEW_CHANGED_DELETED",
    "kmsKeyId": ".+",
    "dataCompressionType": "NONE|LZ4",
    "automaticBackupRetentionDays": "[0-9]|[1-8][0-9]|90",
    "dailyAutomaticBackupStartTime": "([01][0-9]|2[0-3]):[0-5][0-9]",
    "weeklyMaintenanceStartTime": "[1-7]:([01][0-9]|2[0-3]):[0-5][0-9]",
    "copyTagsToBackups": FLAG,
    "fileSystemTypeVersion": r"2\.10|2\.12|2\.15",
    "extraTags": "[^=,]+=[^=,]*(,[^=,]+=[^=,]*)*",
    "efaEnabled": FLAG,
    "metadataConfigurationMode": "AUTOMATIC|USER_PROVISIONED",
    "metadataIops": "[0-9]+",
    "throughputCapacity": "[0-9]+",
    "dataReadCacheSizingMode": "NO_CACHE|PROPORTIONAL_TO_THROUGHPUT_CAPACITY|USER_PROVISIONED",
    "dataReadCacheSizeGiB": "[0-9]+",
    "skipFinalBackup": FLAG,
}
THROUGHPUT = {
    ("PERSISTENT_1", "SSD"): {"50", "100", "200"},
    ("PERSISTENT_1", "HDD"): {"12", "40"},
    ("PERSISTENT_2", "SSD"): {"125", "250", "500", "1000"},
}
# What the driver says it can do; a claim that asks for ReadOnlyMany stays pending.
ACCESS_MODES = ("ReadWriteOnce", "ReadWriteMany")


def storage_class(value: dict) -> Problems:
    """Problems of a StorageClass."""
    if value.get("provisioner") != DRIVER:
        yield Problem(("provisioner",), f"'{value.get('provisioner')}' is not {DRIVER}")
        return
    given = mapped(value, "parameters")
    for name in ("subnetId", "securityGroupIds"):
        if name not in given:
            yield Problem(("parameters",), f"{name} is missing")
    for name, text in given.items():
        if name not in PARAMETERS:
            yield Problem(("parameters", name), f"the driver has no parameter '{name}'")
        elif not re.fullmatch(PARAMETERS[name], str(text)):
            yield Problem(("parameters", name), f"'{text}' does not match {PARAMETERS[name]}")
    yield from (Problem(("parameters",), message) for message in _together(given))


def _together(given: dict) -> list[str]:
    deployment, storage = given.get("deploymentType", "SCRATCH_1"), given.get("storageType", "SSD")
    throughput, wrong = given.get("perUnitStorageThroughput"), []
    if deployment.startswith("PERSISTENT") and storage != "INTELLIGENT_TIERING":
        allowed = THROUGHPUT.get((deployment, storage), set())
        if throughput not in allowed:
            wrong.append(f"{deployment} with {storage} takes a perUnitStorageThroughput of {sorted(allowed, key=int)}, not {throughput}")
    elif throughput:
        wrong.append(f"perUnitStorageThroughput means nothing with {deployment} and {storage}")
    if deployment == "PERSISTENT_2":
        if given.get("fileSystemTypeVersion") == "2.10":
            wrong.append("PERSISTENT_2 needs Lustre 2.12 or 2.15")
        if {"s3ImportPath", "s3ExportPath", "autoImportPolicy"} & set(given):
            wrong.append("PERSISTENT_2 is linked to S3 by a data repository association, which this driver cannot make")
    return wrong


def file_system(request: dict) -> Problems:
    """Problems of CreateFileSystem: the same rules, in the API's words."""
    lustre = mapped(request, "LustreConfiguration")
    names = {"deploymentType": lustre.get("DeploymentType"), "storageType": request.get("StorageType"),
             "perUnitStorageThroughput": lustre.get("PerUnitStorageThroughput"),
             "fileSystemTypeVersion": request.get("FileSystemTypeVersion"),
             "s3ImportPath": lustre.get("ImportPath"), "s3ExportPath": lustre.get("ExportPath")}
    given = {name: str(value) for name, value in names.items() if value is not None}
    yield from (Problem(("LustreConfiguration",), message) for message in _together(given))
    capacity = request.get("StorageCapacity", 0)
    if capacity != 1200 and (capacity % 2400 or not capacity):
        yield Problem(("StorageCapacity",), f"{capacity} is neither 1200 nor a multiple of 2400")


def persistent_volume(value: dict) -> Problems:
    """Problems of a PersistentVolume."""
    source = mapped(value, "spec", "csi")
    if source.get("driver") != DRIVER:
        yield Problem(("spec", "csi", "driver"), f"'{source.get('driver')}' is not {DRIVER}")
    handle, attributes = str(source.get("volumeHandle")), mapped(source, "volumeAttributes")
    if not re.fullmatch(r"fs-[0-9a-f]{8,17}", handle):
        yield Problem(("spec", "csi", "volumeHandle"), f"'{handle}' is no file system")
    for name in sorted({"dnsname", "mountname"} ^ set(attributes)):
        yield Problem(("spec", "csi", "volumeAttributes"), f"{name} is {'missing' if name not in attributes else 'unknown'}")
    if not str(attributes.get("dnsname", handle)).startswith(handle):
        yield Problem(("spec", "csi", "volumeAttributes", "dnsname"), f"is not the name of {handle}")
    yield from _access_modes(value)


def claim(value: dict) -> Problems:
    """Problems of a PersistentVolumeClaim."""
    yield from _access_modes(value)


def _access_modes(value: dict) -> Problems:
    for position, mode in enumerate(listed(value, "spec", "accessModes")):
        if mode not in ACCESS_MODES:
            yield Problem(("spec", "accessModes", position), f"the driver has {', '.join(ACCESS_MODES)}, not '{mode}'")
    if get(value, "spec", "storageClassName") is None:
        yield Problem(("spec",), "name a storageClassName (\"\" for none); without one the cluster's default class is taken")
