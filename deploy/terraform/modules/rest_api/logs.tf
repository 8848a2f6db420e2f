locals {
  access_log_format = {
    requestId    = "$context.requestId"
    time         = "$context.requestTime"
    sourceIp     = "$context.identity.sourceIp"
    apiKeyId     = "$context.identity.apiKeyId"
    method       = "$context.httpMethod"
    path         = "$context.path"
    status       = "$context.status"
    error        = "$context.error.message"
    latencyMs    = "$context.responseLatency"
    functionMs   = "$context.integrationLatency"
    responseSize = "$context.responseLength"
  }
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# The role by which API Gateway writes logs is one for the whole account and region.
resource "aws_api_gateway_account" "this" {
  count               = var.owns_account_log_role ? 1 : 0
  cloudwatch_role_arn = aws_iam_role.logs[0].arn
  depends_on          = [aws_iam_role_policy_attachment.logs]
}

resource "aws_iam_role" "logs" {
  count              = var.owns_account_log_role ? 1 : 0
  name               = "${var.name}-apigateway-logs"
  description        = "API Gateway writes its logs with it"
  assume_role_policy = data.aws_iam_policy_document.logs_assume.json
}

data "aws_iam_policy_document" "logs_assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

data "aws_partition" "current" {}

resource "aws_iam_role_policy_attachment" "logs" {
  count      = var.owns_account_log_role ? 1 : 0
  role       = aws_iam_role.logs[0].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

resource "aws_cloudwatch_metric_alarm" "server_errors" {
  alarm_name          = "${var.name}-5xx"
  alarm_description   = "Callers of ${var.name} get 5xx: the Producer is down or full, or lambda_api fails."
  namespace           = "AWS/ApiGateway"
  metric_name         = "5XXError"
  dimensions          = { ApiName = aws_api_gateway_rest_api.this.name, Stage = aws_api_gateway_stage.this.stage_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
