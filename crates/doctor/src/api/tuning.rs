//! `CreateHyperParameterTuningJob`.

use super::shape::{Shape, Structure, field, integer, pattern, text, words};
use super::training::{
    CHANNEL, CHECKPOINT_CONFIG, METRIC_DEFINITION, OUTPUT_DATA_CONFIG, RESOURCE_CONFIG, RETRY_STRATEGY, STOPPING_CONDITION, TAG,
    VPC_CONFIG,
};

/// `HyperParameterTuningJobObjective`.
pub static HYPER_PARAMETER_TUNING_JOB_OBJECTIVE: Structure = Structure {
    name: "HyperParameterTuningJobObjective",
    fields: &[field("Type", words(&["Maximize", "Minimize"])).required(), field("MetricName", text(1, 255)).required()],
};

/// `ResourceLimits`.
pub static RESOURCE_LIMITS: Structure = Structure {
    name: "ResourceLimits",
    fields: &[
        field("MaxNumberOfTrainingJobs", integer(1, i64::MAX)),
        field("MaxParallelTrainingJobs", integer(1, i64::MAX)).required(),
        field("MaxRuntimeInSeconds", integer(120, 15768000)).only_api(),
    ],
};

/// `IntegerParameterRange`.
pub static INTEGER_PARAMETER_RANGE: Structure = Structure {
    name: "IntegerParameterRange",
    fields: &[
        field("Name", text(0, 256)).required(),
        field("MinValue", text(0, 256)).required(),
        field("MaxValue", text(0, 256)).required(),
        field("ScalingType", words(&["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"])),
    ],
};

/// `ContinuousParameterRange`.
pub static CONTINUOUS_PARAMETER_RANGE: Structure = Structure {
    name: "ContinuousParameterRange",
    fields: &[
        field("Name", text(0, 256)).required(),
        field("MinValue", text(0, 256)).required(),
        field("MaxValue", text(0, 256)).required(),
        field("ScalingType", words(&["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"])),
    ],
};

/// `CategoricalParameterRange`.
pub static CATEGORICAL_PARAMETER_RANGE: Structure = Structure {
    name: "CategoricalParameterRange",
    fields: &[
        field("Name", text(0, 256)).required(),
        field("Values", Shape::List { of: &text(0, 256), least: 1, most: 30 }).required(),
    ],
};

/// `AutoParameter`.
pub static AUTO_PARAMETER: Structure = Structure {
    name: "AutoParameter",
    fields: &[field("Name", text(0, 256)).required().only_ack(), field("ValueHint", text(0, 256)).required().only_ack()],
};

/// `ParameterRanges`.
pub static PARAMETER_RANGES: Structure = Structure {
    name: "ParameterRanges",
    fields: &[
        field("IntegerParameterRanges", Shape::List { of: &Shape::Structure(&INTEGER_PARAMETER_RANGE), least: 0, most: 30 }),
        field("ContinuousParameterRanges", Shape::List { of: &Shape::Structure(&CONTINUOUS_PARAMETER_RANGE), least: 0, most: 30 }),
        field(
            "CategoricalParameterRanges",
            Shape::List { of: &Shape::Structure(&CATEGORICAL_PARAMETER_RANGE), least: 0, most: 30 },
        ),
        field("AutoParameters", Shape::List { of: &Shape::Structure(&AUTO_PARAMETER), least: 0, most: 100 }).only_ack(),
    ],
};

/// `TuningJobCompletionCriteria`.
pub static TUNING_JOB_COMPLETION_CRITERIA: Structure = Structure {
    name: "TuningJobCompletionCriteria",
    fields: &[
        field("TargetObjectiveMetricValue", Shape::Number).only_ack(),
        field("BestObjectiveNotImproving", Shape::Any).only_api(),
        field("ConvergenceDetected", Shape::Any).only_api(),
    ],
};

/// `HyperParameterTuningJobConfig`.
pub static HYPER_PARAMETER_TUNING_JOB_CONFIG: Structure = Structure {
    name: "HyperParameterTuningJobConfig",
    fields: &[
        field("Strategy", words(&["Bayesian", "Random", "Hyperband", "Grid"])).required(),
        field("StrategyConfig", Shape::Any).only_api(),
        field("HyperParameterTuningJobObjective", Shape::Structure(&HYPER_PARAMETER_TUNING_JOB_OBJECTIVE)),
        field("ResourceLimits", Shape::Structure(&RESOURCE_LIMITS)).required(),
        field("ParameterRanges", Shape::Structure(&PARAMETER_RANGES)),
        field("TrainingJobEarlyStoppingType", words(&["Off", "Auto"])),
        field("TuningJobCompletionCriteria", Shape::Structure(&TUNING_JOB_COMPLETION_CRITERIA)).only_ack(),
        field("RandomSeed", integer(0, i64::MAX)).only_api(),
    ],
};

