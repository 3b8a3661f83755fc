//! `CreateModel`, `CreateEndpointConfig`, `CreateEndpoint` and `CreateTransformJob`.

use super::shape::{Shape, Structure, field, integer, pattern, text, words};
use super::training::{TAG, VPC_CONFIG};

const NAME: Shape = pattern(0, 63, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}");
const MODEL_NAME: Shape = pattern(0, 63, r"[a-zA-Z0-9]([\-a-zA-Z0-9]*[a-zA-Z0-9])?");
const KEY: Shape = pattern(0, 2048, r"[a-zA-Z0-9:/_-]*");
const S3: Shape = pattern(0, 1024, r"(https|s3)://([^/]+)/?(.*)");
const ROLE: Shape = pattern(20, 2048, r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+");
const TAGS: Shape = Shape::List { of: &Shape::Structure(&TAG), least: 0, most: 50 };

/// `S3ModelDataSource`.
static S3_MODEL_DATA_SOURCE: Structure = Structure {
    name: "S3ModelDataSource",
    fields: &[
        field("S3Uri", S3).required(),
        field("S3DataType", words(&["S3Prefix", "S3Object"])).required(),
        field("CompressionType", words(&["None", "Gzip"])).required(),
        field("ModelAccessConfig", Shape::Any),
        field("HubAccessConfig", Shape::Any),
        field("ManifestS3Uri", text(0, 1024)),
        field("ETag", text(0, 4096)),
        field("ManifestEtag", text(0, 4096)),
    ],
};

/// `ModelDataSource`.
static MODEL_DATA_SOURCE: Structure =
    Structure { name: "ModelDataSource", fields: &[field("S3DataSource", Shape::Structure(&S3_MODEL_DATA_SOURCE))] };

/// `ContainerDefinition`.
static CONTAINER_DEFINITION: Structure = Structure {
    name: "ContainerDefinition",
    fields: &[
        field("ContainerHostname", text(0, 63)),
        field("Image", text(0, 255)),
        field("ImageConfig", Shape::Any),
        field("Mode", words(&["SingleModel", "MultiModel"])),
        field("ModelDataUrl", S3),
        field("ModelDataSource", Shape::Structure(&MODEL_DATA_SOURCE)),
        field("AdditionalModelDataSources", Shape::Any),
        field("Environment", Shape::Map { most: 100, key: 1024, value: 1024 }),
        field("ModelPackageName", text(1, 176)),
        field("InferenceSpecificationName", text(1, 63)),
        field("MultiModelConfig", Shape::Any),
        field("ContainerMetricsConfig", Shape::Any),
    ],
};

/// `CreateModelInput`.
pub static CREATE_MODEL_INPUT: Structure = Structure {
    name: "CreateModelInput",
    fields: &[
        field("ModelName", MODEL_NAME).required(),
        field("PrimaryContainer", Shape::Structure(&CONTAINER_DEFINITION)),
        field("Containers", Shape::List { of: &Shape::Structure(&CONTAINER_DEFINITION), least: 0, most: 15 }),
        field("InferenceExecutionConfig", Shape::Any),
        field("ExecutionRoleArn", ROLE),
        field("Tags", TAGS),
        field("VpcConfig", Shape::Structure(&VPC_CONFIG)),
        field("EnableNetworkIsolation", Shape::Boolean),
    ],
};

/// `ProductionVariant`.
static PRODUCTION_VARIANT: Structure = Structure {
    name: "ProductionVariant",
    fields: &[
        field("VariantName", NAME).required(),
        field("ModelName", MODEL_NAME),
        field("InitialInstanceCount", integer(0, i64::MAX)),
        field("InstanceType", text(1, 64)),
        field("InitialVariantWeight", Shape::Number),
        field("AcceleratorType", Shape::Any),
        field("CoreDumpConfig", Shape::Any),
        field("ServerlessConfig", Shape::Structure(&SERVERLESS_CONFIG)),
        field("VolumeSizeInGB", integer(1, 512)),
        field("ModelDataDownloadTimeoutInSeconds", integer(60, 3600)),
        field("ContainerStartupHealthCheckTimeoutInSeconds", integer(60, 3600)),
        field("EnableSSMAccess", Shape::Boolean),
        field("ManagedInstanceScaling", Shape::Any),
        field("RoutingConfig", Shape::Any),
        field("InferenceAmiVersion", text(1, 256)),
        field("CapacityReservationConfig", Shape::Any),
        field("InstancePools", Shape::Any),
        field("VariantInstanceProvisionTimeoutInSeconds", Shape::Any),
        field("AcceleratorPartitionLayouts", Shape::Any),
    ],
};

/// `ProductionVariantServerlessConfig`.
static SERVERLESS_CONFIG: Structure = Structure {
    name: "ServerlessConfig",
    fields: &[
        field("MemorySizeInMB", integer(1024, 6144)).required(),
        field("MaxConcurrency", integer(1, 200)).required(),
        field("ProvisionedConcurrency", integer(1, 200)),
    ],
};

/// `CreateEndpointConfigInput`.
pub static CREATE_ENDPOINT_CONFIG_INPUT: Structure = Structure {
    name: "CreateEndpointConfigInput",
    fields: &[
        field("EndpointConfigName", NAME).required(),
        field("ProductionVariants", Shape::List { of: &Shape::Structure(&PRODUCTION_VARIANT), least: 1, most: 10 }).required(),
        field("DataCaptureConfig", Shape::Any),
        field("Tags", TAGS),
        field("KmsKeyId", KEY),
        field("AsyncInferenceConfig", Shape::Any),
        field("ExplainerConfig", Shape::Any),
        field("ShadowProductionVariants", Shape::Any),
        field("ExecutionRoleArn", ROLE),
        field("VpcConfig", Shape::Structure(&VPC_CONFIG)),
        field("EnableNetworkIsolation", Shape::Boolean),
        field("MetricsConfig", Shape::Any),
        field("CrossRegionTrafficConfig", Shape::Any),
    ],
};

/// `CreateEndpointInput`.
pub static CREATE_ENDPOINT_INPUT: Structure = Structure {
    name: "CreateEndpointInput",
    fields: &[
        field("EndpointName", NAME).required(),
        field("EndpointConfigName", NAME).required(),
        field("DeploymentConfig", Shape::Any),
        field("Tags", TAGS),
    ],
};

/// `TransformS3DataSource`.
static TRANSFORM_S3_DATA_SOURCE: Structure = Structure {
    name: "TransformS3DataSource",
    fields: &[
        field("S3DataType", words(&["ManifestFile", "S3Prefix", "AugmentedManifestFile", "Converse"])).required(),
        field("S3Uri", S3).required(),
    ],
};

/// `TransformDataSource`.
static TRANSFORM_DATA_SOURCE: Structure = Structure {
    name: "TransformDataSource",
    fields: &[field("S3DataSource", Shape::Structure(&TRANSFORM_S3_DATA_SOURCE)).required()],
};

/// `TransformInput`.
static TRANSFORM_INPUT: Structure = Structure {
    name: "TransformInput",
    fields: &[
        field("DataSource", Shape::Structure(&TRANSFORM_DATA_SOURCE)).required(),
        field("ContentType", text(0, 256)),
        field("CompressionType", words(&["None", "Gzip"])),
        field("SplitType", words(&["None", "Line", "RecordIO", "TFRecord"])),
    ],
};

/// `TransformOutput`.
static TRANSFORM_OUTPUT: Structure = Structure {
    name: "TransformOutput",
    fields: &[
        field("S3OutputPath", S3).required(),
        field("Accept", text(0, 256)),
        field("AssembleWith", words(&["None", "Line"])),
        field("KmsKeyId", KEY),
    ],
};

/// `TransformResources`.
static TRANSFORM_RESOURCES: Structure = Structure {
    name: "TransformResources",
    fields: &[
        field("InstanceType", text(1, 64)).required(),
        field("InstanceCount", integer(1, i64::MAX)).required(),
        field("VolumeKmsKeyId", KEY),
        field("TransformAmiVersion", text(1, 63)),
    ],
};

/// `CreateTransformJobRequest`.
pub static CREATE_TRANSFORM_JOB_REQUEST: Structure = Structure {
    name: "CreateTransformJobRequest",
    fields: &[
        field("TransformJobName", pattern(1, 63, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")).required(),
        field("ModelName", MODEL_NAME).required(),
        field("MaxConcurrentTransforms", integer(0, i64::MAX)),
        field("ModelClientConfig", Shape::Any),
        field("MaxPayloadInMB", integer(0, 100)),
        field("BatchStrategy", words(&["MultiRecord", "SingleRecord"])),
        field("Environment", Shape::Map { most: 16, key: 1024, value: 10_240 }),
        field("TransformInput", Shape::Structure(&TRANSFORM_INPUT)).required(),
        field("TransformOutput", Shape::Structure(&TRANSFORM_OUTPUT)).required(),
        field("DataCaptureConfig", Shape::Any),
        field("TransformResources", Shape::Structure(&TRANSFORM_RESOURCES)).required(),
        field("DataProcessing", Shape::Any),
        field("Tags", TAGS),
        field("ExperimentConfig", Shape::Any),
    ],
};
