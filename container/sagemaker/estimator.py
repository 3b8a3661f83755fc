"""A training job, an endpoint and a batch transform by the SageMaker Python SDK 2 (pip install 'sagemaker<3').

Replace account, region, bucket and key. The names of the built-in XGBoost's hyperparameters are those of Sapwood.
"""
from sagemaker.deserializers import CSVDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.serializers import CSVSerializer

KEY = "arn:aws:kms:us-west-2:111122223333:key/12345678-1234-1234-1234-123456789012"

estimator = Estimator(
    image_uri="111122223333.dkr.ecr.us-west-2.amazonaws.com/sapwood:0.1.0",
    role="arn:aws:iam::111122223333:role/sapwood-execution",
    instance_count=1,
    instance_type="ml.m5.2xlarge",
    volume_size=30,
    input_mode="FastFile",
    output_path="s3://sapwood-example/models",
    # Another job needs another place: it would resume from this one's checkpoint.
    checkpoint_s3_uri="s3://sapwood-example/checkpoints/sapwood-mnist-sdk",
    use_spot_instances=True,
    max_run=3600,
    max_wait=7200,
    volume_kms_key=KEY,
    output_kms_key=KEY,
    metric_definitions=[{"Name": "validation:merror", "Regex": r".*\[[0-9]+\].*validation-merror:([-+0-9.e]+)"}],
    hyperparameters={
        "objective": "multi:softmax",
        "num_class": 10,
        "num_round": 200,
        "eta": 0.2,
        "max_depth": 5,
        "eval_metric": "merror",
        "early_stopping_rounds": 20,
    },
)
estimator.fit({
    "train": TrainingInput("s3://sapwood-example/data/train/", content_type="text/csv"),
    "validation": TrainingInput("s3://sapwood-example/data/validation/", content_type="text/csv"),
})

predictor = estimator.deploy(
    initial_instance_count=1, instance_type="ml.m5.large", serializer=CSVSerializer(), deserializer=CSVDeserializer(), kms_key=KEY,
)
print(predictor.predict([[0.0] * 784]))
predictor.delete_endpoint(delete_endpoint_config=True)
predictor.delete_model()

transformer = estimator.transformer(
    instance_count=1,
    instance_type="ml.m5.large",
    strategy="MultiRecord",
    assemble_with="Line",
    accept="text/csv",
    output_path="s3://sapwood-example/scores",
    output_kms_key=KEY,
    volume_kms_key=KEY,
)
transformer.transform("s3://sapwood-example/data/score/", content_type="text/csv", split_type="Line", wait=True)
