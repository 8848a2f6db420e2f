# Files: an upload bucket whose every new object is imported, and a bucket for what came out of it.
# Results lie in a bucket of their own, so that no result can trigger an import.

locals {
  through_queue = var.trigger == "queue"
}

module "uploads" {
  source          = "../bucket"
  bucket          = "${var.name}-uploads-${var.bucket_suffix}"
  kms_key_arn     = var.kms_key_arn
  force_destroy   = var.force_destroy
  noncurrent_days = var.noncurrent_days
  expiration_days = { "" = var.upload_expiration_days }
}

module "results" {
  source          = "../bucket"
  bucket          = "${var.name}-results-${var.bucket_suffix}"
  kms_key_arn     = var.kms_key_arn
  force_destroy   = var.force_destroy
  noncurrent_days = var.noncurrent_days
  # A checkpoint is of no use once its file has left the queue, which keeps it 14 days at most.
  expiration_days = {
    "reports/"     = var.results_expiration_days
    "rejected/"    = var.results_expiration_days
    "checkpoints/" = 30
  }
}

resource "aws_s3_bucket_notification" "uploads" {
  # S3 asks both at once whether it may send.
  depends_on = [aws_sqs_queue_policy.uploads, aws_lambda_permission.uploads]
  bucket     = module.uploads.id

  dynamic "queue" {
    for_each = aws_sqs_queue.uploads
    content {
      id        = "import"
      queue_arn = queue.value.arn
      events    = ["s3:ObjectCreated:*"]
    }
  }

  dynamic "lambda_function" {
    for_each = aws_lambda_permission.uploads
    content {
      id                  = "import"
      lambda_function_arn = var.function_arn
      events              = ["s3:ObjectCreated:*"]
    }
  }
}

# S3 invokes the function itself. Right for files that end within three invocations: Lambda's guard
# against loops stops a function that goes on invoking itself.
resource "aws_lambda_permission" "uploads" {
  count          = local.through_queue ? 0 : 1
  statement_id   = "AllowUploads"
  action         = "lambda:InvokeFunction"
  function_name  = var.function_name
  principal      = "s3.amazonaws.com"
  source_arn     = module.uploads.arn
  source_account = var.account_id
}

# What the function may do: read uploads, read and write results, and go on with a file later.
data "aws_iam_policy_document" "function" {
  statement {
    sid       = "ReadUploads"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["${module.uploads.arn}/*"]
  }

  # Both buckets keep versions, and what is read is pinned to one.
  statement {
    sid       = "WriteResults"
    actions   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${module.results.arn}/*"]
  }

  # Without it S3 answers 403 where it means that there is no checkpoint yet.
  statement {
    sid       = "TellAbsentFromForbidden"
    actions   = ["s3:ListBucket"]
    resources = [module.uploads.arn, module.results.arn]
  }

  dynamic "statement" {
    for_each = aws_sqs_queue.uploads
    content {
      sid       = "TakeFromQueue"
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
      resources = [statement.value.arn]
    }
  }

  dynamic "statement" {
    for_each = local.through_queue ? [] : [1]
    content {
      sid       = "ContinueItself"
      actions   = ["lambda:InvokeFunction"]
      resources = [var.function_arn_for_policy]
    }
  }

  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      sid       = "UseTheKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}
