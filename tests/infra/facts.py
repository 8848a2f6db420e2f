"""What the schema does not say: values that an argument takes, and arguments that exclude each other.

From the provider's documentation, for the arguments that deploy/terraform uses. The checker refuses
a literal string at an argument that stands neither in VALUES nor in FREE, so both lists are complete.
Keys are type and path: `aws_s3_bucket_versioning`, `versioning_configuration.status`.
"""

_ALARM_STATISTICS = {"SampleCount", "Average", "Sum", "Minimum", "Maximum"}
_COMPARISONS = {"GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold",
                "LessThanOrEqualToThreshold"}
_PROTOCOLS = {"tcp", "udp", "icmp", "icmpv6", "-1"}
_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "ANY"}
_ON_OFF = {"Enabled", "Disabled"}

VALUES = {
    ("aws_availability_zones", "state"): {"available", "information", "impaired", "unavailable"},
    ("aws_api_gateway_integration", "integration_http_method"): _METHODS,
    ("aws_api_gateway_integration", "type"): {"AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"},
    ("aws_api_gateway_method", "authorization"): {"NONE", "CUSTOM", "AWS_IAM", "COGNITO_USER_POOLS"},
    ("aws_api_gateway_method_settings", "settings.logging_level"): {"OFF", "ERROR", "INFO"},
    ("aws_api_gateway_rest_api", "endpoint_configuration.types"): {"EDGE", "REGIONAL", "PRIVATE"},
    ("aws_api_gateway_usage_plan", "quota_settings.period"): {"DAY", "WEEK", "MONTH"},
    ("aws_api_gateway_usage_plan_key", "key_type"): {"API_KEY"},
    ("aws_apigatewayv2_api", "protocol_type"): {"HTTP", "WEBSOCKET"},
    ("aws_apigatewayv2_api", "cors_configuration.allow_methods"): _METHODS,
    ("aws_apigatewayv2_authorizer", "authorizer_type"): {"JWT", "REQUEST"},
    ("aws_apigatewayv2_integration", "integration_method"): _METHODS,
    ("aws_apigatewayv2_integration", "integration_type"): {"AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"},
    ("aws_apigatewayv2_integration", "payload_format_version"): {"1.0", "2.0"},
    ("aws_apigatewayv2_route", "authorization_type"): {"NONE", "AWS_IAM", "CUSTOM", "JWT"},
    ("aws_cloudwatch_metric_alarm", "comparison_operator"): _COMPARISONS,
    ("aws_cloudwatch_metric_alarm", "namespace"): {"AWS/Lambda", "AWS/SQS", "AWS/ApiGateway"},
    ("aws_cloudwatch_metric_alarm", "metric_name"): {
        "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage", "5XXError", "5xx"},
    ("aws_cloudwatch_metric_alarm", "statistic"): _ALARM_STATISTICS,
    ("aws_cloudwatch_metric_alarm", "treat_missing_data"): {"missing", "ignore", "breaching", "notBreaching"},
    ("aws_eip", "domain"): {"vpc"},
    ("aws_eks_cluster", "access_config.authentication_mode"): {"CONFIG_MAP", "API_AND_CONFIG_MAP", "API"},
    ("aws_eks_cluster", "enabled_cluster_log_types"): {
        "api", "audit", "authenticator", "controllerManager", "scheduler"},
    ("aws_eks_cluster", "encryption_config.resources"): {"secrets"},
    ("aws_iam_policy_document", "statement.condition.test"): {
        "Bool", "StringEquals", "StringLike", "ArnEquals", "ArnLike"},
    ("aws_iam_policy_document", "statement.condition.variable"): {
        "aws:SecureTransport", "aws:SourceArn", "aws:SourceAccount"},
    ("aws_iam_policy_document", "statement.effect"): {"Allow", "Deny"},
    ("aws_iam_policy_document", "statement.principals.identifiers"): {
        "*", "lambda.amazonaws.com", "apigateway.amazonaws.com", "s3.amazonaws.com"},
    ("aws_iam_policy_document", "statement.principals.type"): {"AWS", "Service", "Federated", "*"},
    ("aws_lambda_event_source_mapping", "function_response_types"): {"ReportBatchItemFailures"},
    ("aws_lambda_function", "architectures"): {"x86_64", "arm64"},
    ("aws_lambda_function", "runtime"): {"provided.al2023", "provided.al2"},
    ("aws_lambda_function", "tracing_config.mode"): {"Active", "PassThrough"},
    ("aws_lambda_permission", "action"): {"lambda:InvokeFunction"},
    ("aws_lambda_permission", "principal"): {"s3.amazonaws.com", "apigateway.amazonaws.com"},
    ("aws_msk_cluster", "encryption_info.encryption_in_transit.client_broker"): {
        "TLS", "TLS_PLAINTEXT", "PLAINTEXT"},
    ("aws_msk_cluster", "enhanced_monitoring"): {
        "DEFAULT", "PER_BROKER", "PER_TOPIC_PER_BROKER", "PER_TOPIC_PER_PARTITION"},
    ("aws_route", "destination_cidr_block"): {"0.0.0.0/0"},
    ("aws_s3_bucket_lifecycle_configuration", "rule.status"): _ON_OFF,
    ("aws_s3_bucket_notification", "queue.events"): {"s3:ObjectCreated:*"},
    ("aws_s3_bucket_notification", "lambda_function.events"): {"s3:ObjectCreated:*"},
    ("aws_s3_bucket_ownership_controls", "rule.object_ownership"): {
        "BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"},
    ("aws_s3_bucket_versioning", "versioning_configuration.status"): _ON_OFF | {"Suspended"},
    ("aws_vpc_endpoint", "vpc_endpoint_type"): {"Gateway", "Interface", "GatewayLoadBalancer"},
    ("aws_vpc_security_group_egress_rule", "cidr_ipv4"): {"0.0.0.0/0"},
    ("aws_vpc_security_group_egress_rule", "ip_protocol"): _PROTOCOLS,
    ("aws_vpc_security_group_ingress_rule", "ip_protocol"): _PROTOCOLS,
}

