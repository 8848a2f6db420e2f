# The API as a REST API: callers show an API key, a usage plan counts them.
# POST /events goes to lambda_api as it is; so does a browser's preflight, which has no key to show.

locals {
  methods = merge(
    { POST = { key_required = true } },
    var.cors ? { OPTIONS = { key_required = false } } : {},
  )
}

resource "aws_api_gateway_rest_api" "this" {
  name               = var.name
  description        = "Takes events: POST /events"
  binary_media_types = var.binary_media_types

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_resource" "events" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "events"
}

resource "aws_api_gateway_method" "events" {
  for_each         = local.methods
  rest_api_id      = aws_api_gateway_rest_api.this.id
  resource_id      = aws_api_gateway_resource.events.id
  http_method      = each.key
  authorization    = "NONE"
  api_key_required = each.value.key_required
}

resource "aws_api_gateway_integration" "events" {
  for_each                = aws_api_gateway_method.events
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.events.id
  http_method             = each.value.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = var.function_invoke_arn
  timeout_milliseconds    = var.timeout_ms
}

# What the gateway answers itself (no key, over quota) must be readable by a browser too.
resource "aws_api_gateway_gateway_response" "own" {
  for_each      = toset(var.cors ? ["DEFAULT_4XX", "DEFAULT_5XX"] : [])
  rest_api_id   = aws_api_gateway_rest_api.this.id
  response_type = each.key
  response_parameters = {
    "gatewayresponse.header.Access-Control-Allow-Origin" = "'*'"
  }
}

resource "aws_lambda_permission" "this" {
  statement_id  = "AllowRestApi"
  action        = "lambda:InvokeFunction"
  function_name = var.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/*/events"
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id

  # A deployment is a copy of the API as it was: a new one is made whenever one of these changes. What
  # is not named here must not differ between two plans, so no whole resource is.
  triggers = {
    content = sha1(jsonencode([
      var.binary_media_types,
      var.cors,
      var.function_invoke_arn,
      var.timeout_ms,
      [for method in aws_api_gateway_method.events : [method.http_method, method.api_key_required]],
      [for integration in aws_api_gateway_integration.events : integration.id],
      [for response in aws_api_gateway_gateway_response.own : response.id],
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  # Access logs need the account's role first.
  depends_on           = [aws_api_gateway_account.this]
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.stage
  xray_tracing_enabled = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = jsonencode(local.access_log_format)
  }
}

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "ERROR"
    data_trace_enabled     = false
    throttling_rate_limit  = var.throttle_rate
    throttling_burst_limit = var.throttle_burst
  }
}
