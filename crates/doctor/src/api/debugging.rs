//! The parts of a training job that debug and observe it.

use super::shape::{Shape, Structure, any_integer, field, integer, pattern, text};

/// `CollectionConfiguration`.
pub static COLLECTION_CONFIGURATION: Structure = Structure {
    name: "CollectionConfiguration",
    fields: &[field("CollectionName", text(1, 256)), field("CollectionParameters", Shape::Map { most: 20, key: 256, value: 256 })],
};

/// `DebugHookConfig`.
pub static DEBUG_HOOK_CONFIG: Structure = Structure {
    name: "DebugHookConfig",
    fields: &[
        field("LocalPath", text(0, 4096)),
        field("S3OutputPath", pattern(0, 1024, r"(https|s3)://([^/]+)/?(.*)")).required(),
        field("HookParameters", Shape::Map { most: 20, key: 256, value: 256 }).only_ack(),
        field("CollectionConfigurations", Shape::List { of: &Shape::Structure(&COLLECTION_CONFIGURATION), least: 0, most: 20 }),
    ],
};

/// `DebugRuleConfiguration`.
pub static DEBUG_RULE_CONFIGURATION: Structure = Structure {
    name: "DebugRuleConfiguration",
    fields: &[
        field("RuleConfigurationName", text(1, 256)).required(),
        field("LocalPath", text(0, 4096)),
        field("S3OutputPath", pattern(0, 1024, r"(https|s3)://([^/]+)/?(.*)")),
        field("RuleEvaluatorImage", text(0, 255)).required(),
        field("InstanceType", text(1, 64)),
        field("VolumeSizeInGB", integer(0, i64::MAX)),
        field("RuleParameters", Shape::Map { most: 100, key: 256, value: 256 }),
    ],
};

/// `TensorBoardOutputConfig`.
pub static TENSOR_BOARD_OUTPUT_CONFIG: Structure = Structure {
    name: "TensorBoardOutputConfig",
    fields: &[field("LocalPath", text(0, 4096)), field("S3OutputPath", pattern(0, 1024, r"(https|s3)://([^/]+)/?(.*)")).required()],
};

/// `ExperimentConfig`.
pub static EXPERIMENT_CONFIG: Structure = Structure {
    name: "ExperimentConfig",
    fields: &[
        field("ExperimentName", pattern(1, 120, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}")).only_ack(),
        field("TrialName", pattern(1, 120, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}")).only_ack(),
        field("TrialComponentDisplayName", pattern(1, 120, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}")).only_ack(),
        field("RunName", pattern(1, 120, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}")).only_api(),
    ],
};

/// `ProfilerConfig`.
pub static PROFILER_CONFIG: Structure = Structure {
    name: "ProfilerConfig",
    fields: &[
        field("S3OutputPath", pattern(0, 1024, r"(https|s3)://([^/]+)/?(.*)")).only_ack(),
        field("ProfilingIntervalInMilliseconds", any_integer()).only_ack(),
        field("ProfilingParameters", Shape::Map { most: 20, key: 256, value: 256 }).only_ack(),
        field("DisableProfiler", Shape::Boolean).only_api(),
    ],
};

/// `ProfilerRuleConfiguration`.
pub static PROFILER_RULE_CONFIGURATION: Structure = Structure {
    name: "ProfilerRuleConfiguration",
    fields: &[
        field("RuleConfigurationName", text(1, 256)).required().only_ack(),
        field("LocalPath", text(0, 4096)).only_ack(),
        field("S3OutputPath", pattern(0, 1024, r"(https|s3)://([^/]+)/?(.*)")).only_ack(),
        field("RuleEvaluatorImage", text(0, 255)).required().only_ack(),
        field("InstanceType", text(1, 64)).only_ack(),
        field("VolumeSizeInGB", integer(0, i64::MAX)).only_ack(),
        field("RuleParameters", Shape::Map { most: 100, key: 256, value: 256 }).only_ack(),
    ],
};

/// `RemoteDebugConfig`.
pub static REMOTE_DEBUG_CONFIG: Structure =
    Structure { name: "RemoteDebugConfig", fields: &[field("EnableRemoteDebug", Shape::Boolean).only_ack()] };

/// `InfraCheckConfig`.
pub static INFRA_CHECK_CONFIG: Structure =
    Structure { name: "InfraCheckConfig", fields: &[field("EnableInfraCheck", Shape::Boolean).only_ack()] };
