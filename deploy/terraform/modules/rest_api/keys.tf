# Who may send: a key for each caller. Keys are values of Terraform's state; keep that private.

resource "aws_api_gateway_api_key" "caller" {
  for_each    = toset(var.callers)
  name        = "${var.name}-${each.key}"
  description = "Key of the caller ${each.key}"
}

resource "aws_api_gateway_usage_plan" "this" {
  name        = var.name
  description = "Every caller of ${var.name}"

  api_stages {
    api_id = aws_api_gateway_rest_api.this.id
    stage  = aws_api_gateway_stage.this.stage_name
  }

  throttle_settings {
    rate_limit  = var.throttle_rate
    burst_limit = var.throttle_burst
  }

  dynamic "quota_settings" {
    for_each = var.requests_per_day > 0 ? [var.requests_per_day] : []
    content {
      limit  = quota_settings.value
      period = "DAY"
    }
  }
}

resource "aws_api_gateway_usage_plan_key" "caller" {
  for_each      = aws_api_gateway_api_key.caller
  usage_plan_id = aws_api_gateway_usage_plan.this.id
  key_id        = each.value.id
  key_type      = "API_KEY"
}
