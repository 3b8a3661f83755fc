"""The requests beside this file, sent by boto3: train, serve, score a batch, and take the endpoint down.

`python jobs.py train`, then `serve`, `score` or `delete`, in a copy of this directory with your own values.
"""
import json
import sys
from pathlib import Path

import boto3

sagemaker = boto3.client("sagemaker", region_name="us-west-2")


def request(name):
    """A request for the AWS command line, which boto3 takes as it is."""
    return json.loads(Path(__file__).with_name(f"{name}.json").read_text())


def train():
    job = request("create-training-job.s3")
    sagemaker.create_training_job(**job)
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=job["TrainingJobName"])
    return sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])["ModelArtifacts"]["S3ModelArtifacts"]


def serve():
    sagemaker.create_model(**request("create-model"))
    sagemaker.create_endpoint_config(**request("create-endpoint-config"))
    endpoint = request("create-endpoint")
    sagemaker.create_endpoint(**endpoint)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=endpoint["EndpointName"])


def score():
    job = request("create-transform-job")
    sagemaker.create_transform_job(**job)
    sagemaker.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName=job["TransformJobName"])


def delete():
    sagemaker.delete_endpoint(EndpointName=request("create-endpoint")["EndpointName"])
    sagemaker.delete_endpoint_config(EndpointConfigName=request("create-endpoint-config")["EndpointConfigName"])
    sagemaker.delete_model(ModelName=request("create-model")["ModelName"])


print({"train": train, "serve": serve, "score": score, "delete": delete}[sys.argv[1]]() or "done")