# Text of our own choice: any value is right.
FREE = {
    "description", "name", "tags", "alarm_name", "alarm_description", "bucket", "sid", "statement_id",
    "id", "path_part", "handler", "stage_name", "node_group_name", "function_name", "cluster_name",
}
FREE_PATHS = {
    ("aws_apigatewayv2_api", "cors_configuration.allow_headers"),
    ("aws_apigatewayv2_authorizer", "identity_sources"),
    ("aws_apigatewayv2_route", "route_key"),
    ("aws_api_gateway_method_settings", "method_path"),
    ("aws_api_gateway_gateway_response", "response_parameters"),
    ("aws_iam_policy_document", "statement.actions"),
    ("aws_iam_policy_document", "statement.resources"),
    ("aws_iam_policy_document", "statement.condition.values"),
    ("aws_s3_bucket_lifecycle_configuration", "rule.filter.prefix"),
}

# Exactly one of these must be there.
ONE_OF = {
    "aws_lambda_function": [{"filename", "image_uri", "s3_bucket"}],
    "aws_route": [{"gateway_id", "nat_gateway_id", "transit_gateway_id", "vpc_endpoint_id",
                   "network_interface_id", "egress_only_gateway_id", "vpc_peering_connection_id"}],
    "aws_vpc_security_group_egress_rule": [
        {"cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"}],
    "aws_vpc_security_group_ingress_rule": [
        {"cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"}],
    "aws_cloudwatch_metric_alarm": [{"statistic", "extended_statistic", "metric_query"}],
    "aws_eks_node_group": [{"instance_types", "launch_template"}],
}

# At most one of these.
CONFLICTS = {
    "aws_api_gateway_rest_api": [{"name", "name_prefix"}],
    "aws_cloudwatch_log_group": [{"name", "name_prefix"}],
    "aws_eip": [{"instance", "network_interface"}],
    "aws_iam_role": [{"name", "name_prefix"}],
    "aws_iam_role_policy": [{"name", "name_prefix"}],
    "aws_lambda_permission": [{"statement_id", "statement_id_prefix"}],
    "aws_s3_bucket": [{"bucket", "bucket_prefix"}],
    "aws_security_group": [{"name", "name_prefix"}],
    "aws_sqs_queue": [{"name", "name_prefix"}, {"kms_master_key_id", "sqs_managed_sse_enabled"}],
    "aws_subnet": [{"availability_zone", "availability_zone_id"}],
    "aws_vpc": [{"cidr_block", "ipv4_ipam_pool_id"}],
}

# Blocks that the schema calls optional though the provider refuses to do without.
NEEDED_BLOCKS = {
    "aws_s3_bucket_lifecycle_configuration": {"rule"},
    "aws_s3_bucket_server_side_encryption_configuration": {"rule"},
    "aws_s3_bucket_ownership_controls": {"rule"},
    "aws_eks_node_group": {"scaling_config"},
    "aws_msk_cluster": {"broker_node_group_info"},
}
