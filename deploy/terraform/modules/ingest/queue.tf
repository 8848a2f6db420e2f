# S3 -> queue -> function. A file that is not finished near the function's time limit goes back to the
# queue and is taken up again at once; what fails for good ends in the dead-letter queue.

resource "aws_sqs_queue" "uploads" {
  count                      = local.through_queue ? 1 : 0
  name                       = "${var.name}-uploads"
  sqs_managed_sse_enabled    = true
  visibility_timeout_seconds = local.visibility_seconds
  message_retention_seconds  = 1209600
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.failed.arn
    maxReceiveCount     = var.max_receive_count
  })
}

locals {
  # AWS's own rule: six times the function's time limit, so that throttled polls lose no message.
  visibility_seconds = 6 * var.function_timeout_seconds
}

# Dead letters of the queue, and what is left of direct invocations that failed.
resource "aws_sqs_queue" "failed" {
  name                      = "${var.name}-uploads-failed"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue_redrive_allow_policy" "failed" {
  count     = local.through_queue ? 1 : 0
  queue_url = aws_sqs_queue.failed.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.uploads[0].arn]
  })
}

data "aws_iam_policy_document" "uploads_queue" {
  count = local.through_queue ? 1 : 0

  statement {
    sid       = "UploadsBucketSends"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.uploads[0].arn]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [module.uploads.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_sqs_queue_policy" "uploads" {
  count     = local.through_queue ? 1 : 0
  queue_url = aws_sqs_queue.uploads[0].id
  policy    = data.aws_iam_policy_document.uploads_queue[0].json
}

resource "aws_lambda_event_source_mapping" "uploads" {
  count                   = local.through_queue ? 1 : 0
  event_source_arn        = aws_sqs_queue.uploads[0].arn
  function_name           = var.function_arn
  batch_size              = 1
  function_response_types = ["ReportBatchItemFailures"]

  # No more pollers than instances: a throttled poll would count as a receive.
  dynamic "scaling_config" {
    for_each = var.function_concurrency >= 2 ? [var.function_concurrency] : []
    content {
      maximum_concurrency = scaling_config.value
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "failed" {
  alarm_name          = "${aws_sqs_queue.failed.name}-not-empty"
  alarm_description   = "Files could not be imported. Each message names its file; `aws sqs start-message-move-task` tries them again."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.failed.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}

resource "aws_cloudwatch_metric_alarm" "waiting" {
  count               = local.through_queue ? 1 : 0
  alarm_name          = "${aws_sqs_queue.uploads[0].name}-waiting"
  alarm_description   = "A file has been waiting for an hour: the Producer is down, or more is uploaded than is imported."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.uploads[0].name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 3600
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
