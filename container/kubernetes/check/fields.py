"""Which fields of SageMaker's requests the two operators' resources have, by the API's name of the structure.

Facts read off the CustomResourceDefinitions that the projects publish: aws-controllers-k8s/sagemaker-controller (config/crd/bases, commits
0d5cbbad and 041fdbf5) and aws/amazon-sagemaker-operator-for-k8s (config/crd/bases, commit 0f5ab1e9). Types, enumerations and limits are
the API's; `resources.py` puts both together.
"""

from __future__ import annotations


def _table(text: str) -> dict[str, list[str]]:
    rows = (row.split(":") for row in text.replace("\n  ", " ").strip().splitlines())
    return {name: names.split() for name, names in rows}


# No containerEntrypoint, containerArguments or trainingImageConfig: an image must start by itself.
ACK = _table("""
CreateTrainingJobRequest: algorithmSpecification checkpointConfig debugHookConfig debugRuleConfigurations
  enableInterContainerTrafficEncryption enableManagedSpotTraining enableNetworkIsolation environment experimentConfig hyperParameters
  infraCheckConfig inputDataConfig outputDataConfig profilerConfig profilerRuleConfigurations remoteDebugConfig resourceConfig
  retryStrategy roleARN stoppingCondition tags tensorBoardOutputConfig trainingJobName vpcConfig
AlgorithmSpecification: algorithmName enableSageMakerMetricsTimeSeries metricDefinitions trainingImage trainingInputMode
MetricDefinition: name regex
CheckpointConfig: localPath s3URI
DebugHookConfig: collectionConfigurations hookParameters localPath s3OutputPath
CollectionConfiguration: collectionName collectionParameters
DebugRuleConfiguration: instanceType localPath ruleConfigurationName ruleEvaluatorImage ruleParameters s3OutputPath volumeSizeInGB
ExperimentConfig: experimentName trialComponentDisplayName trialName
InfraCheckConfig: enableInfraCheck
Channel: channelName compressionType contentType dataSource inputMode recordWrapperType shuffleConfig
DataSource: fileSystemDataSource s3DataSource
FileSystemDataSource: directoryPath fileSystemAccessMode fileSystemID fileSystemType
S3DataSource: attributeNames instanceGroupNames s3DataDistributionType s3DataType s3URI
ShuffleConfig: seed
OutputDataConfig: compressionType kmsKeyID s3OutputPath
ProfilerConfig: profilingIntervalInMilliseconds profilingParameters s3OutputPath
ProfilerRuleConfiguration: instanceType localPath ruleConfigurationName ruleEvaluatorImage ruleParameters s3OutputPath volumeSizeInGB
RemoteDebugConfig: enableRemoteDebug
ResourceConfig: instanceCount instanceGroups instanceType keepAlivePeriodInSeconds volumeKMSKeyID volumeSizeInGB
InstanceGroup: instanceCount instanceGroupName instanceType
RetryStrategy: maximumRetryAttempts
StoppingCondition: maxPendingTimeInSeconds maxRuntimeInSeconds maxWaitTimeInSeconds
Tag: key value
TensorBoardOutputConfig: localPath s3OutputPath
VpcConfig: securityGroupIDs subnets
CreateHyperParameterTuningJobRequest: autotune hyperParameterTuningJobConfig hyperParameterTuningJobName tags trainingJobDefinition
  trainingJobDefinitions warmStartConfig
Autotune: mode
HyperParameterTuningJobConfig: hyperParameterTuningJobObjective parameterRanges resourceLimits strategy trainingJobEarlyStoppingType
  tuningJobCompletionCriteria
HyperParameterTuningJobObjective: metricName type_
ParameterRanges: autoParameters categoricalParameterRanges continuousParameterRanges integerParameterRanges
AutoParameter: name valueHint
CategoricalParameterRange: name values
ContinuousParameterRange: maxValue minValue name scalingType
IntegerParameterRange: maxValue minValue name scalingType
ResourceLimits: maxNumberOfTrainingJobs maxParallelTrainingJobs
TuningJobCompletionCriteria: targetObjectiveMetricValue
HyperParameterTrainingJobDefinition: algorithmSpecification checkpointConfig definitionName enableInterContainerTrafficEncryption
  enableManagedSpotTraining enableNetworkIsolation hyperParameterRanges inputDataConfig outputDataConfig resourceConfig retryStrategy
  roleARN staticHyperParameters stoppingCondition tuningObjective vpcConfig
HyperParameterAlgorithmSpecification: algorithmName metricDefinitions trainingImage trainingInputMode
HyperParameterTuningJobWarmStartConfig: parentHyperParameterTuningJobs warmStartType
ParentHyperParameterTuningJob: hyperParameterTuningJobName
""")

ACK_REQUIRED = {
    "CreateTrainingJobRequest": [
        "algorithmSpecification", "outputDataConfig", "resourceConfig", "roleARN", "stoppingCondition", "trainingJobName",
    ],
    "CreateHyperParameterTuningJobRequest": ["hyperParameterTuningJobConfig", "hyperParameterTuningJobName"],
}

# Without debugHookConfig.ruleParameters, which the API does not have.
OPERATOR = _table("""
CreateTrainingJobRequest: algorithmSpecification checkpointConfig debugHookConfig debugRuleConfigurations
  enableInterContainerTrafficEncryption enableManagedSpotTraining enableNetworkIsolation hyperParameters inputDataConfig outputDataConfig
  resourceConfig roleArn stoppingCondition tags tensorBoardOutputConfig trainingJobName vpcConfig
AlgorithmSpecification: algorithmName metricDefinitions trainingImage trainingInputMode
MetricDefinition: name regex
CheckpointConfig: localPath s3Uri
DebugHookConfig: collectionConfigurations localPath s3OutputPath
CollectionConfiguration: collectionName collectionParameters
DebugRuleConfiguration: instanceType localPath ruleConfigurationName ruleEvaluatorImage ruleParameters s3OutputPath volumeSizeInGB
Channel: channelName compressionType contentType dataSource inputMode recordWrapperType shuffleConfig
DataSource: fileSystemDataSource s3DataSource
FileSystemDataSource: directoryPath fileSystemAccessMode fileSystemId fileSystemType
S3DataSource: attributeNames s3DataDistributionType s3DataType s3Uri
ShuffleConfig: seed
OutputDataConfig: kmsKeyId s3OutputPath
ResourceConfig: instanceCount instanceType volumeKmsKeyId volumeSizeInGB
StoppingCondition: maxRuntimeInSeconds maxWaitTimeInSeconds
Tag: key value
TensorBoardOutputConfig: localPath s3OutputPath
VpcConfig: securityGroupIds subnets
""")

OPERATOR_REQUIRED = {
    "CreateTrainingJobRequest": ["algorithmSpecification", "outputDataConfig", "region", "resourceConfig", "roleArn", "stoppingCondition"],
    "ResourceConfig": ["instanceCount", "instanceType", "volumeSizeInGB"],
}
