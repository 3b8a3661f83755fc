//! `CreateTrainingJob`, and what a tuning job's definition shares with it.

use super::debugging::{
    DEBUG_HOOK_CONFIG, DEBUG_RULE_CONFIGURATION, EXPERIMENT_CONFIG, INFRA_CHECK_CONFIG, PROFILER_CONFIG,
    PROFILER_RULE_CONFIGURATION, REMOTE_DEBUG_CONFIG, TENSOR_BOARD_OUTPUT_CONFIG,
};
use super::shape::{Shape, Structure, any_integer, field, integer, pattern, text, words};

/// `MetricDefinition`.
pub static METRIC_DEFINITION: Structure = Structure {
    name: "MetricDefinition",
    fields: &[field("Name", text(1, 255)).required(), field("Regex", text(1, 500)).required()],
};

/// `AlgorithmSpecification`.
pub static ALGORITHM_SPECIFICATION: Structure = Structure {
    name: "AlgorithmSpecification",
    fields: &[
        field("TrainingImage", text(0, 255)),
        field(
            "AlgorithmName",
            pattern(1, 170, r"(arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:[a-z\-]*\/)?([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})"),
        ),
        field("TrainingInputMode", words(&["Pipe", "File", "FastFile"])).required(),
        field("MetricDefinitions", Shape::List { of: &Shape::Structure(&METRIC_DEFINITION), least: 0, most: 40 }),
        field("EnableSageMakerMetricsTimeSeries", Shape::Boolean).only_ack(),
        field("ContainerEntrypoint", Shape::List { of: &text(0, 256), least: 1, most: 100 }).only_api(),
        field("ContainerArguments", Shape::List { of: &text(0, 256), least: 1, most: 100 }).only_api(),
        field("TrainingImageConfig", Shape::Any).only_api(),
    ],
};

/// `S3DataSource`.
pub static S3_DATA_SOURCE: Structure = Structure {
    name: "S3DataSource",
    fields: &[
        field("S3DataType", words(&["ManifestFile", "S3Prefix", "AugmentedManifestFile", "Converse"])).required(),
        field("S3Uri", pattern(0, 1024, r"(https|s3)://([^/]+)/?(.*)")).required(),
        field("S3DataDistributionType", words(&["FullyReplicated", "ShardedByS3Key"])),
        field("AttributeNames", Shape::List { of: &text(1, 256), least: 0, most: 16 }),
        field("InstanceGroupNames", Shape::List { of: &text(1, 64), least: 0, most: 5 }).only_ack(),
        field("ModelAccessConfig", Shape::Any).only_api(),
        field("HubAccessConfig", Shape::Any).only_api(),
    ],
};

/// `FileSystemDataSource`.
pub static FILE_SYSTEM_DATA_SOURCE: Structure = Structure {
    name: "FileSystemDataSource",
    fields: &[
        field("FileSystemId", pattern(11, 21, r"(fs-[0-9a-f]{8,})")).required(),
        field("FileSystemAccessMode", words(&["rw", "ro"])).required(),
        field("FileSystemType", words(&["EFS", "FSxLustre"])).required(),
        field("DirectoryPath", text(0, 4096)).required(),
    ],
};

/// `DataSource`.
pub static DATA_SOURCE: Structure = Structure {
    name: "DataSource",
    fields: &[
        field("S3DataSource", Shape::Structure(&S3_DATA_SOURCE)),
        field("FileSystemDataSource", Shape::Structure(&FILE_SYSTEM_DATA_SOURCE)),
        field("DatasetSource", Shape::Any).only_api(),
    ],
};

/// `ShuffleConfig`.
pub static SHUFFLE_CONFIG: Structure = Structure { name: "ShuffleConfig", fields: &[field("Seed", any_integer()).required()] };

/// `Channel`.
pub static CHANNEL: Structure = Structure {
    name: "Channel",
    fields: &[
        field("ChannelName", pattern(1, 64, r"[A-Za-z0-9\.\-_]+")).required(),
        field("DataSource", Shape::Structure(&DATA_SOURCE)).required(),
        field("ContentType", text(0, 256)),
        field("CompressionType", words(&["None", "Gzip"])),
        field("RecordWrapperType", words(&["None", "RecordIO"])),
        field("InputMode", words(&["Pipe", "File", "FastFile"])),
        field("ShuffleConfig", Shape::Structure(&SHUFFLE_CONFIG)),
    ],
};

/// `OutputDataConfig`.
pub static OUTPUT_DATA_CONFIG: Structure = Structure {
    name: "OutputDataConfig",
    fields: &[
        field("KmsKeyId", pattern(0, 2048, r"[a-zA-Z0-9:/_-]*")),
        field("S3OutputPath", pattern(0, 1024, r"(https|s3)://([^/]+)/?(.*)")).required(),
        field("CompressionType", words(&["GZIP", "NONE"])).only_ack(),
    ],
};

/// `InstanceGroup`.
pub static INSTANCE_GROUP: Structure = Structure {
    name: "InstanceGroup",
    fields: &[
        field("InstanceType", text(1, 64)).required().only_ack(),
        field("InstanceCount", integer(0, i64::MAX)).required().only_ack(),
        field("InstanceGroupName", text(1, 64)).required().only_ack(),
    ],
};

