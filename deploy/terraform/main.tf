# Tributary's AWS side: API Gateway and an S3 bucket, a Lambda function behind each, both sending to
# the Producer. Docs: docs/terraform.md.

provider "aws" {
  region = var.region

  default_tags {
    tags = merge({ application = var.name }, var.tags)
  }
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account_id    = data.aws_caller_identity.current.account_id
  bucket_suffix = "${local.account_id}-${var.region}"
  import_name   = "${var.name}-lambda-s3"
  function_arn  = "arn:${data.aws_partition.current.partition}:lambda:${var.region}:${local.account_id}:function"

  # Each waits longer than the next, so that the innermost gives up first and says why. The Producer
  # goes on: it answers after 20 s, its log gives up after 15 s (docs/configuration.md).
  gateway_timeout_ms       = 29000
  lambda_api_timeout_s     = 28
  producer_request_timeout = "25s"

  producer_parts = regex("^(?P<scheme>https?)://[^/:]+(?::(?P<port>[0-9]+))?", var.producer_url)
  producer_port  = tonumber(coalesce(local.producer_parts.port, local.producer_parts.scheme == "https" ? "443" : "80"))

  # The catalog's topics, and those of the operator's own entity types.
  topics = concat(["products", "orders", "suppliers"], var.additional_topics)

  function_environment = merge(
    {
      PRODUCER_URL = var.producer_url
      LOG_LEVEL    = var.log_level
      LOG_FORMAT   = "json"
    },
    var.producer_token_secret_arn == null ? {} : { PRODUCER_TOKEN_SECRET_ARN = var.producer_token_secret_arn },
  )
}

module "network" {
  source         = "./modules/network"
  name           = var.name
  cidr           = var.vpc_cidr
  zones          = var.zones
  zone_count     = var.zone_count
  nat            = var.nat
  producer_port  = local.producer_port
  producer_cidrs = var.producer_cidrs
  # Only with the direct trigger does a function call Lambda: to continue itself.
  interface_services = concat(["secretsmanager", "sqs"], var.upload_trigger == "direct" ? ["lambda"] : [])
}

