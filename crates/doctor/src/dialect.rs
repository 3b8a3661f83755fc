//! How a request is written: as JSON for the API, or as a resource of one of the two operators for Kubernetes.

/// Who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SageMaker's API: `FileSystemId`.
    Api,
    /// AWS Controllers for Kubernetes: `fileSystemID`.
    Ack,
    /// The retired SageMaker Operators for Kubernetes: `fileSystemId`.
    Operator,
}

/// ACK's `apiVersion`.
pub const ACK: &str = "sagemaker.services.k8s.aws/v1alpha1";
/// The retired operator's `apiVersion`.
pub const OPERATOR: &str = "sagemaker.aws.amazon.com/v1";
/// The annotation by which ACK's resources name their region.
pub const REGION: &str = "services.k8s.aws/region";

impl Dialect {
    /// The name that it has for what the API calls `name`.
    pub fn spell(self, name: &str) -> String {
        let mut characters = name.chars();
        let first = characters.next().map(|first| first.to_ascii_lowercase());
        let lower: String = first.into_iter().chain(characters).collect();
        match self {
            Self::Api => name.to_string(),
            Self::Operator => lower,
            // A word of Go's that may not be a field.
            Self::Ack if name == "Type" => "type_".to_string(),
            Self::Ack => initialisms(&lower.replace("Kms", "KMS")),
        }
    }
}

/// The name with Go's capitals at its end: `roleArn` as `roleARN`.
fn initialisms(name: &str) -> String {
    for (ending, capitals) in [("Id", "ID"), ("Ids", "IDs"), ("Arn", "ARN"), ("Uri", "URI")] {
        if let Some(stem) = name.strip_suffix(ending) {
            return format!("{stem}{capitals}");
        }
    }
    name.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_spelling() {
        for (api, ack, operator) in [
            ("RoleArn", "roleARN", "roleArn"),
            ("S3Uri", "s3URI", "s3Uri"),
            ("FileSystemId", "fileSystemID", "fileSystemId"),
            ("SecurityGroupIds", "securityGroupIDs", "securityGroupIds"),
            ("KmsKeyId", "kmsKeyID", "kmsKeyId"),
            ("VolumeKmsKeyId", "volumeKMSKeyID", "volumeKmsKeyId"),
            ("VolumeSizeInGB", "volumeSizeInGB", "volumeSizeInGB"),
            ("Type", "type_", "type"),
            ("S3OutputPath", "s3OutputPath", "s3OutputPath"),
        ] {
            assert_eq!((Dialect::Ack.spell(api), Dialect::Operator.spell(api)), (ack.to_string(), operator.to_string()));
            assert_eq!(Dialect::Api.spell(api), api);
        }
    }
}