/// `ResourceConfig`.
pub static RESOURCE_CONFIG: Structure = Structure {
    name: "ResourceConfig",
    fields: &[
        field("InstanceType", text(1, 64)),
        field("InstanceCount", integer(0, i64::MAX)),
        field("VolumeSizeInGB", integer(0, i64::MAX)),
        field("VolumeKmsKeyId", pattern(0, 2048, r"[a-zA-Z0-9:/_-]*")),
        field("KeepAlivePeriodInSeconds", integer(0, 21600)).only_ack(),
        field("InstanceGroups", Shape::List { of: &Shape::Structure(&INSTANCE_GROUP), least: 0, most: 5 }).only_ack(),
        field("TrainingPlanArn", pattern(50, 2048, r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:training-plan/.*")).only_api(),
        field("InstancePlacementConfig", Shape::Any).only_api(),
        field("InstancePreferences", Shape::List { of: &Shape::Any, least: 1, most: 5 }).only_api(),
        field("SelectedInstanceType", text(1, 64)).only_api(),
        field("SelectedInstanceCount", integer(0, i64::MAX)).only_api(),
    ],
};

/// `VpcConfig`.
pub static VPC_CONFIG: Structure = Structure {
    name: "VpcConfig",
    fields: &[
        field("SecurityGroupIds", Shape::List { of: &pattern(0, 32, r"[-0-9a-zA-Z]+"), least: 1, most: 5 }).required(),
        field("Subnets", Shape::List { of: &pattern(0, 32, r"[-0-9a-zA-Z]+"), least: 1, most: 16 }).required(),
    ],
};

/// `StoppingCondition`.
pub static STOPPING_CONDITION: Structure = Structure {
    name: "StoppingCondition",
    fields: &[
        field("MaxRuntimeInSeconds", integer(1, i64::MAX)),
        field("MaxWaitTimeInSeconds", integer(1, i64::MAX)),
        field("MaxPendingTimeInSeconds", integer(1800, 2419200)).only_ack(),
    ],
};

/// `Tag`.
pub static TAG: Structure = Structure {
    name: "Tag",
    fields: &[
        field("Key", pattern(1, 128, r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)")).required(),
        field("Value", pattern(0, 256, r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)")).required(),
    ],
};

/// `CheckpointConfig`.
pub static CHECKPOINT_CONFIG: Structure = Structure {
    name: "CheckpointConfig",
    fields: &[field("S3Uri", pattern(0, 1024, r"(https|s3)://([^/]+)/?(.*)")).required(), field("LocalPath", text(0, 4096))],
};

/// `RetryStrategy`.
pub static RETRY_STRATEGY: Structure =
    Structure { name: "RetryStrategy", fields: &[field("MaximumRetryAttempts", integer(1, 30)).required().only_ack()] };

/// `CreateTrainingJobRequest`.
pub static CREATE_TRAINING_JOB_REQUEST: Structure = Structure {
    name: "CreateTrainingJobRequest",
    fields: &[
        field("TrainingJobName", pattern(1, 63, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")).required(),
        field("HyperParameters", Shape::Map { most: 100, key: 256, value: 2500 }),
        field("AlgorithmSpecification", Shape::Structure(&ALGORITHM_SPECIFICATION)),
        field("RoleArn", pattern(20, 2048, r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+")).required(),
        field("InputDataConfig", Shape::List { of: &Shape::Structure(&CHANNEL), least: 1, most: 20 }),
        field("OutputDataConfig", Shape::Structure(&OUTPUT_DATA_CONFIG)).required(),
        field("ResourceConfig", Shape::Structure(&RESOURCE_CONFIG)),
        field("VpcConfig", Shape::Structure(&VPC_CONFIG)),
        field("StoppingCondition", Shape::Structure(&STOPPING_CONDITION)),
        field("Tags", Shape::List { of: &Shape::Structure(&TAG), least: 0, most: 50 }),
        field("EnableNetworkIsolation", Shape::Boolean),
        field("EnableInterContainerTrafficEncryption", Shape::Boolean),
        field("EnableManagedSpotTraining", Shape::Boolean),
        field("CheckpointConfig", Shape::Structure(&CHECKPOINT_CONFIG)),
        field("DebugHookConfig", Shape::Structure(&DEBUG_HOOK_CONFIG)),
        field("DebugRuleConfigurations", Shape::List { of: &Shape::Structure(&DEBUG_RULE_CONFIGURATION), least: 0, most: 20 }),
        field("TensorBoardOutputConfig", Shape::Structure(&TENSOR_BOARD_OUTPUT_CONFIG)),
        field("ExperimentConfig", Shape::Structure(&EXPERIMENT_CONFIG)).only_ack(),
        field("ProfilerConfig", Shape::Structure(&PROFILER_CONFIG)).only_ack(),
        field(
            "ProfilerRuleConfigurations",
            Shape::List { of: &Shape::Structure(&PROFILER_RULE_CONFIGURATION), least: 0, most: 20 },
        )
        .only_ack(),
        field("Environment", Shape::Map { most: 100, key: 512, value: 512 }).only_ack(),
        field("RetryStrategy", Shape::Structure(&RETRY_STRATEGY)).only_ack(),
        field("RemoteDebugConfig", Shape::Structure(&REMOTE_DEBUG_CONFIG)).only_ack(),
        field("InfraCheckConfig", Shape::Structure(&INFRA_CHECK_CONFIG)).only_ack(),
        field("SessionChainingConfig", Shape::Any).only_api(),
        field("ServerlessJobConfig", Shape::Any).only_api(),
        field("MlflowConfig", Shape::Any).only_api(),
        field("ModelPackageConfig", Shape::Any).only_api(),
    ],
};