# The token is read by the functions themselves; Terraform knows only where it lies.
data "aws_iam_policy_document" "producer_token" {
  count = var.producer_token_secret_arn == null ? 0 : 1

  statement {
    sid       = "ReadProducerToken"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.producer_token_secret_arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      sid       = "DecryptProducerToken"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

module "lambda_api" {
  source               = "./modules/function"
  name                 = "${var.name}-lambda-api"
  description          = "Requests of the API become events and go to the Producer"
  zip                  = coalesce(var.lambda_api_zip, "${path.root}/../../build/lambda/lambda_api.zip")
  memory_mb            = var.lambda_api_memory_mb
  timeout_seconds      = local.lambda_api_timeout_s
  duration_alarm_ms    = 1000 * local.lambda_api_timeout_s * 0.9
  reserved_concurrency = var.lambda_api_concurrency
  environment          = merge(local.function_environment, { PRODUCER_REQUEST_TIMEOUT = local.producer_request_timeout })
  policy_documents     = data.aws_iam_policy_document.producer_token[*].json
  failure_queue        = null # Its callers wait for the answer; nobody invokes it asynchronously.
  subnet_ids           = module.network.private_subnet_ids
  security_group_id    = module.network.functions_security_group_id
  kms_key_arn          = var.kms_key_arn
  log_retention_days   = var.log_retention_days
  alarm_topic_arns     = var.alarm_topic_arns
}

module "lambda_s3" {
  source               = "./modules/function"
  name                 = local.import_name
  description          = "Items of uploaded files become events and go to the Producer"
  zip                  = coalesce(var.lambda_s3_zip, "${path.root}/../../build/lambda/lambda_s3.zip")
  memory_mb            = var.lambda_s3_memory_mb
  timeout_seconds      = var.lambda_s3_timeout_seconds
  duration_alarm_ms    = null # A big file takes all the time there is, and goes on in the next invocation.
  reserved_concurrency = var.lambda_s3_concurrency
  environment = merge(local.function_environment, {
    RESULTS_BUCKET    = module.ingest.results_bucket
    MAX_CONTINUATIONS = tostring(var.upload_max_tries)
  })
  policy_documents   = concat([module.ingest.function_policy], data.aws_iam_policy_document.producer_token[*].json)
  failure_queue      = { arn = module.ingest.failed_queue_arn }
  subnet_ids         = module.network.private_subnet_ids
  security_group_id  = module.network.functions_security_group_id
  kms_key_arn        = var.kms_key_arn
  log_retention_days = var.log_retention_days
  alarm_topic_arns   = var.alarm_topic_arns
}

module "ingest" {
  source                   = "./modules/ingest"
  name                     = var.name
  bucket_suffix            = local.bucket_suffix
  account_id               = local.account_id
  trigger                  = var.upload_trigger
  function_name            = module.lambda_s3.name
  function_arn             = module.lambda_s3.arn
  function_arn_for_policy  = "${local.function_arn}:${local.import_name}"
  function_timeout_seconds = var.lambda_s3_timeout_seconds
  function_concurrency     = var.lambda_s3_concurrency
  max_receive_count        = var.upload_max_tries
  kms_key_arn              = var.kms_key_arn
  force_destroy            = var.buckets_force_destroy
  noncurrent_days          = var.noncurrent_days
  upload_expiration_days   = var.upload_expiration_days
  results_expiration_days  = var.results_expiration_days
  alarm_topic_arns         = var.alarm_topic_arns
}

module "rest_api" {
  count                 = var.api_authentication == "api_key" ? 1 : 0
  source                = "./modules/rest_api"
  name                  = "${var.name}-api"
  stage                 = var.api_stage
  function_name         = module.lambda_api.name
  function_invoke_arn   = module.lambda_api.invoke_arn
  timeout_ms            = local.gateway_timeout_ms
  callers               = var.api_callers
  throttle_rate         = var.api_throttle.rate
  throttle_burst        = var.api_throttle.burst
  requests_per_day      = var.api_requests_per_day
  binary_media_types    = var.api_binary_media_types
  cors                  = length(var.api_cors_origins) > 0
  owns_account_log_role = var.api_owns_account_log_role
  kms_key_arn           = var.kms_key_arn
  log_retention_days    = var.log_retention_days
  alarm_topic_arns      = var.alarm_topic_arns
}

module "http_api" {
  count               = var.api_authentication == "jwt" ? 1 : 0
  source              = "./modules/http_api"
  name                = "${var.name}-api"
  function_name       = module.lambda_api.name
  function_invoke_arn = module.lambda_api.invoke_arn
  timeout_ms          = local.gateway_timeout_ms
  jwt_issuer          = var.jwt_issuer
  jwt_audience        = var.jwt_audience
  cors_origins        = var.api_cors_origins
  throttle_rate       = var.api_throttle.rate
  throttle_burst      = var.api_throttle.burst
  kms_key_arn         = var.kms_key_arn
  log_retention_days  = var.log_retention_days
  alarm_topic_arns    = var.alarm_topic_arns
}

module "cluster" {
  count               = var.cluster_enabled ? 1 : 0
  source              = "./modules/cluster"
  name                = var.name
  kubernetes_version  = var.cluster_version
  subnet_ids          = module.network.private_subnet_ids
  public_access_cidrs = var.cluster_public_access_cidrs
  instance_types      = var.cluster_instance_types
  nodes               = var.cluster_nodes
  kms_key_arn         = var.kms_key_arn
  log_retention_days  = var.log_retention_days
}

module "msk" {
  count                  = var.msk_enabled ? 1 : 0
  source                 = "./modules/msk"
  name                   = var.name
  vpc_id                 = module.network.vpc_id
  subnet_ids             = module.network.private_subnet_ids
  client_security_groups = { for cluster in module.cluster : "the nodes" => cluster.security_group_id }
  kafka_version          = var.msk_version
  instance_type          = var.msk_instance_type
  broker_count           = 3
  volume_gib             = var.msk_volume_gib
  topics                 = local.topics
  partitions             = var.msk_partitions
  retention_days         = var.msk_retention_days
  scram_secret_arns      = var.msk_scram_secret_arns
  kms_key_arn            = var.kms_key_arn
  log_retention_days     = var.log_retention_days
}