/// `HyperParameterAlgorithmSpecification`.
pub static HYPER_PARAMETER_ALGORITHM_SPECIFICATION: Structure = Structure {
    name: "HyperParameterAlgorithmSpecification",
    fields: &[
        field("TrainingImage", text(0, 255)),
        field("TrainingInputMode", words(&["Pipe", "File", "FastFile"])).required(),
        field(
            "AlgorithmName",
            pattern(1, 170, r"(arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:[a-z\-]*\/)?([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})"),
        ),
        field("MetricDefinitions", Shape::List { of: &Shape::Structure(&METRIC_DEFINITION), least: 0, most: 40 }),
    ],
};

/// `HyperParameterTrainingJobDefinition`.
pub static HYPER_PARAMETER_TRAINING_JOB_DEFINITION: Structure = Structure {
    name: "HyperParameterTrainingJobDefinition",
    fields: &[
        field("DefinitionName", pattern(1, 64, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,63}")).only_ack(),
        field("TuningObjective", Shape::Structure(&HYPER_PARAMETER_TUNING_JOB_OBJECTIVE)).only_ack(),
        field("HyperParameterRanges", Shape::Structure(&PARAMETER_RANGES)).only_ack(),
        field("StaticHyperParameters", Shape::Map { most: 100, key: 256, value: 2500 }),
        field("AlgorithmSpecification", Shape::Structure(&HYPER_PARAMETER_ALGORITHM_SPECIFICATION)).required(),
        field("RoleArn", pattern(20, 2048, r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+")).required(),
        field("InputDataConfig", Shape::List { of: &Shape::Structure(&CHANNEL), least: 1, most: 20 }),
        field("VpcConfig", Shape::Structure(&VPC_CONFIG)),
        field("OutputDataConfig", Shape::Structure(&OUTPUT_DATA_CONFIG)).required(),
        field("ResourceConfig", Shape::Structure(&RESOURCE_CONFIG)),
        field("HyperParameterTuningResourceConfig", Shape::Any).only_api(),
        field("StoppingCondition", Shape::Structure(&STOPPING_CONDITION)).required(),
        field("EnableNetworkIsolation", Shape::Boolean),
        field("EnableInterContainerTrafficEncryption", Shape::Boolean),
        field("EnableManagedSpotTraining", Shape::Boolean),
        field("CheckpointConfig", Shape::Structure(&CHECKPOINT_CONFIG)),
        field("RetryStrategy", Shape::Structure(&RETRY_STRATEGY)).only_ack(),
        field("Environment", Shape::Map { most: 48, key: 512, value: 512 }).only_api(),
    ],
};

/// `ParentHyperParameterTuningJob`.
pub static PARENT_HYPER_PARAMETER_TUNING_JOB: Structure = Structure {
    name: "ParentHyperParameterTuningJob",
    fields: &[field("HyperParameterTuningJobName", pattern(1, 32, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}"))],
};

/// `HyperParameterTuningJobWarmStartConfig`.
pub static HYPER_PARAMETER_TUNING_JOB_WARM_START_CONFIG: Structure = Structure {
    name: "HyperParameterTuningJobWarmStartConfig",
    fields: &[
        field(
            "ParentHyperParameterTuningJobs",
            Shape::List { of: &Shape::Structure(&PARENT_HYPER_PARAMETER_TUNING_JOB), least: 1, most: 5 },
        )
        .required(),
        field("WarmStartType", words(&["IdenticalDataAndAlgorithm", "TransferLearning"])).required(),
    ],
};

/// `Autotune`.
pub static AUTOTUNE: Structure =
    Structure { name: "Autotune", fields: &[field("Mode", words(&["Enabled"])).required().only_ack()] };

/// `CreateHyperParameterTuningJobRequest`.
pub static CREATE_HYPER_PARAMETER_TUNING_JOB_REQUEST: Structure = Structure {
    name: "CreateHyperParameterTuningJobRequest",
    fields: &[
        field("HyperParameterTuningJobName", pattern(1, 32, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")).required(),
        field("HyperParameterTuningJobConfig", Shape::Structure(&HYPER_PARAMETER_TUNING_JOB_CONFIG)).required(),
        field("TrainingJobDefinition", Shape::Structure(&HYPER_PARAMETER_TRAINING_JOB_DEFINITION)),
        field(
            "TrainingJobDefinitions",
            Shape::List { of: &Shape::Structure(&HYPER_PARAMETER_TRAINING_JOB_DEFINITION), least: 1, most: 10 },
        )
        .only_ack(),
        field("WarmStartConfig", Shape::Structure(&HYPER_PARAMETER_TUNING_JOB_WARM_START_CONFIG)),
        field("Tags", Shape::List { of: &Shape::Structure(&TAG), least: 0, most: 50 }),
        field("Autotune", Shape::Structure(&AUTOTUNE)).only_ack(),
    ],
};
