//! What requests for models, endpoints and batch transforms must be for Sapwood's server to answer.

use super::context::RuleContext;
use super::instances::{self, Purpose};
use crate::variables;
use crate::yaml::Yaml;

/// Checks CreateModel.
pub fn model(request: &Yaml, context: &mut RuleContext<'_>) {
    let containers: Vec<&Yaml> =
        request.get("PrimaryContainer").into_iter().chain(request.get("Containers").map_or(&[][..], Yaml::items)).collect();
    if containers.is_empty() {
        return context.report.error(request.at, "PrimaryContainer is missing", "add it with Image and ModelDataUrl");
    }
    if request.get("ExecutionRoleArn").is_none() {
        let fix = "add the role that may read the image and the model";
        context.report.error(request.at, "ExecutionRoleArn is missing", fix);
    }
    for container in containers {
        if container.get("Image").is_none() && container.get("ModelPackageName").is_none() {
            context.report.error(container.at, "Image is missing", "add Image: where Sapwood's image is");
        }
        variables::check_map(container.get("Environment"), context.report);
        model_data(container, context);
    }
}

/// Where the model is: one archive, or for several models the prefix that archives lie under.
fn model_data(container: &Yaml, context: &mut RuleContext<'_>) {
    let report = &mut *context.report;
    let Some(url) = container.get("ModelDataUrl") else {
        if container.get("ModelDataSource").is_none() && container.get("ModelPackageName").is_none() {
            report.error(container.at, "ModelDataUrl is missing, so there is no model", "add the model.tar.gz of a training job");
        }
        return;
    };
    let text = url.text().unwrap_or_default();
    let is_multi = container.text_of("Mode") == Some("MultiModel");
    if is_multi && !text.ends_with('/') {
        report.error(url.at, "a MultiModel container needs the prefix that its models lie under", "end ModelDataUrl with a slash");
    }
    if !is_multi && !text.ends_with(".tar.gz") {
        let fix =
            "name the model.tar.gz of a training job; for a model that is not packed use ModelDataSource with CompressionType None";
        report.error(url.at, "ModelDataUrl must name a packed model", fix);
    }
}

/// Checks CreateEndpointConfig.
pub fn endpoint_config(request: &Yaml, context: &mut RuleContext<'_>) {
    for variant in request.get("ProductionVariants").map_or(&[][..], Yaml::items) {
        if variant.get("ModelName").is_none() {
            context.report.error(variant.at, "ModelName is missing", "add the name that CreateModel was given");
        }
        let serverless = variant.get("ServerlessConfig");
        match (serverless, variant.get("InstanceType")) {
            (Some(_), Some(kind)) => {
                context.report.error(kind.at, "a variant has either ServerlessConfig or InstanceType", "remove one of them");
            }
            (None, None) => {
                context.report.error(variant.at, "InstanceType is missing", "add InstanceType and InitialInstanceCount");
            }
            (None, Some(kind)) => {
                instances::check(kind, Purpose::Hosting, context);
                local_storage(kind, request.get("KmsKeyId"), context);
                if variant.integer_of("InitialInstanceCount").is_none_or(|count| count < 1) {
                    context.report.error(variant.at, "InitialInstanceCount is not at least 1", "add InitialInstanceCount: 1");
                }
            }
            (Some(_), None) => {}
        }
    }
}

/// Checks CreateTransformJob.
pub fn transform(request: &Yaml, context: &mut RuleContext<'_>) {
    if let Some(resources) = request.get("TransformResources")
        && let Some(kind) = resources.get("InstanceType")
    {
        instances::check(kind, Purpose::Transform, context);
        local_storage(kind, resources.get("VolumeKmsKeyId"), context);
    }
    variables::check_map(request.get("Environment"), context.report);
    let input = request.get("TransformInput");
    let split = input.and_then(|input| input.text_of("SplitType")).unwrap_or("None");
    let report = &mut *context.report;
    if let Some(strategy) = request.get("BatchStrategy")
        && split == "None"
    {
        let fix = "add SplitType: Line to TransformInput, or remove BatchStrategy";
        report.warning(strategy.at, "without SplitType a file is one request, however large, and BatchStrategy says nothing", fix);
    }
    if let Some(input) = input
        && input.get("ContentType").is_none()
    {
        report.warning(
            input.at,
            "ContentType is missing, so the server looks at each request for itself",
            "add ContentType: text/csv",
        );
    }
    let (payload, at_once) =
        (request.integer_of("MaxPayloadInMB").unwrap_or(6), request.integer_of("MaxConcurrentTransforms").unwrap_or(1));
    if payload.saturating_mul(at_once) > 100 {
        let message = format!("MaxConcurrentTransforms × MaxPayloadInMB is {}, and may be 100", payload.saturating_mul(at_once));
        report.error(request.get("MaxPayloadInMB").map_or(request.at, |node| node.at), message, "lower one of them");
    }
}

/// Disks of an instance's own are encrypted anyway, and the API takes no key for them.
pub fn local_storage(kind: &Yaml, key: Option<&Yaml>, context: &mut RuleContext<'_>) {
    let Some((kind, key)) = kind.text().zip(key) else { return };
    if instances::has_local_storage(kind) {
        let message = format!("{kind} has disks of its own, for which the API takes no key");
        context.report.error(
            key.at,
            message,
            "remove it: those disks are encrypted anyway; or use a family without d, such as ml.m5",
        );
    }
}
