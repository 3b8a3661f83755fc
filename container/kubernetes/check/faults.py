"""The faults that the self-test plants, by sort of document. A tail is the last parts of the way to a value; * is any position."""

from __future__ import annotations

# A value that is not in the enumeration, wherever the tail occurs.
WRONG_VALUES = {
    "fileSystemType": "Lustre", "FileSystemDataSource.FileSystemType": "Lustre", "fileSystemAccessMode": "RO", "FileSystemAccessMode": "RO",
    "trainingInputMode": "file", "TrainingInputMode": "file", "inputMode": "Fast", "InputMode": "Fast", "compressionType": "gzip",
    "resourceConfig.instanceType": "ml.m5.huge", "ResourceConfig.InstanceType": "ml.m5.huge", "strategy": "Bayes", "Strategy": "Bayes",
    "scalingType": "Log", "ScalingType": "Log", "trainingJobEarlyStoppingType": "On", "TrainingJobEarlyStoppingType": "On",
    "type_": "Minimise", "HyperParameterTuningJobObjective.Type": "Minimise",
    "DeploymentType": "PERSISTENT", "StorageType": "NVME", "DataCompressionType": "ZSTD", "Events.*": "RENAMED",
    "IpProtocol": "udp", "Effect": "allow", "Version": "2012-10-18", "Action.*": "s3:ReadObject", "Statement.*.Action": "sts:BecomeRole",
    "deploymentType": "PERSISTENT_3", "storageType": "NVME", "dataCompressionType": "ZSTD", "perUnitStorageThroughput": "300",
    "reclaimPolicy": "Keep", "persistentVolumeReclaimPolicy": "Keep", "volumeMode": "File", "accessModes.*": "ReadWriteSome",
    "restartPolicy": "Sometimes", "rules.*.action": "Failjob", "onExitCodes.operator": "in", "onPodConditions.*.type": "Disrupted",
    "podReplacementPolicy": "Gone", "terminationMessagePolicy": "Log", "seccompProfile.type": "Default", "protocol": "HTTP",
    "spec.type": "Internal", "capabilities.drop.*": "all", "pod-security.kubernetes.io/warn": "strict",
    "gateway": "One", "runtimeRef.kind": "Runtime", "whenUnsatisfiable": "Never",
    "ProductionVariants.*.InstanceType": "ml.m5.huge", "TransformResources.InstanceType": "ml.m5.huge", "SplitType": "Lines",
    "AssembleWith": "Lines", "BatchStrategy": "Multi", "ModelDataUrl": "ftp://models/model.tar.gz", "EndpointName": "an endpoint",
    "ExecutionRoleArn": "arn:aws:iam::111122223333:user/somebody",
}
# Fields that must be there, by label of the document.
REQUIRED = {
    "sagemaker.services.k8s.aws/v1alpha1 TrainingJob": [
        "spec", "roleARN", "trainingJobName", "algorithmSpecification", "trainingInputMode", "outputDataConfig", "s3OutputPath",
        "resourceConfig", "stoppingCondition", "fileSystemID", "fileSystemType", "directoryPath", "channelName", "vpcConfig",
        "services.k8s.aws/region", "num_round", "checkpointConfig", "instanceType", "instanceCount",
        "maxRuntimeInSeconds",
    ],
    "sagemaker.services.k8s.aws/v1alpha1 HyperParameterTuningJob": [
        "hyperParameterTuningJobName", "hyperParameterTuningJobConfig", "strategy", "type_", "metricName", "maxParallelTrainingJobs",
        "trainingJobDefinition.roleARN", "trainingInputMode", "fileSystemID", "outputDataConfig", "stoppingCondition", "minValue",
        "trainingJobDefinition.resourceConfig", "instanceType",
    ],
    "sagemaker.aws.amazon.com/v1 TrainingJob": ["region", "roleArn", "volumeSizeInGB", "fileSystemId", "outputDataConfig", "channelName"],
    "request create-training-job": [
        "TrainingJobName", "RoleArn", "TrainingInputMode", "OutputDataConfig", "S3OutputPath", "FileSystemId", "FileSystemType",
        "FileSystemAccessMode", "DirectoryPath", "ChannelName", "VpcConfig", "num_round", "CheckpointConfig", "AlgorithmSpecification",
        "ResourceConfig", "StoppingCondition", "InstanceType", "InstanceCount", "VolumeSizeInGB", "MaxRuntimeInSeconds",
    ],
    "request create-hyper-parameter-tuning-job": [
        "HyperParameterTuningJobName", "HyperParameterTuningJobConfig", "Strategy", "MetricName", "MaxParallelTrainingJobs",
        "TrainingJobDefinition.RoleArn", "FileSystemId", "StoppingCondition", "MinValue",
    ],
    "request create-model": ["ModelName", "ExecutionRoleArn", "PrimaryContainer", "Image", "ModelDataUrl"],
    "request create-endpoint-config": [
        "EndpointConfigName", "ProductionVariants", "VariantName", "ModelName", "InstanceType", "InitialInstanceCount",
    ],
    "request create-endpoint": ["EndpointName", "EndpointConfigName"],
    "request create-transform-job": [
        "TransformJobName", "ModelName", "TransformInput", "TransformOutput", "TransformResources", "S3Uri", "S3OutputPath",
        "InstanceType", "InstanceCount", "ContentType", "SplitType",
    ],
    "request create-file-system": ["FileSystemType", "SubnetIds", "DeploymentType", "StorageCapacity"],
    "request create-data-repository-association": ["FileSystemId", "DataRepositoryPath"],
    "request authorize-security-group-ingress": ["FromPort", "IpProtocol", "UserIdGroupPairs"],
    "IAM policy": ["Version", "Statement", "Effect", "Action", "Resource"],
    "IAM trust policy": ["Version", "Statement", "Effect", "Action", "Principal"],
    "eksctl.io/v1alpha5 ClusterConfig": [
        "metadata", "metadata.name", "region", "serviceAccountName", "Statement.*.Effect",
    ],
    "trainer.kubeflow.org/v1alpha1 TrainingRuntime": ["mlPolicy", "mlPolicy.numNodes", "replicatedJobs", "containers"],
    "trainer.kubeflow.org/v1alpha1 TrainJob": ["metadata", "runtimeRef", "runtimeRef.name", "numNodes"],
    "v1 Namespace": ["metadata", "metadata.name"],
    "v1 ConfigMap": ["metadata", "metadata.name"],
    "v1 Pod": ["spec.containers", "metadata.name"],
    "v1 PersistentVolume": ["driver", "volumeHandle", "dnsname", "mountname", "storageClassName"],
    "v1 PersistentVolumeClaim": ["metadata.name", "storageClassName"],
    "v1 Service": ["metadata.name", "ports.*.port"],
    "storage.k8s.io/v1 StorageClass": ["provisioner", "subnetId", "securityGroupIds", "perUnitStorageThroughput"],
    "apps/v1 Deployment": ["spec.selector", "template", "image", "mountPath", "readinessProbe", "readOnlyRootFilesystem", "runAsUser"],
    "batch/v1 Job": ["template", "containers", "mountPath", "claimName", "volumes"],
}
# Keys below these are whatever their author likes, or names of resources.
FREE = ("labels", "annotations", "matchLabels", "selector", "data", "requests", "limits", "capacity")
# Replacements in the text of a ConfigMap's files, which no schema knows.
CONFIGURATION = {
    "misspelt field": ('"eta"', '"etta"'), "wrong value": ('"File"', '"Mapped"'), "wrong type": ('"200"', "[200]"),
    "missing field": ('"num_round": "200", ', ""), "broken JSON": ('"algo-1", ', '"algo-1" '),
}
SORTS = ("misspelt field", "wrong value", "wrong type", "missing field")
